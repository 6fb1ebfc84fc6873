"""Encrypted keystores of Ethereum wallets (Web3 Secret Storage, version 3), beside key files."""

from collections.abc import Callable
from pathlib import Path

from waypost.errors import KeyFileError
from waypost.keys import PrivateKey
from waypost.trust.json_text import decode_json

_FILE_SIZE_MAX_B = 1 << 16  # a keystore has about 500 bytes


def open_key(path: str | Path, ask_password: Callable[[], str]) -> PrivateKey:
    """The key in a key file, or in a keystore, for which the password is asked.

    Raises KeyFileError.
    """
    try:
        with open(path, "rb") as file:
            start = file.read(_FILE_SIZE_MAX_B + 1)
    except OSError:
        start = b""  # `load` says what is wrong with it
    if not start.lstrip().startswith(b"{"):
        return PrivateKey.load(path)
    return PrivateKey.from_bytes(_decrypted(path, start, ask_password()))


def _decrypted(path: str | Path, text: bytes, password: str) -> bytes:
    from eth_account import Account  # noqa: PLC0415 - half a second that only keystores cost

    try:
        keystore = decode_json(text)
        return bytes(Account.decrypt(keystore, password))
    except ValueError as error:
        if "MAC mismatch" in str(error):
            raise KeyFileError(f"the password does not open the keystore {path}") from None
    except Exception:  # eth-account lets through whatever a field that is no good brings about
        pass
    raise KeyFileError(f"{path} is no keystore of version 3, or is damaged") from None
