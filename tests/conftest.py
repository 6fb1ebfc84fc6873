"""Fixtures and settings that several kinds of tests share."""

import tempfile
from collections.abc import Iterator

import pytest
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


@pytest.fixture(autouse=True, scope="session")
def no_policy_of_the_developer() -> Iterator[None]:
    """Tests, and the commands that they run, find no trust policy but their own."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", folder)
        yield


settings.register_profile("waypost", deadline=None)  # a busy machine is slow, not wrong
settings.load_profile("waypost")
