"""Where an RLPx node is: `enode://key@host:port`, as go-ethereum writes it, or its record."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Self

from waypost._ext.digest import keccak256
from waypost._ext.record import ENR
from waypost._ext.secp256k1 import decompress
from waypost.errors import ConfigError, KeyFileError

_SCHEME = "enode://"
_POINT_SIZE_B = 64


@dataclass(frozen=True, slots=True)
class Enode:
    """A node and its TCP endpoint. point: its public key, x || y, 64 bytes."""

    point: bytes
    host: str
    port: int

    def __post_init__(self) -> None:
        try:
            decompress(b"\x04" + self.point)
        except (ConfigError, KeyFileError):
            raise ConfigError("a node's key is a point of secp256k1, 128 hex digits") from None
        if not 0 < self.port <= 0xFFFF:
            raise ConfigError(f"{self.port} is no TCP port: use 1 to 65535")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The node of an `enode://` or of a record `enr:`. Raises ConfigError, RecordError."""
        if text.startswith("enr:"):
            return cls.of_record(ENR.parse(text))
        key, at, where = text.removeprefix(_SCHEME).partition("@")
        host, colon, port = where.partition("?")[0].rpartition(":")  # discport is of old discv5
        try:
            if not (text.startswith(_SCHEME) and at and colon and host and port.isdecimal()):
                raise ValueError
            bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
            return cls(bytes.fromhex(key), str(ip_address(bare)), int(port))
        except ConfigError:
            raise
        except ValueError:
            raise ConfigError(
                f"{text!r} is no node: write enode://KEY@192.0.2.7:30303, or its record (enr:...)"
            ) from None

    @classmethod
    def of_record(cls, record: ENR) -> Self:
        """IPv4 first. Raises ConfigError for a record without a TCP endpoint."""
        point = decompress(record.public_key)
        if record.ip is not None and record.tcp is not None:
            return cls(point, record.ip, record.tcp)
        if record.ip6 is not None and record.tcp6 is not None:
            return cls(point, record.ip6, record.tcp6)
        raise ConfigError(f"the record of {record.node_id.hex()[:16]} names no TCP endpoint")

    @property
    def node_id(self) -> bytes:
        """keccak256 of the point, 32 bytes."""
        return keccak256(self.point)

    @property
    def public_key(self) -> bytes:
        """What is encrypted to it is encrypted to: 65 bytes."""
        return b"\x04" + self.point

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{_SCHEME}{self.point.hex()}@{host}:{self.port}"
