"""waypost registry watch: what happens in a registry, line by line."""

from typing import Any

import click

from waypost.cli.output import Said, emit
from waypost.cli.registry.desk import Desk, read_options
from waypost.errors import ConfigError
from waypost.net.run import run
from waypost.trust.address import address_text
from waypost.trust.kind import kind_text, kind_word
from waypost.trust.watch.changes import (
    Change,
    Deprecated,
    Halted,
    KindChange,
    ProviderChange,
    Rewound,
    ServerChange,
)
from waypost.trust.watch.cursor import Cursor
from waypost.trust.words import Status


@click.command(short_help="Tell each change as it happens.")
@read_options
@click.option("--kind", metavar="NAME", help="Leave out servers of other kinds.")
@click.option(
    "--since", metavar="CURSOR", help="Begin behind this point: a cursor, or a block's number."
)
@click.option("--count", type=click.IntRange(1), help="End after so many changes.")
def watch(desk: Desk, kind: str | None, since: str | None, count: int | None) -> None:
    """Tell each change of the registry as it happens, until it is interrupted.

    Each line names the cursor with which another watch goes on behind it. A line `rewound` takes
    back what was told of later blocks: the chain was reorganised.
    """
    if kind is not None:
        kind_word(kind)  # what cannot be one fails before anything is asked
    begin = Cursor.parse(since) if since else None

    async def tell() -> None:
        left = count
        async with desk.at.connect() as registry, registry.watch(kind, since=begin) as watch:
            async for change in watch:
                said = _said(change, str(watch.cursor))
                emit(desk.as_json, said.data, said.text)
                if left is not None and not (left := left - 1):
                    return

    run(tell())


def _said(change: Change | Rewound, cursor: str) -> Said:
    what, facts = _facts(change)
    data = {"change": what, "block": change.block_number, "block_hash": change.block_hash.hex()}
    if not isinstance(change, Rewound):
        data["log"] = change.log_index
    text = " ".join(f"{name} {value}" for name, value in facts.items() if value is not None)
    line = f"{what} block {change.block_number} {text}".rstrip()
    return Said(data | facts | {"cursor": cursor}, f"{line} cursor {cursor}")


def _facts(change: Change | Rewound) -> tuple[str, dict[str, Any]]:
    match change:
        case ProviderChange():
            return "provider", {
                "provider": change.provider_id,
                "status": _status(change.word.status),
                "owner": address_text(change.word.owner.to_bytes(20, "big")),
                "epoch": change.word.epoch,
                "valid_until": change.word.valid_until or None,
                "reason": _text(change.reason),
            }
        case ServerChange():
            return "server", {
                "node_id": change.node_id.hex(),
                "kind": _text(change.kind),
                "provider": change.provider_id,
                "status": _status(change.word.status),
                "expires_at": change.word.expires_at or None,
            }
        case KindChange():
            limits = change.word
            return "kind", {
                "kind": _text(change.kind),
                "ttl_s_min": limits.ttl_s_min or None,
                "ttl_s_max": limits.ttl_s_max or None,
            }
        case Halted():
            return "halted" if change.halted else "resumed", {}
        case Deprecated():
            return "deprecated", {"successor": address_text(change.successor)}
    return "rewound", {}


def _status(number: int) -> str:
    return Status(number).name.lower() if number in set(Status) else str(number)


def _text(word: bytes) -> str | None:
    """The text in 32 bytes of anybody's, or else their digits; None for zeros."""
    if not any(word):
        return None
    try:
        return kind_text(word)
    except ConfigError:
        return f"0x{word.hex()}"
