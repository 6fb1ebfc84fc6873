"""An embedded chain as a node."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from waypost.errors import RpcError
from waypost.trust.embedded import EmbeddedChain
from waypost.trust.exchange import Answer, Call


class ChainRpc:
    """An embedded chain behind the interface of a node."""

    def __init__(self, chain: EmbeddedChain, clock: Callable[[], float] = time.time) -> None:
        self._chain = chain
        self._clock = clock

    async def request(self, call: Call) -> Any:
        return self._chain.answer(call, int(self._clock()))

    async def batch(self, calls: Sequence[Call]) -> list[Answer]:
        return [self._answer(call) for call in calls]

    async def close(self) -> None:
        pass

    def _answer(self, call: Call) -> Answer:
        try:
            return self._chain.answer(call, int(self._clock()))
        except RpcError as error:
            return error
