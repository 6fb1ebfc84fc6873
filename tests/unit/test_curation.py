"""Curation from Python: whole lives of requests, on an embedded chain and on anvil."""

from collections.abc import AsyncIterator, Iterator
from functools import partial

import pytest

from tests.chains import running_anvil
from tests.curations import (
    COMMIT_S,
    DAY_S,
    QUORUM,
    REVEAL_S,
    TOKEN,
    Court,
    anvil_stage,
    embedded_stage,
    open_court,
)
from waypost.errors import ConfigError, RegistryError, RpcError
from waypost.net.rpc import name_of
from waypost.net.trust.administration import Transaction
from waypost.net.trust.curation import Curation, VoteFile
from waypost.trust.curation.case import next_steps
from waypost.trust.curation.reads import (
    multisig_at,
    multisig_interface,
    read_one,
    vote_at,
    vote_interface,
)
from waypost.trust.curation.types import Hearing, Phase, Ruling
from waypost.trust.curation.votes import SecretVote
from waypost.trust.words import Status


@pytest.fixture(scope="module")
def anvil() -> Iterator[str]:
    """A node of our own, whose clock others do not need."""
    with running_anvil() as url:
        yield url


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


async def test_an_interrupted_application_goes_on_where_it_stopped(court: Court) -> None:
    provider, mine = await court.provider(), court.by("provider")
    token = await mine.token()
    await token.approve(mine.address, 100 * TOKEN)
    sent: list[Transaction] = []
    again = Curation(mine, mine.address, on_transaction=sent.append)
    request_id = await again.apply(provider)
    assert [one.function for one in sent] == ["applyFor"]
    assert await again.apply(provider) == request_id
    assert len(sent) == 1
    assert await token.allowance(mine.address) == 0

    theirs = Curation(mine, mine.address, account=court.stage.key("challenger"))
    assert await theirs.challenge(request_id) == await theirs.challenge(request_id) == 1
    assert await (await theirs.token()).balance() == 900 * TOKEN


async def test_a_dry_run_says_what_would_come_of_it(court: Court) -> None:
    provider, told = await court.provider(), list[Transaction]()
    mine = Curation(court.by("provider"), court.curation.address, dry_run=True)
    mine = Curation(mine, mine.address, on_transaction=told.append)
    assert await mine.apply(provider) == 0
    assert [(one.function, one.gas > 0) for one in told] == [
        ("approve", True),
        ("applyFor", False),
    ]
    with pytest.raises(RegistryError, match="NotProviderOwner"):
        await mine.apply(1)
    await (await court.by("provider").token()).approve(mine.address, 100 * TOKEN)
    told.clear()
    assert await mine.apply(provider) == 1
    assert [one.function for one in told] == ["applyFor"]
    assert told[0].gas > 100_000
    assert await mine.listing(provider) is None
    with pytest.raises(RegistryError, match="has 0 units of the token"):
        await court.by("stranger").challenge(await court.by("provider").apply(provider))


async def test_a_voter_whose_machine_is_lost_after_the_commitment(court: Court) -> None:
    request_id = await court.by("provider").apply(await court.provider())
    dispute_id = await court.by("challenger").challenge(request_id)
    voter = court.voter("voter")
    await voter.commit(dispute_id, Ruling.CHALLENGER, 30 * TOKEN)
    await voter.commit(dispute_id, Ruling.REQUESTER, 60 * TOKEN)  # it thinks again
    ballot = await voter.ballot(dispute_id)
    await voter.commit(dispute_id, Ruling.REQUESTER, 60 * TOKEN)
    assert await voter.ballot(dispute_id) == ballot
    with pytest.raises(ConfigError, match="commit as many or more"):
        await voter.commit(dispute_id, Ruling.REQUESTER, 59 * TOKEN)

    votes = court.stage.votes
    assert votes.stat().st_mode & 0o777 == 0o600
    copy = votes.with_name("copy")
    with votes.open("a") as file:  # a commitment that was never sent, and a line cut off
        stray = VoteFile(votes).votes()[-1]._replace(choice=2, salt=b"\x05" * 32)
        file.write(f"{stray.line()}\n{stray.line()[:40]}")
    copy.write_bytes(votes.read_bytes())
    copy.chmod(0o600)
    votes.unlink()
    court.stage.move(COMMIT_S)
    with pytest.raises(RegistryError, match="does not have the vote of dispute 1"):
        await voter.reveal(dispute_id)
    elsewhere = await court.by("voter").token_vote(votes=copy)
    assert await elsewhere.reveal(dispute_id) is Ruling.REQUESTER
    assert await elsewhere.reveal(dispute_id) is Ruling.REQUESTER
    assert await elsewhere.weight_of(dispute_id, Ruling.REQUESTER) == 60 * TOKEN


async def test_a_vote_is_kept_even_if_its_transaction_fails(court: Court) -> None:
    request_id = await court.by("provider").apply(await court.provider())
    dispute_id = await court.by("challenger").challenge(request_id)
    court.stage.move(COMMIT_S)
    with pytest.raises(RegistryError, match="CommitOver"):
        await court.voter("voter").commit(dispute_id, Ruling.REFUSED, TOKEN)
    (kept,) = VoteFile(court.stage.votes).votes()
    assert (kept.dispute_id, kept.choice) == (dispute_id, Ruling.REFUSED)
    with pytest.raises(RegistryError, match="committed to nothing"):
        await court.voter("voter").reveal(dispute_id)
    court.stage.votes.chmod(0o640)
    with pytest.raises(ConfigError, match="others may read the votes"):
        await court.voter("other_voter").commit(dispute_id, Ruling.REFUSED, TOKEN)


async def test_a_listing_challenged_before_one_curator(court: Court) -> None:
    terms_id = await court.curation.set_parameters(
        court.terms._replace(arbitrator=court.multisig.address, dispensation_bps=0)
    )
    provider, mine = await court.provider(), court.by("provider")
    with pytest.raises(RegistryError, match=r"TermsChanged\(given=0, current=1\)"):
        await mine.apply(provider, terms_id=0)
    request_id = await mine.apply(provider, terms_id=terms_id)
    court.stage.move(3 * DAY_S)
    await mine.execute(request_id)
    dispute_id = await court.by("challenger").challenge(request_id, terms_id=terms_id)
    assert await status_of(court, provider) is Status.CHALLENGED
    case = await mine.case(request_id)
    assert isinstance(case.dispute, Hearing)
    assert (case.dispute.ruled, case.dispute.arbitrable) == (False, mine.address)
    assert [step.action for step in next_steps(case)] == ["evidence", "rule", "lapse"]
    court_of_one = await court.curation.multisig()
    assert await court_of_one.owner() == court.stage.admin.address
    await court_of_one.rule(dispute_id, Ruling.CHALLENGER, "it left")
    assert (await court_of_one.dispute(dispute_id)).ruling == Ruling.CHALLENGER
    assert await status_of(court, provider) is Status.PENDING
    assert await court.by("challenger").withdraw() == 200 * TOKEN
    assert (await mine.request(request_id)).phase is Phase.CLOSED
    assert next_steps(await mine.case(request_id)) == []


async def test_office_is_taken_in_steps_that_can_be_repeated(court: Court) -> None:
    admin = court.stage.admin.address
    registry = await court.curation.registry()
    assert await registry.has_role("curator", court.curation.address)
    assert not await registry.has_role("curator", admin)
    await registry.grant_role("curator", admin)  # as if the second step were missing
    await court.curation.take_office([admin])
    assert not await registry.has_role("curator", admin)
    assert (await court.curation.overview()).in_office
    await registry.revoke_role("curator", court.curation.address)
    with pytest.raises(RegistryError, match="take-office"):
        await court.by("provider").apply(await court.provider())
    await court.curation.take_office()
    await court.curation.decide(1, Status.SUSPENDED, "found")
    assert await status_of(court, 1) is Status.SUSPENDED
    with pytest.raises(ConfigError, match="pending, active or suspended"):
        await court.curation.decide(1, Status.REMOVED)


async def test_what_can_be_done_follows_the_request(court: Court) -> None:
    provider, mine = await court.provider(), court.by("provider")
    request_id = await mine.apply(provider)
    voter = court.stage.key("voter").address

    async def steps() -> dict[str, tuple[int, int]]:
        case = await mine.case(request_id, voter)
        return {
            step.action: (
                step.opens_at and step.opens_at - start,
                step.until and step.until - start,
            )
            for step in next_steps(case)
        }

    start = (await mine.request(request_id)).deadline - 3 * DAY_S
    assert await steps() == {"challenge": (0, 3 * DAY_S), "execute": (3 * DAY_S, 0)}
    dispute_id = await court.by("challenger").challenge(request_id)
    start = (await mine.request(request_id)).deadline - 10 * DAY_S
    assert await steps() == {
        "evidence": (0, 0),
        "vote commit": (0, COMMIT_S),
        "vote reveal": (COMMIT_S, COMMIT_S + REVEAL_S),
        "vote execute": (COMMIT_S + REVEAL_S, 0),
        "lapse": (10 * DAY_S, 0),
    }
    await court.voter("voter").commit(dispute_id, Ruling.REQUESTER, 50 * TOKEN)
    case = await mine.case(request_id, voter)
    assert case.ballot is not None
    assert (case.ballot.weight, case.ballot.revealed, case.quorum) == (50 * TOKEN, False, QUORUM)
    court.stage.move(COMMIT_S)
    await court.voter("voter").reveal(dispute_id)
    court.stage.move(REVEAL_S)
    await court.voter("voter").execute(dispute_id)
    await court.curation.set_parameters(court.terms._replace(deposit=50 * TOKEN))
    assert set(await steps()) == {"challenge", "exit start", "adopt-terms"}
    await mine.adopt_terms(request_id)
    await mine.adopt_terms(request_id)
    assert set(await steps()) == {"challenge", "exit start"}
    await mine.start_exit(request_id)
    assert set(await steps()) == {"challenge", "exit finish"}


async def test_contracts_agree_on_commitments_and_interfaces(court: Court) -> None:
    vote = SecretVote(31337, court.vote.address, 7, b"\x07" * 20, 2, b"\x09" * 32)
    read = vote_at(court.vote.address).read("commitmentOf", 7, vote.voter, 2, vote.salt)
    assert await court.vote._read(lambda at: read_one(at, read, bytes)) == vote.commitment
    for contract, interface, other in (
        (court.vote, vote_interface(), multisig_interface()),
        (court.multisig, multisig_interface(), vote_interface()),
    ):
        for asked, holds in ((interface, True), (other, False)):
            asks = multisig_at(contract.address).read("supportsInterface", asked)
            assert await contract._read(partial(read_one, read=asks, make=bool)) is holds


async def test_what_is_at_the_wrong_address_is_said(court: Court) -> None:
    for wrong in (Curation(court.registry, b"\x01" * 20), Curation(court.token, b"\x02" * 20)):
        with pytest.raises(RpcError, match="no contract at"):
            await wrong.overview()
    with pytest.raises(RpcError):
        await Curation(court.registry, court.token.address).overview()
    name = name_of(court.registry._rpc)
    with pytest.raises(RpcError, match=f"wrong-chain: {name} serves 31337, not 1$"):
        await Curation(court.registry, court.curation.address, chain_id=1).overview()
    with pytest.raises(ConfigError, match="give an account that signs it"):
        await Curation(court.stage.endpoint, court.curation.address).apply(1)
