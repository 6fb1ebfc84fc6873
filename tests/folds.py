"""What the changes of a watch add up to, held against the registry itself."""

import asyncio
from collections.abc import Iterable
from typing import Any

from waypost.net.trust.registry import Registry
from waypost.net.trust.watch import Watch
from waypost.trust.administration.listings import Provider
from waypost.trust.kind import kind_word
from waypost.trust.watch.changes import (
    Change,
    Deprecated,
    Halted,
    KindChange,
    ProviderChange,
    Rewound,
    ServerChange,
)
from waypost.trust.words import ProviderWord, ResourceWord, Status


class Fold:
    """The changes that hold, in order. It refuses one that is told twice or out of order."""

    def __init__(self, changes: Iterable[Change | Rewound] = ()) -> None:
        self.changes: list[Change] = []
        self.rewound_count = 0
        for change in changes:
            self.add(change)

    def add(self, change: Change | Rewound) -> None:
        if isinstance(change, Rewound):
            self.rewound_count += 1
            self.changes = [c for c in self.changes if c.block_number <= change.block_number]
            return
        if self.changes:
            before = self.changes[-1]
            assert (before.block_number, before.log_index) < (
                change.block_number,
                change.log_index,
            )
        self.changes.append(change)

    @property
    def state(self) -> dict[Any, Any]:
        """The newest word of each subject."""
        state: dict[Any, Any] = {}
        for change in self.changes:
            match change:
                case ProviderChange():
                    state["provider", change.provider_id] = change.word
                case ServerChange():
                    word = change.word._replace(list_index=0)
                    state["server", change.kind, change.node_id] = word
                case KindChange():
                    state["kind", change.kind] = (change.word.ttl_s_min, change.word.ttl_s_max)
                case Halted():
                    state["halted"] = change.halted
                case Deprecated():
                    state["successor"] = change.successor
        live = {
            key: word
            for key, word in state.items()
            if key[0] != "server" or word.status == Status.ACTIVE
        }
        return live


async def read_state(registry: Registry, *kinds: str) -> dict[Any, Any]:
    """The same, from the registry: only what differs from that of a new one."""
    state: dict[Any, Any] = {
        ("provider", provider.id): provider_word(provider)
        for provider in await registry.providers()
    }
    for kind in kinds:
        for server in await registry.servers(kind):
            word: ResourceWord = server.word._replace(list_index=0)
            state["server", kind_word(kind), server.node_id] = word
    return state


def provider_word(provider: Provider) -> ProviderWord:
    return ProviderWord(
        int.from_bytes(provider.owner, "big"),
        provider.status,
        provider.epoch,
        provider.valid_until,
        provider.flags,
    )


async def take(watch: Watch, count: int, timeout_s: float = 20.0) -> list[Change | Rewound]:
    """The next so many changes."""
    async with asyncio.timeout(timeout_s):
        return [await anext(watch) for _ in range(count)]


async def fold_until(watch: Watch, fold: Fold, wanted: dict[Any, Any]) -> None:
    """Reads on until the fold is what is wanted."""
    async with asyncio.timeout(30.0):
        while {key: fold.state.get(key) for key in wanted} != wanted or not _fits(fold, wanted):
            fold.add(await anext(watch))


def _fits(fold: Fold, wanted: dict[Any, Any]) -> bool:
    servers = {key for key in fold.state if key[0] == "server"}
    return servers == {key for key in wanted if key[0] == "server"}
