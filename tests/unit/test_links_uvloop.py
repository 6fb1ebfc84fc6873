"""The tests of links once more on uvloop, whose transports are others."""

import inspect

import pytest

from tests.links import parties
from tests.unit import test_links, test_links_dialling, test_links_hostile
from waypost import run

SCENARIOS = [
    scenario
    for module in (test_links, test_links_dialling, test_links_hostile)
    for name, scenario in vars(module).items()
    if name.startswith("test_") and [*inspect.signature(scenario).parameters] == ["join"]
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_links_on_uvloop(scenario):
    async def main():
        async with parties() as join:
            await scenario(join)

    run(main())


def test_the_scenarios_are_found():
    assert len(SCENARIOS) > 30
