"""What a command says: text for a person, or with --json one JSON object a line for a machine."""

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click
from rich.console import Console

Command = TypeVar("Command", bound=Callable[..., Any])

progress_console = Console(stderr=True)
"""Where progress goes: never into what a pipe reads."""


def json_option(command: Command) -> Command:
    """Add --json, which arrives as the parameter `as_json`."""
    option = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
    return option(command)


def emit(as_json: bool, data: Mapping[str, object], text: str) -> None:
    """Say one result, at once."""
    click.echo(json.dumps(data) if as_json else text)
    sys.stdout.flush()


def fail(message: str, status: int) -> int:
    """Say on one line of standard error what went wrong; gives the exit status back."""
    click.echo(f"waypost: {' '.join(message.split())}", err=True)
    return status


def columns(pairs: Mapping[str, object]) -> str:
    """Names and values below each other; absent values are left out."""
    shown = {name: value for name, value in pairs.items() if value is not None}
    width = max((len(name) for name in shown), default=0)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in shown.items())
