"""One connection that carries many requests at once, matched to their answers by id."""

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol

from waypost.errors import RpcError
from waypost.net.rpc.codec import decode, node_error
from waypost.net.rpc.subscription import Subscription


class Link(Protocol):
    """Carries whole messages both ways."""

    async def send(self, message: bytes) -> None:
        """Sends a message. Raises RpcError once the link is lost."""

    async def receive(self) -> bytes | str:
        """The next message. Raises RpcError once there are no more."""

    async def close(self) -> None:
        """Lets go of it."""


class Connection:
    """Lives until its link is lost: then all that wait for an answer fail at once, as `lost`."""

    def __init__(self, link: Link) -> None:
        self.lost: RpcError | None = None
        self._link = link
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._opening: dict[int, Subscription] = {}
        self._subscriptions: dict[str, Subscription] = {}
        self._reader = asyncio.create_task(self._read())

    async def exchange(
        self, message: bytes, ids: Sequence[int], subscription: Subscription | None = None
    ) -> Any:
        """What the node answers to a message with requests of these ids. Raises RpcError.

        If it is a subscription, what the node tells from then on goes there.
        """
        if self.lost:
            raise _again(self.lost)
        answer = asyncio.get_running_loop().create_future()
        self._waiting.update(dict.fromkeys(ids, answer))
        if subscription:
            self._opening[ids[0]] = subscription
        try:
            await self._link.send(message)
            document = await answer
        finally:
            self._opening.pop(ids[0], None)
            for id_ in ids:
                self._waiting.pop(id_, None)
        if isinstance(document, RpcError):
            raise _again(document)
        return document

    def leave(self, subscription: Subscription) -> str | None:
        """Forgets a subscription. Returns its name at the node, if that still knows it."""
        for name, known in self._subscriptions.items():
            if known is subscription:
                del self._subscriptions[name]
                return None if self.lost else name
        return None

    async def close(self) -> None:
        """Lets go of the link; what waits fails as `closed`."""
        self._lose(RpcError("closed", "the connection was closed"))
        self._reader.cancel()
        await asyncio.wait([self._reader])
        await self._link.close()

    async def _read(self) -> None:
        try:
            while True:
                self._deliver(decode(await self._link.receive()))
        except RpcError as error:
            self._lose(error)
        await self._link.close()

    def _lose(self, error: RpcError) -> None:
        self.lost = self.lost or error
        self._fail_all(error)
        for subscription in self._subscriptions.values():
            subscription.fail(error)

    def _fail_all(self, error: RpcError) -> None:
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_result(error)

    def _deliver(self, document: Any) -> None:
        """Hands an answer to who waits for it, and a notification to its subscription."""
        entries = document if isinstance(document, list) else [document]
        ids = [entry.get("id") for entry in entries if isinstance(entry, dict)]
        known = [id_ for id_ in ids if type(id_) is int]
        if known:  # else nobody waits any more
            for id_ in known:
                if answer := self._waiting.get(id_):
                    self._begin(id_, document)
                    if not answer.done():
                        answer.set_result(document)
                    break
        elif isinstance(document, dict) and document.get("method") == "eth_subscription":
            self._notify(document.get("params"))
        elif isinstance(document, dict) and document.get("error") is not None:
            self._fail_all(node_error(document["error"]))
        else:
            self._fail_all(RpcError("bad-answer", "an answer that does not say to what"))

    def _begin(self, id_: int, document: Any) -> None:
        """Starts a subscription with the answer to it: notifications may follow at once."""
        name = document.get("result") if isinstance(document, dict) else None
        if (subscription := self._opening.get(id_)) and isinstance(name, str):
            self._subscriptions[name] = subscription

    def _notify(self, params: Any) -> None:
        name = params.get("subscription") if isinstance(params, dict) else None
        if isinstance(name, str) and (subscription := self._subscriptions.get(name)):
            subscription.put(params.get("result"))


def _again(error: RpcError) -> RpcError:
    """The same error for another who waits: each raises its own."""
    return RpcError(error.reason, error.detail, code=error.code, data=error.data)
