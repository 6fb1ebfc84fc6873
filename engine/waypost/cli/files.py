"""Files that a user names: read whole, if they are of a size that makes sense."""

from pathlib import Path

from waypost.errors import ConfigError

_TEXT_SIZE_MAX_B = 64 << 20  # of the largest lists, of consents: one has some 600 bytes


def read_file(path: Path, size_max_b: int) -> bytes:
    """What is in a file. Raises ConfigError, also if that is more than `size_max_b`."""
    try:
        with open(path, "rb") as file:
            data = file.read(size_max_b + 1)
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from None
    if len(data) > size_max_b:
        raise ConfigError(f"{path} has more than {size_max_b} bytes")
    return data


def read_text(path: Path) -> str:
    """The text of a file. Raises ConfigError."""
    return read_file(path, _TEXT_SIZE_MAX_B).decode("utf-8", "replace")


def read_lines(path: Path) -> list[str]:
    """The lines of a file without empty ones and comments (#). Raises ConfigError."""
    lines = (line.partition("#")[0].strip() for line in read_text(path).splitlines())
    return [line for line in lines if line]
