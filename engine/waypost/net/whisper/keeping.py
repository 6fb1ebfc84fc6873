"""Staying connected with a node: dialled again whenever the link is gone, ever more slowly."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from waypost.config import HostConfig
from waypost.enode import Enode
from waypost.errors import LinkError
from waypost.net.clock import monotonic
from waypost.net.entropy import shorter
from waypost.net.rlpx.link import Link

Dial = Callable[[Enode], Awaitable[Link]]
"""The link to a node, both statuses said. Raises LinkError."""

_log = logging.getLogger(__name__)


class Backoff:
    """How long a node is to be left alone: ever longer, until a link with it lasts."""

    def __init__(self, config: HostConfig) -> None:
        self._config = config
        self._wait_s = config.redial_wait_min_s

    def after_link(self, lasted_s: float) -> float:
        """Once the link with it has ended."""
        if lasted_s >= self._config.redial_wait_max_s:  # it was a good one
            self._wait_s = self._config.redial_wait_min_s
        return self._next_s()

    def after_failure(self, reason: str) -> float:
        """Once it could not be reached, for this reason of a LinkError."""
        wait_s = self._next_s()
        return self._config.redial_refused_wait_s if reason == "refused" else wait_s

    def _next_s(self) -> float:
        wait_s = self._wait_s
        self._wait_s = min(2 * wait_s, self._config.redial_wait_max_s)
        return shorter(wait_s)


async def stay_connected(peer: Enode, dial: Dial, config: HostConfig) -> None:
    """For ever; a node that is this one itself is left alone."""
    backoff, trouble = Backoff(config), ""
    while trouble != "self":
        try:
            link = await dial(peer)
            opened_at, trouble = monotonic(), ""
            await link.wait_closed()
            wait_s = backoff.after_link(monotonic() - opened_at)
        except LinkError as error:
            wait_s = backoff.after_failure(error.reason)
            if error.reason != trouble:  # is news
                trouble = error.reason
                _log.warning(
                    "a peer cannot be reached now",
                    extra={"peer": str(peer), "reason": trouble, "detail": str(error)},
                )
        await asyncio.sleep(wait_s)
