"""A registry's servers of one kind, mirrored whole: no node learns which of them matter."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

from waypost.errors import ConfigError, RpcError
from waypost.net.trust.bell import Bell
from waypost.trust.judgement import unknown, without_own
from waypost.trust.kind import kind_word
from waypost.trust.policy import GrantAt, TrustPolicy, policy_of
from waypost.trust.reading.finality import confirmed, to_confirm
from waypost.trust.reading.mirror import Copy
from waypost.trust.verdict import Block, Verdict

ReadCopy = Callable[[bytes, Copy | None, GrantAt], Awaitable[Copy]]


class Mirror:
    """Verifies servers of a kind as a Registry does, and asks its node about all or none of them.

    Made by `Registry.mirror`. It is brought up to date before each verification: when nothing has
    changed that is one small read. A ServerFinder takes it in the place of the registry.
    """

    def __init__(
        self, kind: str, address: bytes, read: ReadCopy, bell: Callable[[], Bell]
    ) -> None:
        self.kind = kind
        self.address = address
        self._kind = kind_word(kind)
        self._read = read
        self._bell = bell
        self._copies: dict[GrantAt, Copy] = {}
        self._reading = asyncio.Lock()

    def __len__(self) -> int:
        """How many servers are listed, trusted or not."""
        copy = self._copies.get(GrantAt.LATEST)
        return len(copy.servers) if copy else 0

    @property
    def block(self) -> Block | None:
        """The block at which the mirror is; None before it was read."""
        copy = self._copies.get(GrantAt.LATEST)
        return copy.block if copy else None

    async def refresh(self) -> Block:
        """Brings it to the head block. Raises RpcError; then it is as it was."""
        return (await self._refreshed(GrantAt.LATEST)).block

    async def verify(
        self,
        kind: str,
        node_ids: Iterable[bytes],
        trust: TrustPolicy | Iterable[int] | None = None,
    ) -> list[Verdict]:
        """One verdict for each node id, as Registry.verify; of the mirror's own kind only.

        A server that was removed is `not-listed` here. Raises ConfigError for another kind.
        """
        if kind != self.kind:
            raise ConfigError(f"this is a mirror of {self.kind}: make another for {kind}")
        ids, policy = list(node_ids), policy_of(trust)
        verdicts, strangers = without_own(ids, policy)
        if strangers:
            verdicts.update(zip(strangers, await self._judge(strangers, policy), strict=True))
        return [verdicts[node_id] for node_id in ids]

    def bell(self) -> Bell:
        """What rings when a new block may be there."""
        return self._bell()

    async def _judge(self, node_ids: Sequence[bytes], policy: TrustPolicy) -> list[Verdict]:
        try:
            copy = await self._refreshed(GrantAt.LATEST)
        except RpcError as error:
            return unknown(node_ids, error)
        registry = copy.chain_id, self.address
        trusted = policy.providers_of(*registry)
        verdicts = copy.judge(node_ids, trusted)
        if not (ids := to_confirm(verdicts, policy, *registry)):
            return verdicts
        try:
            final = (await self._refreshed(GrantAt.FINALIZED)).judge(ids, trusted)
        except RpcError as error:
            final = unknown(ids, error)
        return confirmed(verdicts, final)

    async def _refreshed(self, where: GrantAt) -> Copy:
        async with self._reading:  # who comes meanwhile must not get what was read before
            copy = await self._read(self._kind, self._copies.get(where), where)
            self._copies[where] = copy
            return copy
