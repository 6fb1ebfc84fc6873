"""Which block several nodes name alike. Without I/O.

Their heads differ by a block or two, and some of them lie, lag or are silent. A voter votes for
its head, for the parent that its head names and, where other heads are older, for its own block
in their place. So whoever is slow holds nobody up, and voters who are fewer than needed can
neither choose a block nor prevent the others from it.
"""

from typing import NamedTuple

from waypost.trust.proofs.header import Header


class Question(NamedTuple):
    """The block that a voter is to tell: by its number, or by its hash (32 bytes)."""

    voter: int
    block: int | bytes


class Ballot:
    """One vote. `needed_count` votes make a block; each voter, a number, has one for any block.

    Nobody votes for a block that is more than `reach_count` below the voter's own head: otherwise
    a voter who names an old block would have everybody's vote for it. With a reach of 0 voters
    vote for their heads and nothing else.
    """

    def __init__(self, needed_count: int, reach_count: int) -> None:
        self._needed_count = needed_count
        self._reach_count = reach_count
        self._heads: dict[int, Header] = {}
        self._headers: dict[bytes, Header] = {}
        self._votes: dict[bytes, set[int]] = {}

    @property
    def heads(self) -> dict[int, Header]:
        """The head of each voter who was heard."""
        return self._heads

    @property
    def winner(self) -> Header | None:
        """The newest block with enough votes whose header is known."""
        won = [self._headers[hash_] for hash_ in self._won() if hash_ in self._headers]
        return max(won, key=lambda header: header.number, default=None)

    def hear(self, voter: int, header: Header) -> list[Question]:
        """Takes the head of a voter or, later, an answer. Returns what to ask next."""
        known = self._won()
        self._headers[header.hash] = header
        self._votes.setdefault(header.hash, set()).add(voter)
        if self._reach_count:
            self._votes.setdefault(header.parent_hash, set()).add(voter)
        asked = [
            Question(other, hash_)
            for hash_ in self._won() - known - self._headers.keys()
            for other in self._votes[hash_]
        ]
        if voter not in self._heads:
            asked += self._compared(voter, header)
            self._heads[voter] = header
        return asked

    def _won(self) -> set[bytes]:
        needed = self._needed_count
        return {hash_ for hash_, voters in self._votes.items() if len(voters) >= needed}

    def _compared(self, voter: int, head: Header) -> list[Question]:
        """Whoever has the newer head of two tells the block in the place of the older one."""
        asked = []
        for other, other_head in self._heads.items():
            ahead = head.number - other_head.number
            if 1 < abs(ahead) <= self._reach_count:  # a parent's vote is in already
                newer = voter if ahead > 0 else other
                asked.append(Question(newer, min(head.number, other_head.number)))
        return asked
