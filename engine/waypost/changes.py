"""What `Registry.watch` yields: `match change: case waypost.changes.ServerChange(): ...`."""

from waypost.trust.watch.changes import (
    Change,
    Deprecated,
    Halted,
    KindChange,
    ProviderChange,
    Rewound,
    ServerChange,
)

__all__ = [
    "Change",
    "Deprecated",
    "Halted",
    "KindChange",
    "ProviderChange",
    "Rewound",
    "ServerChange",
]
