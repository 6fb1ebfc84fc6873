"""What a command says: text for a person, or with --json one JSON object a line for a machine."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

import click
from rich.console import Console

Command = TypeVar("Command", bound=Callable[..., Any])

progress_console = Console(stderr=True)
"""Where progress goes: never into what a pipe reads."""


class Said(NamedTuple):
    """One result, for a machine and for a person."""

    data: Mapping[str, object]
    text: str


def json_option(command: Command) -> Command:
    """Add --json, which arrives as the parameter `as_json`."""
    option = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
    return option(command)


def emit(as_json: bool, data: Mapping[str, object], text: str) -> None:
    """Say one result, at once. Not while progress is shown: that would take it for its own."""
    click.echo(json.dumps(data) if as_json else text)  # flushes, too


def note(text: str) -> None:
    """Say on one line of standard error how far the work is."""
    progress_console.print(text, markup=False, highlight=False, soft_wrap=True)


def fail(message: str, status: int) -> int:
    """Say on one line of standard error what went wrong; gives the exit status back."""
    click.echo(f"waypost: {printable(' '.join(message.split()))}", err=True)
    return status


def counted(count: int, noun: str) -> str:
    """`1 server`, `2 servers`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def columns(rows: Iterable[tuple[str, object]]) -> str:
    """Names and values below each other; absent values are left out."""
    shown = [(name, value) for name, value in rows if value is not None]
    width = max((len(name) for name, _ in shown), default=0)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in shown)


def printable(text: str) -> str:
    """Other people's words without what would steer a terminal."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
