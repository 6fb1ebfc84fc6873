"""Fixtures and settings that several kinds of tests share."""

from hypothesis import settings

from tests.chains import anvil, anvil_node, chain_endpoint, embedded, geth_node, node_endpoint
from tests.crowds import world

__all__ = [
    "anvil",
    "anvil_node",
    "chain_endpoint",
    "embedded",
    "geth_node",
    "node_endpoint",
    "world",
]

settings.register_profile("waypost", deadline=None)  # a busy machine is slow, not wrong
settings.load_profile("waypost")
