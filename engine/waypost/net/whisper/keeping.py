"""Staying connected with a node: dialled again whenever the link is gone, ever more slowly."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from waypost.enode import Enode
from waypost.errors import LinkError
from waypost.net.clock import monotonic
from waypost.net.rlpx.link import Link

_WAIT_MIN_S, _WAIT_MAX_S = 1.0, 60.0
_LASTING_S = 60.0  # a link that lasted as long was a good one: begin with short waits again

logger = logging.getLogger(__name__)


async def stay_connected(peer: Enode, dial: Callable[[Enode], Awaitable[Link]]) -> None:
    """For ever. Each failure doubles the wait, from a second to a minute."""
    wait_s = _WAIT_MIN_S
    trouble = ""
    while True:
        try:
            link = await dial(peer)
            begun, trouble = monotonic(), ""
            await link.wait_closed()
            if monotonic() > begun + _LASTING_S:
                wait_s = _WAIT_MIN_S
        except LinkError as error:
            if error.reason != trouble:  # is news
                trouble = error.reason
                logger.warning(
                    "a peer cannot be reached now",
                    extra={"peer": str(peer), "reason": trouble, "detail": str(error)},
                )
        await asyncio.sleep(wait_s)
        wait_s = min(2 * wait_s, _WAIT_MAX_S)
