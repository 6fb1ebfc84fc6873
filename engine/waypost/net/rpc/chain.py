"""An embedded chain as a node."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from waypost.config import RegistryConfig
from waypost.errors import RpcError
from waypost.net.rpc.subscription import Subscription
from waypost.trust.embedded import EmbeddedChain
from waypost.trust.exchange import Answer, Call


class ChainRpc:
    """An embedded chain behind the interface of a node."""

    name = "the embedded chain"

    def __init__(
        self,
        chain: EmbeddedChain,
        clock: Callable[[], float] = time.time,
        config: RegistryConfig | None = None,
    ) -> None:
        self._chain = chain
        self._clock = clock
        self._config = config or RegistryConfig()
        self._subscribed: dict[Subscription, Callable[[], None]] = {}  # and how each one ends

    async def request(self, call: Call) -> Any:
        return self._chain.answer(call, int(self._clock()))

    async def batch(self, calls: Sequence[Call]) -> list[Answer]:
        return [self._answer(call) for call in calls]

    def subscribe(self, *params: Any) -> Subscription:
        """The notifications of an eth_subscribe with these parameters (see Notifications)."""

        async def start(subscription: Subscription) -> None:
            self._subscribed[subscription] = self._chain.subscribe(params, subscription.put)

        async def stop(subscription: Subscription) -> None:
            if end := self._subscribed.pop(subscription, None):
                end()

        return Subscription(self._config.notification_count_max, start, stop)

    async def close(self) -> None:
        for subscription in tuple(self._subscribed):
            subscription.fail(RpcError("closed", "the connection was closed"))
            self._subscribed.pop(subscription)()

    def _answer(self, call: Call) -> Answer:
        try:
            return self._chain.answer(call, int(self._clock()))
        except RpcError as error:
            return error
