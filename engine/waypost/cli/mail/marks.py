"""The file in which a history keeps where the next one begins."""

from pathlib import Path

from waypost.config.rule import require
from waypost.errors import ConfigError, MailError
from waypost.mail.client.mark import HistoryMark


def read_mark(path: Path) -> HistoryMark | None:
    """None where there is none yet. Raises ConfigError, also where none could be kept."""
    require(path.parent.is_dir(), f"the mark {path} cannot be kept: there is no such folder")
    try:
        return HistoryMark.decode(path.read_bytes())
    except FileNotFoundError:
        return None
    except MailError as error:
        raise ConfigError(f"{path}: {error}; name another file as --mark") from None
    except OSError as error:
        raise ConfigError(f"cannot read the mark {path}: {error.strerror}") from None


def write_mark(path: Path, mark: HistoryMark) -> None:
    """All of it, or the one before stays. Raises ConfigError."""
    fresh = path.with_name(path.name + ".new")
    try:
        fresh.write_bytes(mark.encode())
        fresh.replace(path)
    except OSError as error:
        raise ConfigError(f"cannot keep the mark {path}: {error.strerror}") from None
