from types import TracebackType
from typing import NoReturn, Self, final

@final
class SecretKey:
    """A secp256k1 secret in memory: wiped when closed or freed, never copied, pickled or shown.

    secret is 32 bytes. Raises KeyFileError for one that is not a key, and from every use of the
    secret after close; the public half stays readable. Two keys are equal when their node ids are.
    """

    def __new__(cls, secret: bytes) -> Self: ...
    @property
    def public_key(self) -> bytes:
        """The compressed point, 33 bytes."""

    @property
    def point(self) -> bytes:
        """x || y, 64 bytes."""

    @property
    def node_id(self) -> bytes:
        """keccak256(x || y), 32 bytes (EIP-778, identity scheme "v4")."""

    @property
    def address(self) -> bytes:
        """The Ethereum address, 20 bytes: the end of the node id."""

    @property
    def closed(self) -> bool:
        """True once the secret is wiped."""

    def sign(self, hash: bytes) -> bytes:
        """r || s, 64 bytes, over a hash of 32 bytes: deterministic (RFC 6979), low s."""

    def sign_recoverable(self, hash: bytes) -> bytes:
        """r || s || v, 65 bytes, v is 0 or 1, over a hash of 32 bytes."""

    def ecdh(self, public_key: bytes) -> bytes:
        """The shared point, compressed to 33 bytes (discv5-theory, "Identity-Specific
        Cryptography in the Handshake").

        Raises KeyFileError where public_key (33 or 65 bytes) is not a point of the curve.
        """

    def reveal(self) -> bytes:
        """The secret, 32 bytes, for a file or another library. That copy is not wiped."""

    def close(self) -> None:
        """Wipe the secret. Closing twice is fine."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> NoReturn: ...

def verify(signature: bytes, hash: bytes, public_key: bytes) -> bool:
    """Whether r || s (64 bytes, low s) signs the 32-byte hash with the key (33 or 65 bytes).

    Raises ConfigError for wrong sizes and KeyFileError for a public key that is not a point.
    """

def recover(signature: bytes, hash: bytes) -> bytes | None:
    """The key, 33 bytes, whose r || s || v (65 bytes) signs the 32-byte hash, or None."""

def decompress(public_key: bytes) -> bytes:
    """x || y, 64 bytes, of a key of 33 or 65 bytes. Raises KeyFileError for what is no point."""
