"""Votes as their voter keeps them: what is written is read, whatever else is in the file."""

from hypothesis import given
from hypothesis import strategies as st

from waypost.trust.administration.abi import contract_abi
from waypost.trust.administration.refusals import explain_refusal
from waypost.trust.curation.votes import SecretVote, read_votes

numbers = st.integers(0, (1 << 256) - 1)
addresses = st.binary(min_size=20, max_size=20)
votes = st.builds(
    SecretVote,
    numbers,
    addresses,
    numbers,
    addresses,
    numbers,
    st.binary(min_size=32, max_size=32),
)
json = st.sampled_from(["{}", "[]", "1", "null", '{"chain_id": 1e999}', '{"chain_id": "x"}'])
CONTRACTS = ["StakeCuration", "TokenVoteArbitrator", "MultisigArbitrator", "FixedSupplyToken"]
SELECTORS = [selector for name in CONTRACTS for selector in contract_abi(name)._errors]


@given(st.lists(votes, max_size=4), st.text(max_size=60) | json)
def test_votes_are_read_among_what_is_none(kept: list[SecretVote], junk: str) -> None:
    lines = [part for vote in kept for part in (vote.line(), "", vote.line()[:-1], junk)]
    assert read_votes(lines) == kept
    assert read_votes([vote.line() for vote in kept]) == kept


@given(votes, numbers)
def test_every_part_of_a_vote_is_in_its_commitment(vote: SecretVote, other: int) -> None:
    for field in ("chain_id", "dispute_id", "choice"):
        if getattr(vote, field) != other:
            assert vote._replace(**{field: other}).commitment != vote.commitment
    word = other.to_bytes(32, "big")
    for field, value in (("salt", word), ("voter", word[:20]), ("arbitrator", word[:20])):
        if getattr(vote, field) != value:
            assert vote._replace(**{field: value}).commitment != vote.commitment


@given(st.sampled_from(SELECTORS), st.binary(max_size=200))
def test_any_refusal_of_curation_is_put_into_one_line(selector: bytes, body: bytes) -> None:
    for revert in (selector + body, selector + body.rjust(200, b"\0"), selector + bytes(200)):
        assert len(explain_refusal(revert).splitlines()) == 1
