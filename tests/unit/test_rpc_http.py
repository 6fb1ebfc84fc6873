"""The HTTP client: answers in any pieces, connections that are kept, lost and encrypted."""

import asyncio
import base64
import datetime
import ssl
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from waypost.config import RegistryConfig
from waypost.errors import RpcError
from waypost.net.rpc import HttpRpc, http
from waypost.net.rpc.http_answer import HttpAnswer
from waypost.net.run import until
from waypost.trust.exchange import Call

CALL = Call("eth_chainId")
BODY = b'{"jsonrpc":"2.0","id":%d,"result":"0x1"}'
SIZE_MAX_B = 1000


def head(*lines, status="200 OK"):
    return "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status}", *lines, "")).encode()


def answer_of(data, step, *, ended=False):
    answer = HttpAnswer("http://node", SIZE_MAX_B)
    for at in range(0, len(data), step):
        answer.feed(data[at : at + step])
    if ended:
        answer.end()
    return answer


@pytest.mark.parametrize("step", [1, 2, 7, 1000])
@pytest.mark.parametrize(
    ("data", "kept"),
    [
        (head("Content-Length: 5") + b"hello", True),
        (
            head("Transfer-Encoding: chunked") + b"2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\na: b\r\n\r\n",
            True,
        ),
        (head("Content-Length: 5", "Connection: close") + b"hello", False),
        (head(status="103 Early Hints") + head("content-length: 5") + b"hello", True),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", False),
        (head("Content-Length: 5") + b"hello" + head("Content-Length: 2") + b"no", False),
        (head("Content-Length: 5") + b"hello rubbish", False),
    ],
)
def test_an_answer_in_any_pieces(data, kept, step):
    answer = answer_of(data, step)
    assert (answer.is_complete, answer.keeps_alive, answer.body()) == (True, kept, b"hello")


def test_an_answer_that_lasts_until_the_connection_ends():
    assert not answer_of(head() + b"hello", 3).is_complete
    answer = answer_of(head() + b"hello", 3, ended=True)
    assert (answer.is_complete, answer.keeps_alive, answer.body()) == (True, False, b"hello")


@pytest.mark.parametrize(
    "data", [b"", b"HTTP/1.1 200", head("Content-Length: 5") + b"hell", head(status="100 Go on")]
)
def test_an_answer_that_is_cut_off(data):
    assert not answer_of(data, 1000, ended=not data.startswith(b"HTTP/1.1 100")).is_complete


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        head("Content-Length: 1", "Content-Length: 2"),
        head("Content-Length: -1"),
        head("Content-Length: 5", "Transfer-Encoding: chunked"),
        head("Transfer-Encoding: chunked") + b"xyz\r\n",
        head("Upgrade: websocket", "Connection: Upgrade", status="101 Switching Protocols"),
    ],
)
def test_what_is_no_answer(data):
    with pytest.raises(RpcError, match="not-http"):
        answer_of(data, 1000)


@pytest.mark.parametrize("step", [1, 64, 100_000])
@pytest.mark.parametrize(
    "data",
    [
        head("Content-Length: 1001") + b"x" * 1001,
        head("Transfer-Encoding: chunked") + b"1\r\nx\r\n" * 1001,
        head() + b"x" * 1001,
        head("a: " + "b" * 70_000),
        head(*["a: b"] * 20_000),
        head("Transfer-Encoding: chunked") + b"0\r\na: " + b"b" * 70_000,
    ],
)
def test_what_is_too_large(data, step):
    with pytest.raises(RpcError, match="too-large"):
        answer_of(data, step)


class Server:
    """Answers requests one after the other, and remembers them."""

    def __init__(self):
        self.connection_count = 0
        self.requests = []
        self.writers = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def serve(self, reader, writer):
        self.connection_count += 1
        self.writers.append(writer)
        while asked := await reader.readuntil(b"\r\n\r\n"):
            size_b = int(asked.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            call = await reader.readexactly(size_b)
            self.requests.append(asked)
            await self.gate.wait()
            body = BODY % int(call.split(b'"id":')[1].split(b",")[0])
            writer.write(head(f"Content-Length: {len(body)}") + body)

    async def hang_up(self):
        for writer in self.writers:
            writer.close()
        self.writers.clear()
        await asyncio.sleep(0.05)

    @asynccontextmanager
    async def listening(self, tls=None):
        async def serve(reader, writer):
            try:
                await self.serve(reader, writer)
            except (asyncio.IncompleteReadError, ConnectionError):
                writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
        async with server:
            yield server.sockets[0].getsockname()[1]
            await self.hang_up()

    @asynccontextmanager
    async def client(self, config=None):
        """A client of the server, while that listens."""
        async with self.listening() as port:
            rpc = HttpRpc(f"http://127.0.0.1:{port}", config)
            yield rpc
            await rpc.close()


async def test_a_connection_carries_one_request_after_the_other():
    server = Server()
    async with server.client() as rpc:
        assert [await rpc.request(CALL) for _ in range(3)] == ["0x1"] * 3
        assert server.connection_count == 1
        await rpc.close()
        await rpc.close()
        assert await rpc.request(CALL) == "0x1"
        assert server.connection_count == 2


async def test_a_connection_that_was_closed_while_idle_is_replaced():
    server = Server()
    async with server.client() as rpc:
        await rpc.request(CALL)
        await server.hang_up()
        assert await rpc.request(CALL) == "0x1"
        assert server.connection_count == 2


async def test_a_connection_that_was_idle_for_long_is_not_used(monkeypatch):
    server = Server()
    async with server.client() as rpc:
        await rpc.request(CALL)
        monkeypatch.setattr(http, "_IDLE_MAX_S", 0.0)
        assert await rpc.request(CALL) == "0x1"
        assert server.connection_count == 2


async def test_a_connection_on_which_a_node_talks_unasked_is_not_used():
    server = Server()
    async with server.client() as rpc:
        await rpc.request(CALL)
        forged = BODY % 2
        server.writers[0].write(head(f"Content-Length: {len(forged)}") + forged)
        await asyncio.sleep(0.05)
        assert await rpc.request(CALL) == "0x1"
        assert server.connection_count == 2


async def test_so_many_connections_and_no_more():
    server = Server()
    server.gate.clear()
    async with server.client(RegistryConfig(connection_count_max=3)) as rpc:
        asked = [asyncio.create_task(rpc.request(CALL)) for _ in range(10)]
        assert await until(lambda: len(server.requests) == 3, 20.0)
        await asyncio.sleep(0.05)  # time for more
        assert (server.connection_count, len(server.requests)) == (3, 3)
        server.gate.set()
        assert await asyncio.gather(*asked) == ["0x1"] * 10
        assert server.connection_count == 3


async def test_closing_ends_what_is_under_way():
    server = Server()
    server.gate.clear()
    async with server.client() as rpc:
        asked = asyncio.create_task(rpc.request(CALL))
        assert await until(lambda: server.requests, 20.0)
        await rpc.close()
        with pytest.raises(RpcError, match="unreachable"):
            await asked
        server.gate.set()


async def test_closing_while_a_connection_is_made_leaves_it_not_open(monkeypatch):
    made, gate, dial = asyncio.Queue(), asyncio.Event(), http.dial

    async def slowly(*args):
        connection = await dial(*args)
        made.put_nowait(connection)
        await gate.wait()
        return connection

    monkeypatch.setattr(http, "dial", slowly)
    server = Server()
    async with server.client() as rpc:
        asked = asyncio.create_task(rpc.request(CALL))
        connection = await made.get()
        await rpc.close()
        gate.set()
        with pytest.raises(RpcError, match="closed"):
            await asked
        assert not connection.is_open
        assert server.requests == []
        assert await rpc.request(CALL) == "0x1"


async def test_a_request_that_was_given_up_spoils_no_later_one():
    server = Server()
    server.gate.clear()
    async with server.client(RegistryConfig(request_timeout_s=1.0)) as rpc:
        with pytest.raises(RpcError, match="timeout"):
            await rpc.request(CALL)
        server.gate.set()
        assert await rpc.request(CALL) == "0x1"
        assert server.connection_count == 2


async def test_a_close_that_is_given_up_ends_the_connection_all_the_same():
    failures = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: failures.append(context))
    server = Server()
    async with server.client() as rpc:
        await rpc.request(CALL)
        closing = loop.create_task(rpc.close())
        loop.call_soon(closing.cancel)  # when it waits for the transport
        await asyncio.wait([closing])
        assert closing.cancelled()
    assert failures == []


async def test_what_a_url_says_is_sent():
    server = Server()
    async with server.listening() as port:
        rpc = HttpRpc(f'http://us%65r:pass%3a1@127.0.0.1:{port}/v3/k%41y b\u00e9?q=1&r="#frag')
        await rpc.request(CALL)
        await rpc.close()
    lines = server.requests[0].decode().split("\r\n")
    assert lines[0] == "POST /v3/k%41y%20b%C3%A9?q=1&r=%22 HTTP/1.1"
    assert f"Host: 127.0.0.1:{port}" in lines
    assert f"Authorization: Basic {base64.b64encode(b'user:pass:1').decode()}" in lines
    assert "Accept-Encoding: identity" in lines


@pytest.fixture
def certificate(tmp_path) -> tuple[Path, ssl.SSLContext]:
    """A certificate of localhost that signs itself, and a server's context with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "node.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return path, context


async def test_https_with_a_certificate_that_the_system_trusts(certificate, monkeypatch):
    path, context = certificate
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    server = Server()
    async with server.listening(context) as port:
        rpc = HttpRpc(f"https://localhost:{port}")
        assert [await rpc.request(CALL) for _ in range(2)] == ["0x1"] * 2
        assert server.connection_count == 1
        await rpc.close()
        other = HttpRpc(f"https://127.0.0.1:{port}")  # not the name in the certificate
        with pytest.raises(RpcError, match="certificate"):
            await other.request(CALL)
        await other.close()


async def test_https_with_any_other_certificate(certificate):
    async with Server().listening(certificate[1]) as port:
        rpc = HttpRpc(f"https://localhost:{port}")
        with pytest.raises(RpcError, match=r"unreachable.*certificate"):
            await rpc.request(CALL)
        await rpc.close()
