"""Curation from Python: whole lives of requests, on an embedded chain and on anvil."""

from collections.abc import AsyncIterator

import pytest

from tests.curations import (
    COMMIT_S,
    DAY_S,
    REVEAL_S,
    TOKEN,
    Court,
    anvil_stage,
    embedded_stage,
    open_court,
)
from waypost.trust.curation.types import Phase, Ruling
from waypost.trust.words import Status


@pytest.fixture(params=["embedded", "anvil"])
async def court(request: pytest.FixtureRequest, tmp_path) -> AsyncIterator[Court]:
    if request.param == "anvil":
        stage = anvil_stage(request.getfixturevalue("anvil"), tmp_path)
    else:
        stage = embedded_stage(tmp_path)
    court = await open_court(stage)
    yield court
    await court.registry.close()


async def status_of(court: Court, provider_id: int) -> Status:
    return (await court.registry.provider(provider_id)).status


async def test_an_application_that_nobody_challenges(court: Court) -> None:
    provider, mine = await court.provider(), court.by("provider")
    request_id = await mine.apply(provider, evidence_uri="https://two.example/why")
    request = await mine.request(request_id)
    assert (request.provider_id, request.phase) == (provider, Phase.APPLIED)
    assert request.requester == court.stage.key("provider").address
    assert await mine.listing(provider) == request
    assert await status_of(court, provider) is Status.PENDING
    court.stage.move(3 * DAY_S)
    await court.by("stranger").execute(request_id)
    assert await status_of(court, provider) is Status.ACTIVE
    await mine.start_exit(request_id)
    court.stage.move(3 * DAY_S)
    await court.by("stranger").finalize_exit(request_id)
    assert await mine.listing(provider) is None
    assert await mine.withdrawable() == 100 * TOKEN
    assert await mine.withdraw() == 100 * TOKEN
    assert await (await mine.token()).balance() == 1000 * TOKEN


async def test_a_challenge_that_the_provider_wins_by_vote(court: Court) -> None:
    provider, mine = await court.provider(), court.by("provider")
    request_id = await mine.apply(provider)
    dispute_id = await court.by("challenger").challenge(request_id, "no such company")
    await mine.submit_evidence(request_id, "https://two.example/extract.pdf")
    for name, choice, weight in (
        ("voter", Ruling.REQUESTER, 40 * TOKEN),
        ("other_voter", Ruling.CHALLENGER, 20 * TOKEN),
    ):
        await court.voter(name).commit(dispute_id, choice, weight)
    court.stage.move(COMMIT_S)
    assert await court.voter("voter").reveal(dispute_id) is Ruling.REQUESTER
    assert await court.voter("other_voter").reveal(dispute_id) is Ruling.CHALLENGER
    court.stage.move(REVEAL_S)
    await court.voter("stranger").execute(dispute_id)
    assert await status_of(court, provider) is Status.ACTIVE
    assert (await mine.request(request_id)).phase is Phase.LISTED
    assert await mine.withdraw() == 80 * TOKEN
    assert await court.voter("voter").unlock(dispute_id) == 40 * TOKEN
    assert await court.voter("voter").claim(dispute_id) == 20 * TOKEN
    assert await court.voter("other_voter").unlock(dispute_id) == 20 * TOKEN
