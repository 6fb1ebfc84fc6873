"""Where an RLPx node is: `enode://key@host:port`, as go-ethereum writes it, or its record."""

import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Self

from waypost._ext.digest import keccak256
from waypost._ext.record import ENR
from waypost._ext.secp256k1 import decompress
from waypost.errors import ConfigError, KeyFileError

_SCHEME = "enode://"
_FORM = re.compile(
    r"enode://(?P<key>[0-9a-fA-F]{128})@(?P<host>\[[0-9a-fA-F:.]+\]|[0-9A-Za-z.-]+)"
    r":(?P<port>[0-9]{1,5})(\?discport=(?P<udp>[0-9]{1,5}))?",
)
_NAME = re.compile(r"(?!-)[0-9A-Za-z-]{1,63}(?<!-)(\.(?!-)[0-9A-Za-z-]{1,63}(?<!-))*")
_NAME_SIZE_MAX = 253
_SHOWN_SIZE_MAX = 160  # of a text that is refused


@dataclass(frozen=True, slots=True)
class Enode:
    """A node's public key, x || y in 64 bytes, its host, an IP address or a name, and its TCP
    port. udp_port is that of its discovery where that was said; 0 is none. Raises ConfigError.
    """

    point: bytes
    host: str
    port: int
    udp_port: int | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        try:
            if len(self.point) != 64:
                raise ConfigError("of another size")
            decompress(b"\x04" + self.point)
        except (ConfigError, KeyFileError):
            raise ConfigError("a node's key is a point of secp256k1, 128 hex digits") from None
        if not (_is_address(self.host) or _is_name(self.host)):
            raise ConfigError(f"{_shown(self.host)} is no host: use an IP address or a name")
        if not 0 < self.port <= 0xFFFF:
            raise ConfigError(f"{self.port} is no TCP port: use 1 to 65535")
        if self.udp_port is not None and not 0 <= self.udp_port <= 0xFFFF:
            raise ConfigError(f"{self.udp_port} is no UDP port: use 0 to 65535")

    @classmethod
    def of(cls, named: "Enode | ENR | str | tuple[bytes, str, int]") -> "Enode":
        """A node however it is named. Raises ConfigError, RecordError."""
        match named:
            case Enode():
                return named
            case ENR():
                return cls.of_record(named)
            case str():
                return cls.parse(named)
        return cls(*named)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The node of an `enode://` or of a record `enr:`. Raises ConfigError, RecordError."""
        if text.startswith("enr:"):
            return cls.of_record(ENR.parse(text))
        found = _FORM.fullmatch(text)
        if found is None:
            raise ConfigError(
                f"{_shown(text)} is no node: write enode://KEY@192.0.2.7:30303 with a key of 128 "
                "hex digits, or its record (enr:...)"
            )
        udp_port = None if found["udp"] is None else int(found["udp"])
        return cls(
            bytes.fromhex(found["key"]), found["host"].strip("[]"), int(found["port"]), udp_port
        )

    @classmethod
    def of_record(cls, record: ENR) -> Self:
        """IPv4 where it has both. Raises ConfigError for a record without a TCP endpoint."""
        point = decompress(record.public_key)
        if record.ip is not None and record.tcp:
            return cls(point, record.ip, record.tcp, record.udp or 0)
        if record.ip6 is not None and record.tcp6:
            return cls(point, record.ip6, record.tcp6, record.udp6 or 0)
        raise ConfigError(f"the record of {record.node_id.hex()[:16]} names no TCP endpoint")

    @property
    def node_id(self) -> bytes:
        """keccak256 of the point, 32 bytes."""
        return keccak256(self.point)

    @property
    def public_key(self) -> bytes:
        """The key in the form to encrypt to, 65 bytes."""
        return b"\x04" + self.point

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        tail = "" if self.udp_port in (None, self.port) else f"?discport={self.udp_port}"
        return f"{_SCHEME}{self.point.hex()}@{host}:{self.port}{tail}"


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return "%" not in host


def _is_name(host: str) -> bool:
    """A name of the DNS; its last label is no number, or it is a bad IPv4 address."""
    is_name = len(host) <= _NAME_SIZE_MAX and _NAME.fullmatch(host) is not None
    return is_name and not host.rpartition(".")[2].isdigit()


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN_SIZE_MAX else f"{text[:_SHOWN_SIZE_MAX]}...")
