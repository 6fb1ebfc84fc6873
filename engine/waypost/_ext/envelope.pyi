from typing import Any, final

WORKS: tuple[str, ...]
"""The proofs of work that share the name shh/6: zero bits that lead the hash (go-ethereum from
1.9.0 on) and, before, those that end it. Peers of one refuse what was sealed for the other."""

REASONS: tuple[str, ...]
"""Why bytes are refused as an envelope: the values of `EnvelopeError.reason`."""

ADVICE: dict[str, str]
"""What to do about each of REASONS."""

@final
class Envelope:
    """A Whisper v6 envelope (EIP-627), immutable: `[expiry, ttl, topic, data, nonce]` in RLP."""

    @staticmethod
    def create(
        *,
        expiry_s: int,
        ttl_s: int,
        topic: bytes,
        data: bytes,
        nonce: int = 0,
        work: str = "leading",
    ) -> Envelope:
        """An envelope of these fields, for `search` and `sealed` to give it work.

        expiry_s is in seconds since 1970. Raises ConfigError.
        """

    @staticmethod
    def parse(raw: bytes, work: str = "leading") -> Envelope:
        """The envelope of this RLP, hashed and its work measured. Raises EnvelopeError."""

    @staticmethod
    def parse_list(data: bytes, work: str = "leading") -> list[Envelope]:
        """Those of an RLP list of envelopes, as packets have them; hashed together, so for less.

        Raises EnvelopeError where one of them is refused, or the list.
        """

    @property
    def raw(self) -> bytes:
        """The RLP of the whole envelope."""

    @property
    def hash(self) -> bytes:
        """keccak256(raw), 32 bytes: by it peers know an envelope."""

    @property
    def expiry_s(self) -> int:
        """When it ends, in seconds since 1970; 32 bits."""

    @property
    def ttl_s(self) -> int:
        """How long it lives; 32 bits."""

    @property
    def sent_s(self) -> int:
        """When it was sent: expiry less ttl. Below 0 in one that says nonsense."""

    @property
    def topic(self) -> bytes:
        """4 bytes."""

    @property
    def data(self) -> bytes:
        """The message, encrypted."""

    @property
    def nonce(self) -> int:
        """64 bits, chosen for the work."""

    @property
    def work(self) -> str:
        """Which of WORKS it is measured by."""

    @property
    def size_b(self) -> int:
        """The size that limits speak of: 20 and that of the data."""

    @property
    def bits(self) -> int:
        """The zero bits that its work is made of."""

    @property
    def pow(self) -> float:
        """The work: 2**bits over size and ttl. Infinite for a ttl of 0."""

    def pow_at(self, now_s: int) -> float:
        """The same, less where it comes from the future: its ttl counts from now."""

    @property
    def bloom(self) -> bytes:
        """The bloom of its topic, 64 bytes."""

    def matches(self, bloom: bytes) -> bool:
        """Whether a bloom filter of 64 bytes lets it through. Raises ConfigError."""

    def bits_for(self, pow: float) -> int:
        """The fewest zero bits that are as much work as this. Raises ConfigError."""

    def search(self, first: int, count: int, bits: int) -> tuple[int, int]:
        """The most zero bits, and the first nonce that has them, of `count` nonces.

        It ends early at a nonce with as many as `bits`, and lets other threads run meanwhile.
        count has 32 bits. Raises ConfigError where the nonces do not fit 64 bits.
        """

    def sealed(self, nonce: int) -> Envelope:
        """The same envelope with another nonce."""

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...
