def keccak256(data: bytes) -> bytes:
    """The 32-byte Keccak-256 of data, with the pre-standard padding that Ethereum uses."""

def sha256(data: bytes) -> bytes:
    """The 32-byte SHA-256 of data (FIPS 180-4)."""

def hkdf_sha256(salt: bytes, ikm: bytes, info: bytes, size: int) -> bytes:
    """HKDF-SHA256 (RFC 5869), extract then expand. size is at most 64, info at most 255 bytes.

    Raises ConfigError for more.
    """

def tiers() -> tuple[str, ...]:
    """The ways to hash many short inputs together on this CPU, best first."""

def tier() -> str:
    """The one in use: the best, unless WAYPOST_TIER was `portable` at import."""

def use_tier(name: str) -> None:
    """Switch to one of tiers(), for tests. Raises ConfigError on a name that is not in tiers()."""
