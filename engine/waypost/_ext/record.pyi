from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Protocol, Self, TypeAlias, TypeVar, final, overload

from waypost._ext.fields import REASONS as REASONS
from waypost._ext.secp256k1 import SecretKey

_T = TypeVar("_T")

class _HasSecretKey(Protocol):
    @property
    def secret_key(self) -> SecretKey: ...

_Key: TypeAlias = SecretKey | _HasSecretKey
_Value: TypeAlias = bytes | int | str | IPv4Address | IPv6Address | Sequence[object] | None

@final
class ENR:
    """A node record (EIP-778, identity scheme "v4"): verified, immutable, at most 300 bytes.

    It maps the keys of its pairs to the bytes of their values (of a value that is a list, to its
    RLP). Keys are bytes; as text, each character stands for one of them. Two records are equal
    when their bytes are.
    """

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Raises TypeError: records come from parse and create."""

    @staticmethod
    def parse(data: str | bytes) -> ENR:
        """The record of a text `enr:...` or of RLP, its signature verified.

        Raises RecordError whose reason is one of REASONS.
        """

    @staticmethod
    def create(
        key: _Key, pairs: Mapping[str, _Value] | None = None, *, seq: int = 1, **values: _Value
    ) -> ENR:
        """A record signed by key. ip and ip6 may be text; a value of None is left out.

        pairs is for keys that are no identifiers, such as "whisper.mailserver". Raises
        RecordError where the record would be refused, ConfigError for what is no value.
        """

    def update(
        self, key: _Key, pairs: Mapping[str, _Value] | None = None, **values: _Value
    ) -> ENR:
        """The record with these pairs changed, or removed where None, and the next seq.

        Unknown pairs are kept; where nothing changes, the same record is returned. key must be
        the one that signed it, else RecordError says `bad-key`.
        """

    @property
    def raw(self) -> bytes:
        """The RLP of the whole record."""

    @property
    def text(self) -> str:
        """`enr:` and the URL-safe base64 of raw, without padding. str() gives the same."""

    @property
    def seq(self) -> int:
        """The sequence number: the highest one is the newest record."""

    @property
    def node_id(self) -> bytes:
        """keccak256(x || y), 32 bytes."""

    @property
    def public_key(self) -> bytes:
        """The compressed secp256k1 point, 33 bytes."""

    @property
    def ip(self) -> str | None:
        """The IPv4 address."""

    @property
    def ip6(self) -> str | None:
        """The IPv6 address."""

    @property
    def udp(self) -> int | None:
        """The UDP port of discv5."""

    @property
    def udp6(self) -> int | None:
        """The UDP port for IPv6: that of udp where the record names no other."""

    @property
    def tcp(self) -> int | None:
        """The TCP port of RLPx."""

    @property
    def tcp6(self) -> int | None:
        """The TCP port for IPv6: that of tcp where the record names no other."""

    def endpoint(self, *, ipv6: bool = False) -> bytes | None:
        """The UDP endpoint of one family as an 18-byte address, or None."""

    def keys(self) -> list[str]:
        """The keys, sorted as in the record."""

    def pairs(self) -> dict[str, bytes]:
        """Every key and the bytes of its value."""

    @overload
    def get(self, key: str | bytes) -> bytes | None: ...
    @overload
    def get(self, key: str | bytes, default: _T) -> bytes | _T: ...
    def __getitem__(self, key: str | bytes, /) -> bytes: ...
    def __contains__(self, key: str | bytes, /) -> bool: ...
    def __iter__(self) -> Iterator[str]: ...
    def __len__(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class RecordCache:
    """Verified records by their bytes: the same record is verified once and is the same object.

    It holds at most capacity records; the one that came first leaves first.
    """

    def __new__(cls, capacity: int) -> Self: ...
    def verified(self, raw: bytes) -> ENR:
        """The verified record of this RLP. Raises RecordError as ENR.parse does."""

    @property
    def capacity(self) -> int:
        """How many records it holds at most."""

    @property
    def hits(self) -> int:
        """How many records were found here."""

    @property
    def misses(self) -> int:
        """How many had to be verified, or were refused."""

    def __len__(self) -> int: ...
