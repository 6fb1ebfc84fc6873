"""An attack: what a hostile peer does once, and what must come of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.soak.stranger import Stranger
from waypost.rlpx.basics import Reason


@dataclass(frozen=True, slots=True)
class Attack:
    """refusals: the names that it is counted under. reason: of the Disconnect, None where there is
    none, as before there is a key to say it with.
    """

    refusals: tuple[str, ...]
    reason: Reason | None
    act: Callable[[Stranger], Awaitable[None]]


class Surprise(Exception):
    """The server did something else than it should."""


def attack(*refusals: str, reason: Reason | None):
    """Make one of a coroutine."""
    return lambda act: Attack(refusals, reason, act)
