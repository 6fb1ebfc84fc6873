"""What SQLite complains of, as errors that say what to do."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from waypost.errors import ArchiveError

ADVICE = {
    "full": "no room for {path}: free some on its disk, then start again",
    "corrupt": "{path} is damaged: keep it aside, and start with a copy or a new file",
    "io": "the disk of {path} fails: see the system's log",
    "read-only": "{path} cannot be written: give this user the file and its folder",
    "unreachable": "{path} cannot be opened: make its folder, and give it to this user",
    "locked": "{path} is in use by another process: end that one, or name another file",
    "foreign": "{path} is no archive of ours: name another file",
    "newer": "{path} was made by a newer version: use that one",
    "closed": "the archive {path} is closed",
    "failed": "SQLite refuses {path}",
}

_REASONS = {  # primary result codes (sqlite.org/rescode.html)
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_CORRUPT: "corrupt",
    sqlite3.SQLITE_NOTADB: "foreign",
    sqlite3.SQLITE_IOERR: "io",
    sqlite3.SQLITE_READONLY: "read-only",
    sqlite3.SQLITE_PERM: "read-only",
    sqlite3.SQLITE_CANTOPEN: "unreachable",
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_LOCKED: "locked",
}


def fault(reason: str, path: Path, detail: str = "") -> ArchiveError:
    """The error of this reason, one of ADVICE."""
    advice = ADVICE[reason].format(path=path)
    return ArchiveError(reason, f"{advice} ({detail})" if detail else advice)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raises what SQLite or the system complains of as ArchiveError."""
    try:
        yield
    except OSError as error:
        raise fault("io", path, error.strerror or "") from error
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        raise fault(_REASONS.get(code & 0xFF, "failed"), path, str(error)) from error
