"""A file that is locked while a process has an archive. The system unlocks it when that ends."""

import fcntl
import os
from pathlib import Path

from waypost.net.archive.faults import fault


class FileLock:
    """The lock on an archive. Raises ArchiveError where another one has it.

    It is a file of its own: closing any handle on the archive would end SQLite's locks on it.
    """

    def __init__(self, path: Path, archive: Path) -> None:
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise fault("unreachable", archive, error.strerror or "") from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._file)
            raise fault("locked", archive) from None

    def release(self) -> None:
        os.close(self._file)
