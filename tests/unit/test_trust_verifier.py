"""Verification without I/O: the calls it makes, and what it does with answers it cannot use."""

from typing import Any

import pytest

from tests.exchanges import run
from tests.oracle import trust as oracle
from tests.verifications import verify
from waypost.config import RegistryConfig
from waypost.errors import ConfigError, RpcError
from waypost.trust.endpoint import Endpoint
from waypost.trust.exchange import Call
from waypost.trust.policy import TrustPolicy
from waypost.trust.reading.snapshot import SELECTOR
from waypost.trust.verdict import Outcome, Reason, Source, Verdict
from waypost.trust.words import ProviderWord, RegistryWord, ResourceWord, Status

ADDRESS = bytes(range(20))
KIND = "whisper.mailserver"
NOW_S = 1_800_000_000
IDS = [bytes([number]) * 32 for number in range(1, 8)]
CONFIG = RegistryConfig(chunk_count_max=3)

SERVER = ResourceWord(provider_id=1, epoch=1, status=Status.ACTIVE).pack()
PROVIDER = ProviderWord(owner=1, status=Status.ACTIVE, epoch=1).pack()

HEADER = {"number": "0x11", "hash": "0x" + "ab" * 32, "timestamp": hex(NOW_S)}


class Node:
    """A node of yesterday, without eth_getStorageValues or batches: a registry in which every
    server with an odd first byte is listed.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.version = 1

    def answer(self, call: Call) -> Any:
        self.calls.append(call)
        method = getattr(self, call.method, None)
        if method is None:
            raise RpcError("rpc-error", f"{call.method} does not exist", code=-32601)
        return method(*call.params)

    def eth_chainId(self) -> str:
        return "0x7a69"

    def eth_getCode(self, address: str, tag: str) -> str:
        assert (address, tag) == ("0x" + ADDRESS.hex(), "latest")
        return "0x60"

    def eth_getBlockByNumber(self, tag: str, full: bool) -> dict[str, str]:
        assert (tag, full) == ("latest", False)
        return HEADER

    def eth_call(self, message: dict[str, str], where: dict[str, Any]) -> str:
        assert message["to"] == "0x" + ADDRESS.hex()
        assert where == {"blockHash": "0x" + "ab" * 32, "requireCanonical": True}
        question = bytes.fromhex(message["data"][2:])
        assert question[:4] == SELECTOR
        kind, *words = (question[at : at + 32] for at in range(4, len(question), 32))
        count = int.from_bytes(words[2], "big")
        ids, providers = words[3 : 3 + count], words[4 + count :]
        assert kind == KIND.encode().ljust(32, b"\0")
        return "0x" + self.snapshot(ids, providers).hex()

    def snapshot(self, ids: list[bytes], providers: list[bytes]) -> bytes:
        return oracle.abi_encode(
            [
                0x11 << 64 | NOW_S,
                RegistryWord(version=self.version, provider_count=1).pack(),
                0,
                [SERVER if node_id[0] % 2 else 0 for node_id in ids],
                [PROVIDER if int.from_bytes(id_, "big") == 1 else 0 for id_ in providers],
            ]
        )


def ask(
    node: Node,
    ids: list[bytes] = IDS,
    policy: TrustPolicy | None = None,
    endpoint: Endpoint | None = None,
) -> list[Verdict]:
    endpoint = endpoint or Endpoint(ADDRESS)
    exchange = verify(endpoint, KIND, ids, policy or TrustPolicy(), CONFIG)
    return run(exchange, node.answer, batches=False)


def test_all_chunks_come_from_one_block_in_the_order_of_the_question() -> None:
    node = Node()
    verdicts = ask(node)
    assert [v.node_id for v in verdicts] == IDS
    assert [v.trusted for v in verdicts] == [True, False] * 3 + [True]
    assert {v.block for v in verdicts} == {(0x11, b"\xab" * 32, NOW_S)}
    methods = [call.method for call in node.calls]
    assert sorted(methods[:3]) == ["eth_chainId", "eth_getBlockByNumber", "eth_getCode"]
    assert methods[3:] == ["eth_getStorageValues"] + ["eth_call"] * 3  # of 3, 3 and 1 servers


def test_the_endpoint_is_probed_once() -> None:
    node, endpoint = Node(), Endpoint(ADDRESS)
    for _ in range(2):
        ask(node, IDS[:1], endpoint=endpoint)
    assert [call.method for call in node.calls].count("eth_getCode") == 1


def test_a_server_that_is_named_twice_is_asked_for_once() -> None:
    node = Node()
    verdicts = ask(node, [IDS[0], IDS[1], IDS[0]])
    assert [v.trusted for v in verdicts] == [True, False, True]
    asked = bytes.fromhex(node.calls[-1].params[0]["data"][2:])
    assert asked.count(IDS[0]) == 1


def test_nothing_to_verify_asks_nothing() -> None:
    node = Node()
    assert ask(node, []) == []
    assert node.calls == []


def test_the_users_own_servers_need_no_registry() -> None:
    node = Node()
    policy = TrustPolicy().with_own_servers(IDS[:2])
    verdicts = ask(node, IDS[:2], policy)
    assert node.calls == []
    assert all(v.trusted and v.source is Source.OWN and v.block is None for v in verdicts)
    mixed = ask(node, [IDS[3], IDS[1]], policy)
    assert [(v.trusted, v.source) for v in mixed] == [(False, Source.SNAPSHOT), (True, Source.OWN)]


def test_trust_is_given_to_a_provider_of_one_registry_on_one_chain() -> None:
    nobody = TrustPolicy(default_providers=frozenset())
    here = nobody.with_providers(31337, ADDRESS, [1])
    elsewhere = nobody.with_providers(1, ADDRESS, [1])
    assert ask(Node(), IDS[:1], here)[0].trusted
    assert ask(Node(), IDS[:1], elsewhere)[0].reason is Reason.PROVIDER_NOT_TRUSTED


@pytest.mark.parametrize("node_id", [b"", bytes(31), bytes(33)])
def test_what_is_no_node_id_is_the_callers_mistake(node_id: bytes) -> None:
    with pytest.raises(ConfigError, match="a node id is 32 bytes"):
        ask(Node(), [node_id])


def unknown(verdicts: list[Verdict]) -> str:
    """The one cause for which all verdicts are unknown."""
    assert {v.outcome for v in verdicts} == {Outcome.UNKNOWN}
    assert not any(v.trusted for v in verdicts)
    (cause,) = {v.error.reason for v in verdicts if v.error}
    return cause


class Broken(Node):
    """A node whose answer to one method is always the same."""

    def __init__(self, method: str, answer: Any) -> None:
        super().__init__()
        self.method, self.fixed = method, answer

    def answer(self, call: Call) -> Any:
        good = super().answer(call)
        return self.fixed if call.method == self.method else good


@pytest.mark.parametrize(
    ("method", "answer", "cause"),
    [
        ("eth_chainId", None, "bad-answer"),
        ("eth_chainId", 31337, "bad-answer"),
        ("eth_chainId", "0x", "bad-answer"),
        ("eth_chainId", "0x_1", "bad-answer"),
        ("eth_chainId", RpcError("timeout"), "timeout"),
        ("eth_getCode", "0x", "no-code"),
        ("eth_getCode", None, "bad-answer"),
        ("eth_getCode", RpcError("unreachable"), "unreachable"),
        ("eth_getBlockByNumber", None, "bad-answer"),
        ("eth_getBlockByNumber", {}, "bad-answer"),
        ("eth_getBlockByNumber", HEADER | {"hash": "0xab"}, "bad-answer"),
        ("eth_getBlockByNumber", HEADER | {"timestamp": None}, "bad-answer"),
        ("eth_call", "0x", "empty-answer"),
        ("eth_call", None, "bad-answer"),
        ("eth_call", "0xabc", "bad-answer"),
        ("eth_call", "0x ab", "bad-answer"),
        ("eth_call", "0xzz", "bad-answer"),
        ("eth_call", "0x" + "00" * 32 * 11, "bad-answer"),  # as long as a right answer
        ("eth_call", "0x" + "00" * 32, "bad-answer"),
        ("eth_call", ["0x"], "bad-answer"),
        ("eth_call", RpcError("rpc-error", "out of gas"), "rpc-error"),
        ("eth_call", RpcError("rpc-error", "header not found"), "rpc-error"),
        ("eth_call", RpcError("http-status", "429"), "http-status"),
    ],
)
def test_an_answer_that_cannot_be_used_makes_verdicts_unknown(
    method: str, answer: Any, cause: str
) -> None:
    assert unknown(ask(Broken(method, answer), IDS[:3])) == cause


def test_another_chain_than_was_asked_for_is_refused() -> None:
    assert unknown(ask(Node(), endpoint=Endpoint(ADDRESS, chain_id=1))) == "wrong-chain"
    assert ask(Node(), endpoint=Endpoint(ADDRESS, chain_id=31337))[0].trusted


@pytest.mark.parametrize("version", [0, 2, 65535])
def test_a_registry_of_another_version_is_refused(version: int) -> None:
    node = Node()
    node.version = version
    assert unknown(ask(node)) == "wrong-version"


def test_an_answer_from_another_block_is_refused() -> None:
    class Lagging(Node):
        def snapshot(self, ids: list[bytes], providers: list[bytes]) -> bytes:
            answer = super().snapshot(ids, providers)
            return oracle.abi_word(0x10 << 64 | NOW_S - 12) + answer[32:]

    assert unknown(ask(Lagging())) == "wrong-block"


@pytest.mark.parametrize("surplus", [-1, 1])
def test_a_count_that_does_not_fit_is_refused(surplus: int) -> None:
    class Miscounting(Node):
        def snapshot(self, ids: list[bytes], providers: list[bytes]) -> bytes:
            ids = ids[:-1] if surplus < 0 else [*ids, ids[0]]
            return super().snapshot(ids, providers)

    assert unknown(ask(Miscounting())) == "bad-answer"


def test_a_failed_chunk_leaves_the_others_their_verdicts() -> None:
    class Half(Node):
        def eth_call(self, message: dict[str, str], where: dict[str, Any]) -> str:
            if IDS[3].hex() in message["data"]:
                raise RpcError("timeout")
            return super().eth_call(message, where)

    verdicts = ask(Half())
    assert [v.outcome for v in verdicts[3:6]] == [Outcome.UNKNOWN] * 3
    assert [v.trusted for v in verdicts[:3] + verdicts[6:]] == [True, False, True, True]


def test_a_block_that_left_the_chain_is_replaced_by_the_new_head() -> None:
    class Reorganised(Node):
        gone = True

        def eth_call(self, message: dict[str, str], where: dict[str, Any]) -> str:
            if self.gone:
                self.gone = False
                raise RpcError("rpc-error", "hash 0xab is not currently canonical")
            return super().eth_call(message, where)

    node = Reorganised()
    verdicts = ask(node)
    assert [v.trusted for v in verdicts] == [True, False] * 3 + [True]
    assert [call.method for call in node.calls].count("eth_getBlockByNumber") == 2


def test_after_a_failure_the_endpoint_is_probed_again() -> None:
    endpoint, node = Endpoint(ADDRESS), Node()
    ask(node, IDS[:1], endpoint=endpoint)
    ask(Broken("eth_call", "0x"), IDS[:1], endpoint=endpoint)
    (verdict,) = ask(Broken("eth_getCode", "0x"), IDS[:1], endpoint=endpoint)
    assert verdict.error is not None
    assert verdict.error.reason == "no-code"


def test_a_kept_verdict_keeps_no_frames_of_the_failure() -> None:
    (verdict,) = ask(Broken("eth_call", "0x"), IDS[:1])
    assert verdict.error is not None
    assert verdict.error.__traceback__ is None
