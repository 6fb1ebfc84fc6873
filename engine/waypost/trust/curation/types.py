"""What a curation and its arbitrators keep, in their own words.

Amounts are in the token's smallest unit, times in seconds since 1970, addresses 20 bytes.
"""

from enum import IntEnum
from typing import NamedTuple


class Phase(IntEnum):
    """Where a request stands."""

    NONE = 0  # there is no such request
    APPLIED = 1  # waits out the challenge period
    APPLIED_CHALLENGED = 2  # an application in dispute
    LISTED = 3  # accepted; its deposit stays while it is listed
    LISTED_CHALLENGED = 4  # a listing in dispute
    CLOSED = 5  # its deposit was credited to whom it belongs

    @property
    def challenged(self) -> bool:
        return self in (Phase.APPLIED_CHALLENGED, Phase.LISTED_CHALLENGED)


class Ruling(IntEnum):
    """How a dispute ends, and what a voter chooses."""

    REFUSED = 0  # all stays as it was before the challenge
    REQUESTER = 1  # wins the challenger's stake
    CHALLENGER = 2  # wins the requester's deposit


class Terms(NamedTuple):
    """Under what a provider applies. A request keeps the terms that it was made under."""

    deposit: int  # staked by the applicant and by a challenger alike
    challenge_period_s: int  # how long an application may be challenged
    ruling_period_s: int  # how long an arbitrator may take; after it nothing changes
    exit_delay_s: int  # how long a listing may be challenged after its exit began
    dispensation_bps: int  # the arbitrator's share of the loser's stake, of 10,000
    arbitrator: bytes


class Overview(NamedTuple):
    """A curation as a whole."""

    registry: bytes
    token: bytes
    owner: bytes  # governance: sets terms, and decides
    pending_owner: bytes  # who was offered that; zeros for nobody
    in_office: bool  # whether it is the registry's curator
    request_count: int  # ever made; they are numbered from 1
    terms_id: int  # of those for who applies now
    terms: Terms


class Request(NamedTuple):
    """What a provider asked for."""

    id: int
    requester: bytes  # who paid the deposit, and gets it back
    provider_id: int
    terms_id: int
    phase: Phase
    challenger: bytes  # of the dispute under way, else zeros
    deadline: int  # end of the challenge period, then of the ruling period; 0 for none
    exit_at: int  # from when the exit may be finished; 0 for no exit
    dispute_id: int  # of the dispute under way, as its arbitrator numbers it; else 0


class VotePlan(NamedTuple):
    """What is fixed in an arbitrator by vote."""

    token: bytes
    commit_period_s: int
    reveal_period_s: int
    quorum: int  # revealed tokens without which nothing is ruled


class Vote(NamedTuple):
    """A dispute that the holders of a token rule."""

    id: int
    arbitrable: bytes  # whose dispute it is; zeros if there is none with this id
    commit_until: int
    reveal_until: int
    choice_count: int  # beside refusing to rule
    executed: bool  # its ruling was given
    collected: bool  # its dispensation was collected
    tied: bool
    leading: int  # the choice with most revealed tokens
    leading_weight: int
    revealed_weight: int
    dispensation: int  # what the voters for the ruling share, once it is collected

    def ruling(self, quorum: int) -> int:
        """The ruling given, or as it would be given now."""
        return 0 if self.tied or self.revealed_weight < quorum else self.leading


class Ballot(NamedTuple):
    """What one voter has in a dispute."""

    commitment: bytes  # 32 bytes
    weight: int  # tokens locked with it
    choice: int  # once revealed
    revealed: bool
    unlocked: bool
    claimed: bool


class Hearing(NamedTuple):
    """A dispute that the owner of a multisig arbitrator rules."""

    id: int
    arbitrable: bytes  # whose dispute it is; zeros if there is none with this id
    choice_count: int
    ruled: bool
    ruling: int


class TokenFacts(NamedTuple):
    """An ERC-20 token."""

    name: str
    symbol: str
    decimals: int  # 10^decimals of its smallest units make a token
    supply: int
