"""How a demo tells its story: to a person as sentences and tables, to a machine as JSON lines."""

import textwrap
from collections.abc import Awaitable, Mapping, Sequence

import click

from waypost.cli.output import emit
from waypost.errors import RegistryError, WaypostError

_WIDTH = 92
_MARGIN = 8  # where it is told when something happens

Row = Mapping[str, object]


class Story:
    """What a demo says, for a person or for a machine."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json

    def say(self, text: str, /, **data: object) -> None:
        """Something that happened: the text for a person, the data for a machine."""
        emit(self._as_json, data, text)


class Tale(Story):
    """A longer story, in chapters of steps; for a machine each step is one line."""

    def __init__(self, as_json: bool) -> None:
        super().__init__(as_json)
        self._when = ""

    def chapter(self, title: str) -> None:
        """A new part. Machines are not told."""
        self._when = ""
        if not self._as_json:
            click.echo(f"\n\n{click.style(title, bold=True)}")

    def step(
        self, name: str, when: str, text: str, rows: Sequence[Row] = (), /, **facts: object
    ) -> None:
        """Who does what, and what is seen: as rows with the same columns, and as facts."""
        margin = f"{'' if when == self._when else when:<{_MARGIN}}"
        self._when = when
        told = textwrap.fill(text, _WIDTH, initial_indent=margin, subsequent_indent=" " * _MARGIN)
        table = f"\n\n{_table(rows)}" if rows else ""
        shown = {"rows": rows} if rows else {}
        self.say(f"\n{told}{table}", step=name, when=when, text=text, **facts, **shown)


def require(holds: bool, complaint: str) -> None:
    """A story claims nothing that did not happen. Raises WaypostError."""
    if not holds:
        raise WaypostError(complaint)


async def refusal_of(attempt: Awaitable[None]) -> str:
    """What the chain says when it refuses something. Raises WaypostError if it does not."""
    try:
        await attempt
    except RegistryError as refused:
        return str(refused)
    raise WaypostError("the chain took what it should have refused")


def advice_in(refusal: str) -> str:
    """The words for people at the end of a refusal, in quotes: what stands after the error."""
    return f'"{refusal.partition("): ")[2] or refusal}"'


def _table(rows: Sequence[Row]) -> str:
    cells = [["" if cell is None else str(cell) for cell in row.values()] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ("  ".join(map(str.ljust, line, widths)) for line in cells)
    return "\n".join(f"{' ' * (_MARGIN + 2)}{line}".rstrip() for line in lines)
