"""What the verbs of a mail client ask alike: the network, the window, and the keys."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import Any

import click

from waypost.cli.options import FILE, KEY_FILE, SPAN, WHEN, KeyFile, When, seconds_option
from waypost.cli.passwords import read_password
from waypost.config import MailClientConfig, WhisperConfig
from waypost.config.rule import require
from waypost.keys import PrivateKey
from waypost.mail.client.keyring import Key
from waypost.net.clock import wall_clock_s

Command = Callable[..., Any]

topic_option = click.option(
    "--topic",
    "topics",
    multiple=True,
    metavar="HEX",
    help="A topic, 4 bytes as 0xdeadbeef; repeat for more. Without it, all.",
)
server_password_option = click.option(
    "--password-file",
    "password_path",
    type=FILE,
    help="The password of the server, which opens requests: go-ethereum's want one, with --form "
    "legacy. Without it they are encrypted to the server's key. That of a message goes with "
    "--decrypt-with.",
)
client_key_option = click.option(
    "--key",
    "key_path",
    type=KEY_FILE,
    help="Your key file, if the server shall know you; else a new key each time.",
)


@dataclass(frozen=True, slots=True)
class Network:
    """A Whisper network and its servers, as the command line names them."""

    whisper: WhisperConfig
    timeout_s: float
    form: str = MailClientConfig().form
    range_s: int = MailClientConfig().range_s_max

    def config(self) -> MailClientConfig:
        """Settings of a client on it."""
        return MailClientConfig(
            whisper=self.whisper,
            patience_s=self.timeout_s,
            form=self.form,
            range_s_max=self.range_s,
        )


def whisper_options(command: Command) -> Command:
    """Add --work and --pow-min, which arrive together as `whisper`."""

    @click.option(
        "--work",
        type=click.Choice(["leading", "trailing"]),
        default="leading",
        show_default=True,
        help="How the network measures work: trailing before go-ethereum 1.9.",
    )
    @click.option(
        "--pow-min",
        type=click.FloatRange(0),
        default=WhisperConfig().pow_min,
        show_default=True,
        help="The least proof of work of an envelope.",
    )
    @wraps(command)
    def bundled(work: str, pow_min: float, **rest: Any) -> Any:
        return command(whisper=WhisperConfig(work=work, pow_min=pow_min), **rest)

    return bundled


def network_options(command: Command) -> Command:
    """Add --work, --pow-min and --timeout, which arrive together as `network`."""

    @whisper_options
    @seconds_option(
        "--timeout", "timeout_s", 60.0, "How long to go on without anything new from any server."
    )
    @wraps(command)
    def bundled(whisper: WhisperConfig, timeout_s: float, **rest: Any) -> Any:
        return command(network=Network(whisper, timeout_s), **rest)

    return bundled


def request_options(command: Command) -> Command:
    """Add --form and --range beside those of the network, together as `network`."""

    @network_options
    @click.option(
        "--form",
        type=click.Choice(["rlp-7", "rlp-6", "legacy"]),
        default=MailClientConfig().form,
        show_default=True,
        help="How the server reads requests: rlp-6 before status-go 0.40, legacy is "
        "go-ethereum's.",
    )
    @click.option(
        "--range",
        "range_s",
        type=SPAN,
        default="30d",
        show_default=True,
        metavar="SPAN",
        help="The most time that one request asks for: old servers of Status give 24h.",
    )
    @wraps(command)
    def bundled(network: Network, form: str, range_s: int, **rest: Any) -> Any:
        return command(network=replace(network, form=form, range_s=range_s), **rest)

    return bundled


def window_options(command: Command) -> Command:
    """Add --last, --begin, --until and --topic, which arrive together as `window`."""

    @click.option(
        "--last", metavar="SPAN", help="The last 24h, 90m, 7d and so on.  [default: 24h]"
    )
    @click.option("--begin", type=WHEN, metavar="WHEN", help="From a date, or seconds since 1970.")
    @click.option("--until", "end", type=WHEN, metavar="WHEN", help="Up to then.  [default: now]")
    @topic_option
    @wraps(command)
    def bundled(
        last: str | None,
        begin: When | None,
        end: When | None,
        topics: tuple[str, ...],
        **rest: Any,
    ) -> Any:
        require(not (last and begin), "give --last or --begin: not both")
        now_s = wall_clock_s()
        since = begin.at(now_s) if begin else None
        until = (end.at(now_s) or None) if end else None
        window = {"last": last, "since": since, "until": until, "topics": topics}
        return command(window=window, **rest)

    return bundled


class KeyWith(click.ParamType[Callable[[], Key]]):
    """`FILE` or `key:FILE` (one's own), `shared:FILE`, `password:FILE`; given as what reads it."""

    name = "key"

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        if callable(value):
            return value
        sort, colon, rest = str(value).partition(":")
        sort = sort.lower()
        if not colon or sort not in ("key", "shared", "password"):
            sort, rest = "key", str(value)
        path = Path(KeyFile(dir_okay=False).convert(rest, param, ctx))
        match sort:
            case "password":
                return lambda: read_password(path)
            case "shared":
                return lambda: shared_key(path)
        return lambda: PrivateKey.load(path)


def shared_key(path: Path) -> bytes:
    """The 32 bytes of a shared key, in a file as 64 hex digits. Raises KeyFileError."""
    with PrivateKey.load(path) as loaded:
        return loaded.secret_key.reveal()
