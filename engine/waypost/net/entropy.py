"""The system's entropy, which drivers hand to the machines."""

import os
import secrets
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def seed() -> bytes:
    """32 bytes for a machine's generator, or to hide a vote."""
    return os.urandom(32)


def secret_bytes(size: int) -> bytes:
    """For keys and nonces."""
    return os.urandom(size)


def node_id() -> bytes:
    """A random target for a lookup."""
    return os.urandom(32)


def choice(items: Sequence[T]) -> T:
    """One of the items, each as likely as any other."""
    return secrets.choice(items)


def shorter(wait_s: float) -> float:
    """A wait between half of it and all of it, so that many do not come back at once."""
    return wait_s * (1 - secrets.randbelow(1 << 20) / (2 << 20))
