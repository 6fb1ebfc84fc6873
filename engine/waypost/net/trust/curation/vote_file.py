"""The file of a voter's votes: each is on disk before its commitment is sent to a chain.

One file serves all accounts, arbitrators and chains. Votes are added and never taken out, since a
commitment that was replaced counts again if the one that replaces it gets into no block. On
another machine a copy of the file is all that a reveal takes.
"""

import os
import stat
from pathlib import Path

from platformdirs import user_data_path

from waypost.errors import ConfigError
from waypost.trust.curation.votes import SecretVote, read_votes

_MODE = 0o600
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_FILE_SIZE_MAX_B = 16 << 20  # a vote has some 300 bytes


def votes_path() -> Path:
    """Where votes are kept unless a caller says otherwise: the platform's place for data."""
    return user_data_path("waypost", appauthor=False) / "votes"


class VoteFile:
    """The votes in a file (`votes_path()`), which the first vote creates."""

    def __init__(self, path: str | Path | None = None) -> None:
        self.path = Path(path) if path is not None else votes_path()

    def add(self, vote: SecretVote) -> None:
        """Keeps a vote: it is on disk when this returns. Raises ConfigError."""
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self.path, flags, _MODE)
            try:
                self._require_private(descriptor)
                line = f"\n{vote.line()}\n".encode()  # apart from one that a crash cut off
                if os.write(descriptor, line) != len(line):
                    raise ConfigError(f"cannot keep the vote in {self.path}: the disk is full")
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            _sync_folder(self.path.parent)
        except OSError as error:
            raise ConfigError(f"cannot keep the vote in {self.path}: {error.strerror}") from None

    def votes(self) -> list[SecretVote]:
        """All that are kept, the oldest first; none where there is no file. Raises ConfigError."""
        try:
            with open(self.path, "rb") as file:
                self._require_private(file.fileno())
                text = file.read(_FILE_SIZE_MAX_B + 1)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise ConfigError(f"cannot read the votes in {self.path}: {error.strerror}") from None
        if len(text) > _FILE_SIZE_MAX_B:
            raise ConfigError(f"{self.path} has more than {_FILE_SIZE_MAX_B} bytes: move it away")
        return read_votes(text.decode("utf-8", "replace").splitlines())

    def _require_private(self, descriptor: int) -> None:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise ConfigError(f"{self.path} is not a file: name another one for the votes")
        if mode & _OTHERS:
            raise ConfigError(f"others may read the votes in {self.path}: run chmod 600 on it")


def _sync_folder(path: Path) -> None:
    """Puts a new file's name on disk, too."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
