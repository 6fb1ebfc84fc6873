"""Votes as their voter keeps them: choice and salt, without which nothing can be revealed.

Who knows the salt knows the vote. So the commitment is computed here, and no node is asked.
"""

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from waypost._ext.digest import keccak256
from waypost.trust.address import address_text, parse_address

SALT_SIZE_B = 32


class SecretVote(NamedTuple):
    """A choice in a dispute and what hides it until it is revealed."""

    chain_id: int
    arbitrator: bytes  # Ethereum addresses, 20 bytes
    dispute_id: int
    voter: bytes
    choice: int
    salt: bytes  # 32 bytes

    @property
    def commitment(self) -> bytes:
        """keccak256(abi.encode(...)) of all of it (TokenVoteArbitrator.commitmentOf)."""
        numbers = (
            self.chain_id,
            int.from_bytes(self.arbitrator, "big"),
            self.dispute_id,
            int.from_bytes(self.voter, "big"),
            self.choice,
        )
        return keccak256(b"".join(number.to_bytes(32, "big") for number in numbers) + self.salt)

    def line(self) -> str:
        """A line of text (JSON) that `read_votes` reads."""
        return json.dumps(
            {
                "chain_id": self.chain_id,
                "arbitrator": address_text(self.arbitrator),
                "dispute": self.dispute_id,
                "voter": address_text(self.voter),
                "choice": self.choice,
                "salt": f"0x{self.salt.hex()}",
            }
        )


def read_votes(lines: Iterable[str]) -> list[SecretVote]:
    """The votes in lines of text. A line that is none is left out: a crash may have cut it off,
    and then before its commitment was sent.
    """
    votes = []
    for line in lines:
        try:
            votes.append(_vote(json.loads(line)))  # of a file of the voter's own
        except (ValueError, TypeError, KeyError, OverflowError):
            continue
    return votes


def _vote(fields: Any) -> SecretVote:
    vote = SecretVote(
        int(fields["chain_id"]),
        parse_address(fields["arbitrator"]),
        int(fields["dispute"]),
        parse_address(fields["voter"]),
        int(fields["choice"]),
        bytes.fromhex(fields["salt"].removeprefix("0x")),
    )
    if len(vote.salt) != SALT_SIZE_B or min(vote.chain_id, vote.dispute_id, vote.choice) < 0:
        raise ValueError("not a vote")
    return vote
