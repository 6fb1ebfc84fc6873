from typing import NoReturn, Self, final

@final
class Drbg:
    """A deterministic random generator: ChaCha20 (RFC 8439) with fast key erasure.

    The same seed of 32 bytes gives the same draws. Not safe for use by two threads at once.
    Raises ConfigError for a seed of another size.
    """

    def __new__(cls, seed: bytes) -> Self: ...
    def bytes(self, size: int) -> bytes:
        """The next size random bytes."""

    def below(self, bound: int) -> int:
        """Uniform in [0, bound); bound is 1 to 2**64 - 1."""

    def __reduce__(self) -> NoReturn: ...
