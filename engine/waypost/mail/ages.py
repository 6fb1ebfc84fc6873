"""When what was sent when is copied from another mail server.

A server gets envelopes late, too: those with a long lifetime, and what it copies itself once it
was away. It cannot be asked for what is new to it, only for what was sent at a time. So each time
is asked for once at each of a few ages: a little, an hour and some days after it. An envelope
crosses the wire as often as there are ages, and is missed if it came later than at the oldest.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from waypost.mail.archive import TIME_SIZE_B


@dataclass(frozen=True, slots=True)
class Progress:
    """At one age: everything sent before since_s was asked for when it was at least that old.
    With a cursor, a copy up to upper_s is under way, and goes on there.
    """

    since_s: int = 0
    upper_s: int = 0
    cursor: bytes = b""


@dataclass(frozen=True, slots=True)
class Span:
    """What to copy: sent from lower_s to upper_s, both included, and beyond the cursor."""

    lower_s: int
    upper_s: int
    cursor: bytes = b""

    @property
    def empty(self) -> bool:
        return self.lower_s > self.upper_s


class Copied:
    """How far one server has been copied, at each age: `points` has the progress, the oldest age
    first. Copy its spans in this order: what was asked for at one age need not be at a younger
    one, so a server that is new, or was not copied for long, is copied once and not at each age.
    """

    def __init__(self, ages_s: Iterable[int], points: Mapping[int, Progress]) -> None:
        self.points = {
            age_s: points.get(age_s, Progress()) for age_s in sorted(ages_s, reverse=True)
        }

    def span(self, age_s: int, now_s: int, kept_s: int = 0) -> Span:
        """What to copy now at an age, as far as it was sent at kept_s or later."""
        point, upper_s = self.points[age_s], now_s - age_s
        since_s = max(each.since_s for age, each in self.points.items() if age >= age_s)
        lower_s = max(since_s, kept_s)
        cursor_s = int.from_bytes(point.cursor[:TIME_SIZE_B], "big")
        if point.cursor and lower_s <= cursor_s <= point.upper_s <= upper_s:
            return Span(lower_s, point.upper_s, point.cursor)
        return Span(lower_s, upper_s)

    def reached(self, age_s: int, span: Span, cursor: bytes) -> None:
        """A part is committed; the rest is beyond the cursor. Without one: begin the span anew."""
        self.points[age_s] = Progress(span.lower_s, span.upper_s, cursor)

    def ended(self, age_s: int, span: Span) -> None:
        """The whole span is committed, or empty: the clock may have been set back."""
        self.points[age_s] = Progress(max(0, span.upper_s + 1))
