"""waypost mail serve: a mail server until it is stopped."""

from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from pathlib import Path

import click

from waypost import ENR, PrivateKey
from waypost.cli.logs import LEVELS, logs_on_stderr
from waypost.cli.mail.options import whisper_options
from waypost.cli.options import FILE, KEY_FILE, bootnode_option, parse_bootnodes
from waypost.cli.output import columns, emit, json_option, note
from waypost.cli.passwords import read_password
from waypost.config import MailServerConfig, PeeringConfig, WhisperConfig
from waypost.errors import ConfigError, NodeError, RequestTimeout
from waypost.net.discv5.endpoint import Endpoint, parse_endpoint
from waypost.net.discv5.node import Node
from waypost.net.mail.endpoint import MetricsEndpoint
from waypost.net.mail.server import MailServer
from waypost.net.run import run, stop_signal

ARCHIVE_NAME = "archive.sqlite"
KEY_NAME = "key"
POWER_LOSS, CRASH = "power-loss", "crash"
UNREACHABLE = (
    "Others cannot reach it by these, which name no address of it: listen on an address of this "
    "machine, or give --external."
)
ALONE = (
    "It knows nobody, and hears only those who dial it: name a --bootnode, by which it finds "
    "peers, or a --peer."
)
_ASKED_COUNT_MAX = 2  # bootnodes: one that is down takes its time


@click.command(short_help="Run a mail server until it is stopped.")
@click.option(
    "--data",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of its archive; made where there is none.",
)
@click.option(
    "--key", "key_path", type=KEY_FILE, help="Its key file, made where there is none [DATA/key]."
)
@click.option(
    "--listen",
    default="0.0.0.0:30303",
    show_default=True,
    metavar="HOST:PORT",
    help="Where to listen, by TCP and by UDP. Port 0: any.",
)
@click.option(
    "--external", metavar="HOST[:PORT]", help="Where others reach it, if that is elsewhere."
)
@click.option(
    "--password-file", "password_path", type=FILE, help="A password that clients may use, too."
)
@click.option(
    "--peer",
    "peers",
    multiple=True,
    metavar="ENODE",
    help="A Whisper node to stay connected with; repeat for more.",
)
@click.option(
    "--find-peers",
    "found_count",
    type=click.IntRange(0, PeeringConfig().known_count_max),
    default=PeeringConfig().peer_count,
    show_default=True,
    help="How many more to stay connected with that discovery finds; 0: none.",
)
@click.option(
    "--sync-from",
    "sync_from",
    multiple=True,
    metavar="ENODE",
    help="A mail server to copy from what this one lacks; repeat for more.",
)
@click.option(
    "--sync-to",
    "sync_to",
    multiple=True,
    metavar="ENODE",
    help="A mail server that may copy from this one; repeat for more.",
)
@click.option(
    "--retention-days",
    type=click.IntRange(0),
    default=30,
    show_default=True,
    help="How long envelopes are kept; 0 is for ever.",
)
@click.option(
    "--durability",
    type=click.Choice((POWER_LOSS, CRASH)),
    default=POWER_LOSS,
    show_default=True,
    help="What acknowledged envelopes outlive. With crash only that of this program: commits do "
    "not wait for the disk, and the newest are lost where the machine stops, too.",
)
@click.option(
    "--metrics", metavar="HOST:PORT", help="Serve /metrics and /health there, as 127.0.0.1:9090."
)
@bootnode_option
@whisper_options
@click.option(
    "--log-level",
    type=click.Choice(LEVELS),
    default="info",
    show_default=True,
    help="What is logged: this and all that is worse.",
)
@click.option("--log-json", is_flag=True, help="Log JSON, one object a line.")
@json_option
def serve(
    data: Path,
    key_path: Path | None,
    listen: str,
    external: str | None,
    password_path: Path | None,
    peers: tuple[str, ...],
    found_count: int,
    sync_from: tuple[str, ...],
    sync_to: tuple[str, ...],
    retention_days: int,
    durability: str,
    metrics: str | None,
    bootnodes: tuple[str, ...],
    whisper: WhisperConfig,
    log_level: str,
    log_json: bool,
    as_json: bool,
) -> None:
    """Archive every envelope of a Whisper network, and answer those who ask for their mail.

    It says where it is when it is ready, and logs to standard error, without keys and, from level
    info on, without addresses of clients. SIGINT or SIGTERM ends it: answers under way are
    finished, what was taken is committed.
    """
    archive = replace(MailServerConfig().archive, sync_on_commit=durability == POWER_LOSS)
    peering = PeeringConfig(peer_count=found_count)
    config = MailServerConfig(
        retention_days=retention_days, whisper=whisper, peering=peering, archive=archive
    )
    begin = parse_bootnodes(bootnodes)
    password = read_password(password_path) if password_path else None
    _make_folder(data)

    async def until_stopped(key: PrivateKey) -> None:
        stop = stop_signal()  # before it says that it is ready: whoever reads that may stop us
        async with AsyncExitStack() as opened:
            server = MailServer(
                key,
                data / ARCHIVE_NAME,
                listen=listen,
                external=external,
                password=password,
                peers=peers,
                sync_from=sync_from,
                sync_to=sync_to,
                config=config,
            )
            if metrics is not None:
                endpoint = MetricsEndpoint(server, metrics)
                await opened.enter_async_context(endpoint)
            await opened.enter_async_context(server)
            where = str(Endpoint(parse_endpoint(listen).host, server.port))
            node = Node(key, listen=where, external=external or (), bootnodes=begin)
            server.announce(await opened.enter_async_context(node))
            said = {"enode": server.enode, "enr": node.record.text}
            if metrics is not None:
                said["metrics"] = f"{endpoint.url}/metrics"
                said["health"] = f"{endpoint.url}/health"
            emit(as_json, said, columns(said.items()))
            if not (begin or peers):
                note(ALONE)
            await note_if_unreachable(node, begin)
            await stop.wait()

    with (
        logs_on_stderr(as_json=log_json, level=log_level),
        PrivateKey.load_or_create(key_path or data / KEY_NAME) as key,
    ):
        run(until_stopped(key))


async def note_if_unreachable(node: Node, bootnodes: Sequence[ENR]) -> None:
    """A record without an address leads nobody here."""
    if node.record.ip is None and node.record.ip6 is None:
        note(await unreachable(node, bootnodes))


async def unreachable(node: Node, bootnodes: Sequence[ENR]) -> str:
    """Why others cannot reach it, and where a bootnode sees it. What a bootnode says is good for
    advice only: it could name whom it wants to harm.
    """
    for bootnode in bootnodes[:_ASKED_COUNT_MAX]:
        with suppress(RequestTimeout, NodeError):
            seen = await node.ping(bootnode)
            return f"{UNREACHABLE} A bootnode sees it at {seen.host}."
    return UNREACHABLE


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"cannot make the folder {path}: {error.strerror}: name another as --data"
        ) from None
