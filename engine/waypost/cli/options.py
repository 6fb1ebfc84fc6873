"""The options that several verbs share: named, read and checked alike everywhere."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import click

from waypost._ext.record import ENR
from waypost.config import RegistryConfig
from waypost.errors import ConfigError, RecordError
from waypost.hexadecimal import given_bytes
from waypost.keys import PrivateKey
from waypost.net.discv5.node import Node
from waypost.net.trust.administration import OnTransaction
from waypost.net.trust.registry import Registry
from waypost.spans import span_s
from waypost.trust.state_roots import StateRoots

Command = TypeVar("Command", bound=Callable[..., Any])

_WEI_PER_GWEI = 10**9
_SECRET = re.compile(r"(0x)?[0-9a-fA-F]{64}")


class KeyFile(click.Path):
    """The path of a file that holds a key; a key itself is refused, and not repeated."""

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        if _SECRET.fullmatch(str(value)):
            self.fail(
                "a secret key on the command line can be seen by others and stays in the history "
                "of the shell: move its funds, make a new one with `waypost key new FILE`, and "
                "name that file",
                param,
                ctx,
            )
        return super().convert(value, param, ctx)


class When(NamedTuple):
    """A time as the command line gives it."""

    seconds: int  # since 1970, or from now; 0 for never
    from_now: bool = False

    def at(self, now_s: int) -> int:
        """In seconds since 1970, 0 for never."""
        return now_s + self.seconds if self.from_now else self.seconds


class WhenType(click.ParamType[When]):
    """`never`, `+90d` (s, m, h, d, w), seconds since 1970, or a date such as 2027-01-31 (UTC)."""

    name = "when"

    def convert(self, value: Any, param: Any, ctx: Any) -> When:
        text = str(value)
        if isinstance(value, When):
            return value
        if text == "never":
            return When(0)
        try:
            if text.startswith("+"):
                return When(span_s(text[1:]), from_now=True)
            seconds = int(text) if text.isdecimal() else _midnight_s(text)
        except (ConfigError, ValueError):
            self.fail("want never, +90d, a date such as 2027-01-31, or seconds since 1970")
        return When(seconds)


def _midnight_s(date: str) -> int:
    return int(datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp())


class SpanType(click.ParamType[int]):
    """A period such as 7d (s, m, h, d, w), or in seconds."""

    name = "span"

    def convert(self, value: Any, param: Any, ctx: Any) -> int:
        text = str(value)
        try:
            return span_s(f"{text}s" if text.isdecimal() else text)
        except ConfigError:
            self.fail("want a period such as 7d or 12h (s, m, h, d, w), or seconds")


FILE = click.Path(dir_okay=False, path_type=Path)
KEY_FILE = KeyFile(dir_okay=False, path_type=Path)
WHEN = WhenType()
SPAN = SpanType()
PROVIDER_ID = click.IntRange(1, (1 << 32) - 1)

kind_option = click.option(
    "--kind", required=True, metavar="NAME", help="What the server is, such as whisper.mailserver."
)
password_option = click.option(
    "--password-file",
    "password_path",
    type=FILE,
    help="The password of a keystore, instead of asking for it.",
)
bootnode_option = click.option(
    "--bootnode",
    "bootnodes",
    multiple=True,
    metavar="ENR",
    help="A node to begin from; repeat for more.",
)
listen_option = click.option(
    "--listen",
    multiple=True,
    metavar="HOST:PORT",
    help="Where to listen; one of IPv4, one of IPv6 or one of each. Port 0: any.",
)
own_option = click.option(
    "--own",
    multiple=True,
    metavar="ENR",
    help="A server of your own: allowed whatever the registry says; repeat for more.",
)
pair_option = click.option(
    "--pair",
    "pairs",
    multiple=True,
    metavar="NAME=HEX",
    help="Another pair of the record, such as whisper.mailserver=01; repeat for more.",
)


def seconds_option(
    flag: str, name: str, default: float, help: str
) -> Callable[[Command], Command]:
    """How long something may take: more than nothing, and the default is shown."""
    return click.option(
        flag,
        name,
        type=click.FloatRange(0, min_open=True),
        default=default,
        show_default=True,
        metavar="SECONDS",
        help=help,
    )


@dataclass(frozen=True, slots=True)
class RegistryAt:
    """A registry as the command line names it."""

    rpc: str | tuple[str, ...]  # of several nodes the others stand in for the first
    address: str
    chain_id: int | None
    state_roots: StateRoots | None = None

    def connect(
        self,
        account: PrivateKey | None = None,
        *,
        dry_run: bool = False,
        on_transaction: OnTransaction | None = None,
        config: RegistryConfig | None = None,
    ) -> Registry:
        """The registry, to be used in `async with`. Raises ConfigError."""
        return Registry(
            self.rpc,
            self.address,
            chain_id=self.chain_id,
            account=account,
            state_roots=self.state_roots,
            dry_run=dry_run,
            on_transaction=on_transaction,
            config=config,
        )


def account_options(command: Command) -> Command:
    """Add the options of who signs and pays, and on what terms: `account_path` and so on."""
    account = click.option(
        "--account",
        "account_path",
        required=True,
        type=KEY_FILE,
        help="Key file or keystore of the account that signs and pays.",
    )
    dry_run = click.option(
        "--dry-run", is_flag=True, help="Say what it would cost, or why not; send nothing."
    )
    replaced = click.option(
        "--replace",
        "replaced_nonce",
        type=click.IntRange(0, (1 << 64) - 2),
        metavar="NONCE",
        help="Take the place of the account's transaction with this nonce, which waits.",
    )
    fee_max = click.option(
        "--max-fee",
        "fee_wei_max",
        type=click.FloatRange(0, min_open=True),
        default=RegistryConfig().fee_wei_max / _WEI_PER_GWEI,
        show_default=True,
        callback=lambda _context, _option, gwei: math.ceil(gwei * _WEI_PER_GWEI),
        metavar="GWEI",
        help="Offer at most this per unit of gas.",
    )
    return account(password_option(dry_run(replaced(fee_max(command)))))


def chain_options(command: Command) -> Command:
    """Add --rpc and --chain-id, which arrive as `rpc` and `chain_id`."""
    rpc = click.option(
        "--rpc",
        required=True,
        multiple=True,
        metavar="URL",
        help="JSON-RPC node of the chain; repeat for others that stand in.",
    )
    chain_id = click.option(
        "--chain-id", type=click.IntRange(1), metavar="ID", help="Refuse any other chain."
    )
    return rpc(chain_id(command))


def registry_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --rpc, --chain-id and --registry, which arrive together as `at`."""

    @chain_options
    @click.option(
        "--registry", "address", required=True, metavar="ADDRESS", help="The registry contract."
    )
    @wraps(command)
    def bundled(rpc: tuple[str, ...], address: str, chain_id: int | None, **rest: Any) -> Any:
        return command(at=RegistryAt(rpc, address, chain_id), **rest)

    return bundled


def parse_record(text: str, what: str = "the argument") -> ENR:
    """A record from the command line. Raises ConfigError, which says where it stood and why."""
    try:
        return ENR.parse(text)
    except RecordError as error:
        raise ConfigError(f"{what} is not a node record: {error}") from None


def parse_peer(text: str) -> ENR | bytes:
    """A record, or a node id of 32 bytes. Raises ConfigError."""
    return parse_record(text) if text.startswith("enr:") else parse_node_id(text)


def parse_node_id(text: str) -> bytes:
    """64 hex digits as 32 bytes. Raises ConfigError."""
    node_id = given_bytes(text)
    if len(node_id) != 32:
        raise ConfigError(f"{text!r} is neither a record (enr:...) nor a node id of 64 hex digits")
    return node_id


def parse_pairs(pairs: tuple[str, ...]) -> dict[str, bytes]:
    """NAME=HEX arguments as ENR pairs. Raises ConfigError."""
    parsed: dict[str, bytes] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        try:
            parsed[name] = bytes.fromhex(value.removeprefix("0x"))
        except ValueError:
            equals = ""
        if not name or not equals:
            raise ConfigError(f"{pair!r} is not NAME=HEX, such as whisper.mailserver=01")
    return parsed


def parse_bootnodes(texts: tuple[str, ...]) -> list[ENR]:
    """The records of --bootnode. Raises ConfigError, also for one that cannot be reached."""
    records = [parse_record(text, "--bootnode") for text in texts]
    for record in records:
        if record.endpoint() is None and record.endpoint(ipv6=True) is None:
            raise ConfigError(
                f"--bootnode {record.node_id.hex()[:8]} has no UDP endpoint in its record: let it "
                "listen on an address that others reach, or give it --external"
            )
    return records


def client_node(listen: tuple[str, ...], bootnodes: list[ENR], peer: ENR | None = None) -> Node:
    """A node for one question; by default it listens on the family of those that it asks."""
    asked = [*bootnodes, *([peer] if peer else [])]
    ipv6_only = bool(asked) and all(record.ip is None for record in asked)
    return Node(listen=listen or ("[::]:0" if ipv6_only else "0.0.0.0:0"), bootnodes=bootnodes)
