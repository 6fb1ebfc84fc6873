"""The file of a voter's votes where it cannot be used: nothing is sent then."""

import os
from pathlib import Path

import pytest

from waypost.errors import ConfigError
from waypost.net.trust.curation import VoteFile
from waypost.trust.curation.votes import SecretVote

VOTE = SecretVote(1, bytes(20), 1, bytes(20), 2, bytes(32))


def test_votes_are_kept_in_order_for_their_voter_alone(tmp_path: Path) -> None:
    file = VoteFile(tmp_path / "new" / "votes")
    assert file.votes() == []
    file.add(VOTE)
    file.add(VOTE._replace(choice=1))
    assert [vote.choice for vote in file.votes()] == [2, 1]
    assert file.path.stat().st_mode & 0o777 == 0o600
    file.path.chmod(0o644)
    for use in (file.votes, lambda: file.add(VOTE)):
        with pytest.raises(ConfigError, match="run chmod 600"):
            use()


def test_a_place_that_holds_no_file(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("")
    with pytest.raises(ConfigError, match="cannot keep the vote in"):
        VoteFile(taken / "votes").add(VOTE)
    with pytest.raises(ConfigError, match="cannot read the votes in"):
        VoteFile(tmp_path).votes()
    with pytest.raises(ConfigError, match="is not a file: name another one"):
        VoteFile(os.devnull).add(VOTE)


def test_a_file_that_votes_did_not_fill(tmp_path: Path) -> None:
    path = tmp_path / "votes"
    VoteFile(path).add(VOTE)
    os.truncate(path, (16 << 20) + 1)
    with pytest.raises(ConfigError, match="has more than 16777216 bytes"):
        VoteFile(path).votes()
