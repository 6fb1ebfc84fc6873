"""waypost mail compare: what each of several servers lacks."""

from typing import Any

import click
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from waypost.cli.mail.options import Network, request_options, window_options
from waypost.cli.mail.sources import Source, source_options
from waypost.cli.output import emit, json_option, progress_console
from waypost.errors import MailError
from waypost.mail.client.comparison import Comparison, Holding
from waypost.net.mail.client import MailClient
from waypost.net.run import run

_SHOWN_MAX = 1_000  # hashes of a server, with --json


@click.command(short_help="Say what each of several mail servers lacks.")
@source_options
@window_options
@request_options
@json_option
def compare(source: Source, window: dict[str, Any], network: Network, as_json: bool) -> None:
    """Ask several servers for the same time, and say what each lacks that another one has.

    Give --server at least twice; servers that are found are compared as far as they are by then.
    Status 1 where one of them lacks something, or did not answer.
    """

    async def ask() -> Comparison:
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            console=progress_console,
            transient=True,
            disable=not progress_console.is_terminal,
        ) as bar:
            task = bar.add_task("comparing", total=1.0)
            async with (
                source.open() as servers,
                MailClient(servers, config=network.config()) as mail,
            ):
                return await mail.compare(
                    **window, progress=lambda part: bar.update(task, completed=part)
                )

    compared = run(ask())
    for holding in compared.holdings:
        emit(as_json, _data(compared, holding), _text(compared, holding))
    if not compared.agree:
        whole = "" if compared.whole else "; there was more than could be compared"
        raise MailError("differ", f"not all of the {compared.count} are on each server{whole}")


def _data(compared: Comparison, holding: Holding) -> dict[str, object]:
    return {
        "server": holding.server.hex(),
        "has": holding.count,
        "of": compared.count,
        "lacks": len(holding.lacks),
        "failure": holding.failure,
        "hashes": [hash.hex() for hash in holding.lacks[:_SHOWN_MAX]],
    }


def _text(compared: Comparison, holding: Holding) -> str:
    lacks = holding.failure or f"lacks {len(holding.lacks)}"
    return f"{holding.server.hex()[:16]}  has {holding.count} of {compared.count}  {lacks}"
