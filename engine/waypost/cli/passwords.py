"""Keys as commands name them: key files, and keystores with their passwords."""

import stat
import sys
from pathlib import Path

import click

from waypost.errors import KeyFileError
from waypost.keys import PrivateKey
from waypost.net.trust.keystore import open_key

_PASSWORD_SIZE_MAX_B = 1024


def load_key(path: Path, password_path: Path | None = None) -> PrivateKey:
    """The key in a key file or keystore. The password is in a file, or the terminal is asked.

    Raises KeyFileError.
    """

    def ask() -> str:
        if password_path is not None:
            return read_password(password_path)
        if not sys.stdin.isatty():
            raise KeyFileError(
                f"{path} is a keystore and there is no terminal to ask for its password: put it "
                "into a file of your own and give that as --password-file"
            )
        answer: str = click.prompt(f"Password of {path}", hide_input=True, err=True)
        return answer

    return open_key(path, ask)


def read_password(path: Path) -> str:
    """The password in a file that only its owner may use. Raises KeyFileError."""
    try:
        with open(path, "rb") as file:
            mode = path.stat().st_mode
            if stat.S_ISREG(mode) and mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise KeyFileError(f"others may use the password in {path}: run chmod 600 {path}")
            text = file.read(_PASSWORD_SIZE_MAX_B)
    except OSError as error:
        raise KeyFileError(f"cannot read the password in {path}: {error.strerror}") from None
    return text.decode("utf-8", "replace").rstrip("\r\n")
