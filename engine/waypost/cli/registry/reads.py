"""waypost registry show, verify, read: what anyone may ask."""

from typing import Any

import click

from waypost.cli.options import kind_option
from waypost.cli.output import Said, columns
from waypost.cli.policy import require_no_proofs, trust_options
from waypost.cli.registry.desk import Desk, read_options
from waypost.cli.registry.server import parse_servers
from waypost.errors import ConfigError, WaypostError
from waypost.net.registry import Registry
from waypost.trust.abi import registry_abi
from waypost.trust.address import address_text, parse_address
from waypost.trust.facts import Overview
from waypost.trust.kind import kind_word
from waypost.trust.policy import TrustPolicy
from waypost.trust.times import time_text
from waypost.trust.verdict import Outcome, Verdict

_NOBODY = bytes(20)


@click.command(short_help="Show the registry as a whole.")
@read_options
def show(desk: Desk) -> None:
    """Show the registry as a whole: its state, its successor, its admin."""

    async def ask(registry: Registry) -> list[Said]:
        return [_overview(registry.address, await registry.overview())]

    desk.ask(ask)


@click.command(short_help="Verify servers in one batched read.")
@read_options
@kind_option
@trust_options
@click.argument("servers", nargs=-1, required=True, metavar="ENR|NODE_ID...")
def verify(desk: Desk, kind: str, trust: TrustPolicy, servers: tuple[str, ...]) -> None:
    """Verify servers in one batched read. Status 1 unless every one of them is trusted.

    Whom to trust is said by --trust, or by the policy that `waypost trust` keeps.
    """
    require_no_proofs(trust, desk.at)
    node_ids = parse_servers(servers)
    verdicts: list[Verdict] = []

    async def ask(registry: Registry) -> list[Said]:
        verdicts.extend(await registry.verify(kind, node_ids, trust))
        return [_verdict(verdict) for verdict in verdicts]

    desk.ask(ask)
    unknown = [verdict for verdict in verdicts if verdict.outcome is Outcome.UNKNOWN]
    if unknown:
        few = f"{len(unknown)} of {len(verdicts)} servers could not be verified"
        raise WaypostError(f"{few}: {unknown[0].why}")
    untrusted = sum(not verdict.trusted for verdict in verdicts)
    if untrusted:
        raise WaypostError(f"{untrusted} of {len(verdicts)} servers are not to be trusted")


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


def _verdict(verdict: Verdict) -> Said:
    data = {
        "node_id": verdict.node_id.hex(),
        "verdict": verdict.outcome.value,
        "why": verdict.why or None,
        "provider": verdict.provider_id,
        "block": verdict.block.number if verdict.block else None,
    }
    return Said(data, columns(data.items()))
