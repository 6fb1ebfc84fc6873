"""The registry's roles: their names, their form on chain, and who holds them."""

from typing import NamedTuple

from waypost._ext.digest import keccak256
from waypost.errors import ConfigError

ROLES = {
    "admin": bytes(32),  # OpenZeppelin's DEFAULT_ADMIN_ROLE
    "curator": keccak256(b"CURATOR_ROLE"),
    "guardian": keccak256(b"GUARDIAN_ROLE"),
}
_NAMES = {word: name for name, word in ROLES.items()}


class Holder(NamedTuple):
    """Who holds a role."""

    role: str
    account: bytes  # an Ethereum address, 20 bytes


def role_word(role: str) -> bytes:
    """The 32 bytes that stand for a role. Raises ConfigError."""
    try:
        return ROLES[role]
    except KeyError:
        raise ConfigError(f"a role is {', '.join(ROLES)}: {role!r} is none") from None


def role_name(word: bytes) -> str:
    """The name of a role, or the hex of one that is not ours."""
    return _NAMES.get(word, f"0x{word.hex()}")
