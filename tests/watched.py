"""What tests wait for: things that note what they are told."""

import asyncio
from collections.abc import Callable


class Watched:
    """Notes that it was told something by `changed`, for who waits."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()

    def changed(self) -> None:
        self._changed.set()

    async def until(self, condition: Callable[[], object], wait_s: float = 20.0) -> None:
        """Until it holds; it is looked at when something is told."""
        async with asyncio.timeout(wait_s):
            while not condition():
                self._changed.clear()
                await self._changed.wait()
