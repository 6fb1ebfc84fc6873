"""Where a contract comes to be: by CREATE2 through the deterministic deployment proxy, the same
code, arguments and salt get the same address on every chain.
"""

from waypost._ext.digest import keccak256
from waypost._ext.rlp import encode
from waypost.errors import ConfigError
from waypost.hexadecimal import given_bytes
from waypost.trust.address import parse_address
from waypost.trust.administration.abi import registry_abi
from waypost.trust.artifact import artifact

FACTORY = bytes.fromhex("4e59b44847b379578588920ca78fbf26c0b4956c")
"""The proxy, at the same address on every chain that has it: salt || creation code is its call."""


def create_address(sender: bytes, nonce: int) -> bytes:
    """The address, 20 bytes, of the contract that an account's transaction creates."""
    return keccak256(encode([sender, nonce]))[12:]


def create2_address(salt: bytes, code: bytes) -> bytes:
    """The address, 20 bytes, of the contract that the proxy creates with this code (EIP-1014)."""
    return keccak256(b"\xff" + FACTORY + salt + keccak256(code))[12:]


def salt_word(salt: str | bytes) -> bytes:
    """A salt of 32 bytes, given as such or as 0x and 64 hex digits. Raises ConfigError."""
    word = given_bytes(salt)
    if len(word) != 32:
        raise ConfigError(f"a salt is 32 bytes, 64 hex digits: {salt!r} is not")
    return word


def registry_creation(
    account: bytes,
    *,
    admin: str | bytes | None,
    curator: str | bytes | None,
    guardian: str | bytes | None,
    provider_owner: str | bytes | None,
    metadata_uri: str,
    metadata_hash: bytes,
    admin_delay_s: int,
) -> bytes:
    """The code that creates a registry, in which an account has each role that nobody else has.

    Raises ConfigError.
    """
    admin, curator, guardian, provider_owner = (
        parse_address(account if role is None else role)
        for role in (admin, curator, guardian, provider_owner)
    )
    return registry_abi().deployment(
        admin, admin_delay_s, curator, guardian, provider_owner, metadata_hash, metadata_uri
    )


def registry_code_hash() -> bytes:
    """keccak256 of the code of every registry of our version, on every chain."""
    return bytes.fromhex(artifact("ServerRegistry")["codeHash"].removeprefix("0x"))
