"""The long-lived identity key, and the file that it lives in.

The file holds 64 hex digits, as those of other Ethereum nodes do, and nobody but its owner may
read it. This is the one module outside net/ that touches files and the system's entropy.
"""

import os
import secrets
import stat
from types import TracebackType
from typing import Self

from waypost._ext.secp256k1 import SecretKey
from waypost.errors import KeyFileError
from waypost.trust.address import address_text

_FILE_SIZE_MAX_B = 80  # "0x", 64 digits and an end of line, with room for stray spaces
_MODE = 0o600
_OTHERS = stat.S_IRWXG | stat.S_IRWXO

Path = str | os.PathLike[str]


class PrivateKey:
    """A secp256k1 key: the identity of a node in discv5 and RLPx, and an Ethereum account.

    The secret is never shown and is wiped by close(), or at the end of a `with` block.
    """

    def __init__(self, secret_key: SecretKey) -> None:
        self._secret_key = secret_key

    @classmethod
    def generate(cls) -> Self:
        """A new key from the system's entropy."""
        while True:
            try:
                return cls.from_bytes(secrets.token_bytes(32))
            except KeyFileError:  # once in 2**128 draws the number is no key
                continue

    @classmethod
    def from_bytes(cls, secret: bytes) -> Self:
        """The key whose secret is these 32 bytes. Raises KeyFileError."""
        return cls(SecretKey(secret))

    @classmethod
    def from_hex(cls, text: str) -> Self:
        """The key whose secret is these 64 hex digits, with or without 0x. Raises KeyFileError."""
        digits = text.strip().removeprefix("0x")
        try:
            if len(digits) == 64:
                return cls.from_bytes(bytes.fromhex(digits))
        except ValueError:
            pass
        raise KeyFileError("a secret key is 64 hex digits")

    @classmethod
    def load(cls, path: Path) -> Self:
        """The key in a file. Raises KeyFileError, also where others than its owner may read it."""
        try:
            text = _read(path)
        except OSError as error:
            raise KeyFileError(
                f"cannot read the key file {path}: {error.strerror}: name a key file of your own, "
                "or make one with `waypost key new`"
            ) from None
        try:
            return cls.from_hex(text.decode("ascii", "replace"))
        except KeyFileError as error:
            raise KeyFileError(f"{path} holds no key: {error}") from None

    @classmethod
    def load_or_create(cls, path: Path) -> Self:
        """The key in a file; a new one is generated and saved where there is no file."""
        if os.path.lexists(path):
            return cls.load(path)
        key = cls.generate()
        key.save(path)
        return key

    def save(self, path: Path) -> None:
        """Write the key to a new file of mode 0600. Raises KeyFileError, also where one exists."""
        try:
            _write(path, self._secret_key.reveal().hex() + "\n")
        except FileExistsError:
            raise KeyFileError(f"{path} exists and is not overwritten: name a new file") from None
        except OSError as error:
            raise KeyFileError(f"cannot write the key file {path}: {error.strerror}") from None

    @property
    def secret_key(self) -> SecretKey:
        """What signs and agrees: the compiled key that sans-IO machines take."""
        return self._secret_key

    @property
    def public_key(self) -> bytes:
        """The compressed point, 33 bytes."""
        return self._secret_key.public_key

    @property
    def node_id(self) -> bytes:
        """keccak256(x || y), 32 bytes (EIP-778, identity scheme "v4")."""
        return self._secret_key.node_id

    @property
    def address(self) -> bytes:
        """The Ethereum address, 20 bytes: the end of the node id."""
        return self._secret_key.address

    @property
    def checksum_address(self) -> str:
        """The Ethereum address as text with the checksum of EIP-55."""
        return address_text(self.address)

    def sign_recoverable(self, hash: bytes) -> bytes:
        """r || s || v, 65 bytes with v 0 or 1, over a hash of 32 bytes."""
        return self._secret_key.sign_recoverable(hash)

    def close(self) -> None:
        """Wipe the secret. Closing twice is fine."""
        self._secret_key.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PrivateKey) and self._secret_key == other._secret_key

    def __hash__(self) -> int:
        return hash(self._secret_key)

    def __repr__(self) -> str:
        return repr(self._secret_key).replace("SecretKey", "PrivateKey")


def _read(path: Path) -> bytes:
    """The start of a regular file that only its owner may read, checked on what was opened."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise KeyFileError(f"{path} is not a file: name the file that holds the key")
        if mode & _OTHERS:
            raise KeyFileError(f"others may use the key in {path}: run chmod 600 {path}")
        return os.read(descriptor, _FILE_SIZE_MAX_B)
    finally:
        os.close(descriptor)


def _write(path: Path, text: str) -> None:
    """A new file that only its owner may read, on disk when this returns, or no file."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _MODE)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
    except OSError:
        os.unlink(path)
        raise
