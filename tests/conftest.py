"""Fixtures and settings that several kinds of tests share."""

import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

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


# A busy machine is slow, not wrong. What a change breaks is told of that change: each run has the
# same examples. `pytest --hypothesis-profile explore` looks for others, and for what they break.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("waypost", PATIENT, derandomize=True)
settings.register_profile("explore", PATIENT, max_examples=1000)
settings.load_profile("waypost")
