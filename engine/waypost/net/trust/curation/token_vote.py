"""The arbitrator by vote: holders of the token commit to a choice, then reveal it."""

from pathlib import Path
from typing import Any, Self

from waypost.errors import ConfigError, RegistryError
from waypost.net import entropy
from waypost.net.trust.administration import Signer
from waypost.net.trust.curation.base import Reached, Source
from waypost.net.trust.curation.token import Token
from waypost.net.trust.curation.vote_file import VoteFile
from waypost.trust.address import address_text, parse_address
from waypost.trust.curation.reads import ballot_of, read_one, read_plan, vote_at, vote_of
from waypost.trust.curation.types import Ballot, Ruling, Vote, VotePlan
from waypost.trust.curation.votes import SecretVote


class TokenVote(Reached):
    """Disputes that the holders of a token rule.

    `votes` is the file in which a vote is kept from its commitment to its reveal, by default the
    user's own (`votes_path()`).
    """

    _artifact = "TokenVoteArbitrator"

    def __init__(
        self,
        source: Source,
        address: str | bytes,
        *,
        votes: str | Path | VoteFile | None = None,
        **ways: Any,
    ) -> None:
        super().__init__(source, address, **ways)
        self._votes = votes if isinstance(votes, VoteFile) else VoteFile(votes)

    @classmethod
    async def deploy(
        cls,
        source: Source,
        account: Signer | None = None,
        *,
        token: str | bytes,
        commit_period_s: int,
        reveal_period_s: int,
        quorum: int,
        salt: str | bytes | None = None,
        **ways: Any,
    ) -> Self:
        """A new arbitrator, which nobody owns and nobody can change. The quorum is the number of
        revealed tokens, of all choices together, without which nothing is ruled.
        """
        arguments = (parse_address(token), commit_period_s, reveal_period_s, quorum)
        return await cls._deployed(source, account, lambda _: arguments, salt, **ways)

    async def plan(self) -> VotePlan:
        """Its token, periods and quorum, which never change."""
        return await self._read(lambda endpoint: read_plan(endpoint))

    async def dispute(self, dispute_id: int) -> Vote:
        """A dispute; its `arbitrable` is zero where there is none with this id."""
        read = vote_at(self.address).read("dispute", dispute_id)
        return await self._read(
            lambda endpoint: read_one(endpoint, read, lambda fields: vote_of(dispute_id, fields))
        )

    async def ballot(self, dispute_id: int, voter: str | bytes | None = None) -> Ballot:
        """What a voter, by default the account, has in a dispute."""
        read = vote_at(self.address).read(
            "ballot", dispute_id, parse_address(voter or self.account)
        )
        return await self._read(lambda endpoint: read_one(endpoint, read, ballot_of))

    async def weight_of(self, dispute_id: int, choice: int) -> int:
        """The revealed tokens for a choice."""
        read = vote_at(self.address).read("weightOf", dispute_id, choice)
        return await self._read(lambda endpoint: read_one(endpoint, read, int))

    async def commit(self, dispute_id: int, choice: Ruling, weight: int) -> None:
        """Locks so many tokens, in all, behind a choice that nobody sees; approves them first.

        The vote is in the file before anything is sent. Can be repeated: what was done is left
        alone, and until the commits are over the choice can be changed and tokens added.
        """
        await self._settled("commit")
        ballot = await self.ballot(dispute_id)
        if ballot.weight > weight:
            raise ConfigError(
                f"{ballot.weight} units are locked already and stay so until the vote is over: "
                "commit as many or more"
            )
        known = await self._kept(dispute_id, ballot)
        if known is not None and known.choice == choice and ballot.weight == weight:
            return
        plan = await self.plan()
        more = weight - ballot.weight
        approved = await Token(self, plan.token).require(self.address, more) if more else True
        vote = SecretVote(
            self._chain_id,
            self.address,
            dispute_id,
            self.account,
            int(choice),
            entropy.seed(),
        )
        if not self._dry_run:
            self._votes.add(vote)
        await self._transact_once(approved, "commit", dispute_id, vote.commitment, more)

    async def reveal(self, dispute_id: int) -> Ruling:
        """Tells the choice that was committed to, from the file. Returns it.

        Can be repeated. Raises RegistryError if the file does not have the vote.
        """
        await self._settled("reveal")
        ballot = await self.ballot(dispute_id)
        if ballot.revealed:
            return Ruling(ballot.choice)
        if ballot.weight == 0:
            raise RegistryError(
                f"reveal: {address_text(self.account)} has committed to nothing in dispute "
                f"{dispute_id} of the arbitrator {address_text(self.address)}"
            )
        vote = await self._kept(dispute_id, ballot)
        if vote is None:
            raise RegistryError(
                f"reveal: {self._votes.path} does not have the vote of dispute {dispute_id}: name "
                "the file that was used to commit, or a copy of it"
            )
        await self._transact("reveal", dispute_id, vote.choice, vote.salt)
        return Ruling(vote.choice)

    async def execute(self, dispute_id: int) -> None:
        """Anyone, once, after the vote: gives the ruling to whose dispute it is."""
        await self._transact("execute", dispute_id)

    async def unlock(self, dispute_id: int) -> int:
        """Takes the locked tokens back when the vote is over. Returns how many."""
        return await self._transact_for("Unlocked", "weight", "unlock", dispute_id)

    async def claim(self, dispute_id: int) -> int:
        """Takes the share of those who voted for the ruling. Returns how much that is."""
        return await self._transact_for("Claimed", "amount", "claim", dispute_id)

    async def _kept(self, dispute_id: int, ballot: Ballot) -> SecretVote | None:
        """The vote in the file that hides behind a ballot."""
        for vote in reversed(self._votes.votes()):
            of = (vote.chain_id, vote.arbitrator, vote.dispute_id, vote.voter)
            wanted = (self._chain_id, self.address, dispute_id, self.account)
            if of == wanted and vote.commitment == ballot.commitment:
                return vote
        return None
