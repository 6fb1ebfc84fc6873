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

_log = logging.getLogger(__name__)


async def stay_connected(
    peer: Enode, dial: Callable[[Enode], Awaitable[Link]], config: HostConfig
) -> None:
    """For ever; a node that is this one itself is left alone."""
    wait_s, trouble = config.redial_wait_min_s, ""
    while trouble != "self":
        refused = False
        try:
            link = await dial(peer)
            opened_at, trouble = monotonic(), ""
            await link.wait_closed()
            if monotonic() >= opened_at + config.redial_wait_max_s:  # it was a good one
                wait_s = config.redial_wait_min_s
        except LinkError as error:
            refused = error.reason == "refused"
            if error.reason != trouble:  # is news
                trouble = error.reason
                _log.warning(
                    "a peer cannot be reached now",
                    extra={"peer": str(peer), "reason": trouble, "detail": str(error)},
                )
        await asyncio.sleep(shorter(wait_s) if not refused else config.redial_refused_wait_s)
        wait_s = min(2 * wait_s, config.redial_wait_max_s)
