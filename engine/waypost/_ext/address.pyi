from enum import IntFlag

class Scope(IntFlag):
    SCOPE_INVALID = 0
    SCOPE_LOOPBACK = 1
    SCOPE_LAN = 2
    SCOPE_INTERNET = 3

def pack(host: str, port: int) -> bytes:
    """The 18-byte form of a numeric IPv4 or IPv6 host and a UDP port. Raises ConfigError."""

def unpack(address: bytes) -> tuple[str, int]:
    """The host as text (IPv4 where it was mapped) and the port of an 18-byte address."""

def ip_bytes(address: bytes) -> bytes:
    """The IP of an 18-byte address: 4 bytes for IPv4, 16 for IPv6."""

def scope(address: bytes) -> int:
    """How far the address reaches: a value of Scope (RFC 6890)."""
