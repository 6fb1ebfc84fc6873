"""The system's entropy, which drivers hand to the machines."""

import os


def seed() -> bytes:
    """32 bytes for a machine's generator."""
    return os.urandom(32)


def node_id() -> bytes:
    """A random target for a lookup."""
    return os.urandom(32)
