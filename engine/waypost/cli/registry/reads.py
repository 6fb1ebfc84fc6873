"""waypost registry show, read: what anyone may ask."""

from typing import Any

import click

from waypost.cli.output import Said, columns
from waypost.cli.registry.desk import Desk, read_options
from waypost.errors import ConfigError
from waypost.net.trust.registry import Registry
from waypost.trust.address import address_text, parse_address
from waypost.trust.administration.abi import registry_abi
from waypost.trust.administration.facts import Overview
from waypost.trust.kind import kind_word
from waypost.trust.times import time_text

_NOBODY = bytes(20)


@click.command(short_help="Show the registry as a whole.")
@read_options
def show(desk: Desk) -> None:
    """Show the registry as a whole: its state, its successor, its admin."""

    async def ask(registry: Registry) -> list[Said]:
        return [_overview(registry.address, await registry.overview())]

    desk.ask(ask)


@click.command(short_help="Call any read of the contract.")
@read_options
@click.argument("function")
@click.argument("arguments", nargs=-1, metavar="[ARGUMENT]...")
def read(desk: Desk, function: str, arguments: tuple[str, ...]) -> None:
    """Call any FUNCTION of the contract that changes nothing, such as resourceSlot or isTrusted.

    A kind is its name, bytes are hex, a list has commas: `read isTrusted whisper.mailserver
    NODE_ID 1,7`.
    """
    abi = registry_abi()
    if function not in abi.reads():
        raise ConfigError(f"{function} is no read: choose one of {', '.join(sorted(abi.reads()))}")
    types = abi.input_types(function)
    if len(arguments) != len(types):
        raise ConfigError(f"{function} takes ({', '.join(types)})")
    values = [_argument(*pair) for pair in zip(types, arguments, strict=True)]

    async def ask(registry: Registry) -> list[Said]:
        result = _plain(await registry.read(function, *values))
        return [Said({"function": function, "result": result}, _as_text(result))]

    desk.ask(ask)


def _argument(type_: str, text: str) -> Any:
    """An argument as the ABI wants it. Raises ConfigError."""
    if type_.endswith("[]"):
        return [_argument(type_[:-2], item) for item in text.split(",") if item]
    try:
        if type_.startswith("uint"):
            return int(text, 0)
        if type_ == "address":
            return parse_address(text)
        if type_ == "bytes32" and len(text.removeprefix("0x")) != 64:
            return kind_word(text)
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError as error:
        raise ConfigError(f"{text!r} is no {type_}: {error}") from None


def _plain(value: Any) -> Any:
    """What a function returned, as JSON has it."""
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return f"0x{value.hex()}" if isinstance(value, bytes) else value


def _as_text(result: Any) -> str:
    if isinstance(result, list):
        return "\n".join(map(_as_text, result)) or "(none)"
    return str(result)


def _overview(address: bytes, facts: Overview) -> Said:
    accounts = {
        name: address_text(value) if value != _NOBODY else None
        for name, value in facts._asdict().items()
        if isinstance(value, bytes)
    }
    data = {"registry": address_text(address)} | facts._asdict() | accounts
    waiting = {
        "pending_admin_from": facts.pending_admin_from,
        "pending_admin_delay_from": facts.pending_admin_delay_from,
    }
    shown = {name: time_text(time_s) if time_s else None for name, time_s in waiting.items()}
    if not facts.pending_admin_delay_from:
        shown["pending_admin_delay_s"] = None
    return Said(data, columns((data | shown).items()))
