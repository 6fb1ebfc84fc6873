"""waypost mail send: a message into the network."""

import sys
from contextlib import nullcontext
from pathlib import Path

import click

from waypost.cli.mail.options import Network, network_options, shared_key
from waypost.cli.mail.sources import Source, source_options
from waypost.cli.options import FILE, KEY_FILE, seconds_option
from waypost.cli.output import columns, emit, json_option, progress_console
from waypost.cli.passwords import read_password
from waypost.errors import ConfigError
from waypost.hexadecimal import given_bytes
from waypost.keys import PrivateKey
from waypost.mail.client.window import topic_of
from waypost.net.mail.client import MailClient
from waypost.net.mail.client.posting import Sent
from waypost.net.run import run
from waypost.net.sealing import Progress
from waypost.net.writing import TTL_S, write_envelope
from waypost.whisper.message import PAYLOAD_SIZE_MAX_B
from waypost.whisper.symmetric import key_from_password


@click.command(short_help="Send a message into the network.")
@source_options
@click.option("--topic", required=True, metavar="HEX", help="Its topic, 4 bytes as 0xdeadbeef.")
@click.option(
    "--to-key", "public_key", metavar="HEX", help="For this public key, of 33, 64 or 65 bytes."
)
@click.option(
    "--password-file", "password_path", type=FILE, help="For those who know this password."
)
@click.option(
    "--shared-key", "shared_path", type=KEY_FILE, help="For those who have the key in this file."
)
@click.option("--sign-with", "signer_path", type=KEY_FILE, help="Sign it with this key file.")
@click.option(
    "--ttl",
    "ttl_s",
    type=click.IntRange(1, 86_400),
    default=TTL_S,
    show_default=True,
    metavar="SECONDS",
    help="How long it lives in the network.",
)
@click.option(
    "--pow",
    type=click.FloatRange(0),
    metavar="WORK",
    help="Its proof of work.  [default: what the network wants]",
)
@seconds_option("--max-time", "max_time_s", 60.0, "How long to look for it.")
@network_options
@json_option
@click.argument("text", required=False)
def send(
    source: Source,
    topic: str,
    public_key: str | None,
    password_path: Path | None,
    shared_path: Path | None,
    signer_path: Path | None,
    ttl_s: int,
    pow: float | None,
    max_time_s: float,
    network: Network,
    as_json: bool,
    text: str | None,
) -> None:
    """Encrypt TEXT, or what comes on standard input, give it its work, and post it by a server.

    Any Whisper node may be the --server: it passes the message on. Whether it has taken it is said
    where the node confirms that.
    """
    if [public_key, password_path, shared_path].count(None) != 2:
        raise ConfigError("say for whom: --to-key, --password-file or --shared-key, one of them")
    to, shared = _public_key(public_key) if public_key else None, None
    if password_path:
        shared = key_from_password(read_password(password_path))
    elif shared_path:
        shared = shared_key(shared_path)
    payload = text.encode() if text is not None else sys.stdin.buffer.read(PAYLOAD_SIZE_MAX_B + 1)

    async def post(signer: PrivateKey | None) -> Sent:
        envelope = write_envelope(
            payload,
            topic=topic_of(topic),
            public_key=to,
            shared_key=shared,
            signer=signer,
            ttl_s=ttl_s,
            work=network.whisper.work,
        )
        with progress_console.status("looking for the proof of work") as status:

            def tell(progress: Progress) -> None:
                found = f"{progress.bits} of {progress.bits_wanted} zero bits"
                status.update(f"proof of work: {found}, {progress.hash_count:,} hashes")

            async with (
                source.open() as servers,
                MailClient(servers, config=network.config()) as mail,
            ):
                return await mail.send(envelope, pow=pow, max_time_s=max_time_s, progress=tell)

    with PrivateKey.load(signer_path) if signer_path else nullcontext() as signer:
        sent = run(post(signer))
    envelope = sent.envelope
    data = {
        "hash": envelope.hash.hex(),
        "sent": envelope.sent_s,
        "expiry": envelope.expiry_s,
        "topic": envelope.topic.hex(),
        "pow": envelope.pow,
        "peer": sent.peer.hex(),
        "confirmed": sent.confirmed,
    }
    emit(as_json, data, columns(data.items()))


def _public_key(text: str) -> bytes:
    key = given_bytes(text)
    if len(key) == 64:
        key = b"\x04" + key
    if len(key) not in (33, 65):
        raise ConfigError("--to-key is a public key of 33, 64 or 65 bytes in hex")
    return key
