"""Ethereum addresses: 20 bytes, and their text with the capitals of EIP-55 as a checksum."""

import re

from waypost._ext.digest import keccak256
from waypost.errors import ConfigError

_TEXT = re.compile(r"0x[0-9a-fA-F]{40}")


def address_text(address: bytes) -> str:
    """The text of an address, with its checksum."""
    digits = address.hex()
    nibbles = keccak256(digits.encode()).hex()[: len(digits)]
    pairs = zip(digits, nibbles, strict=True)
    return "0x" + "".join(digit.upper() if nibble >= "8" else digit for digit, nibble in pairs)


def parse_address(address: str | bytes) -> bytes:
    """The 20 bytes of an address, given as such or as text. Raises ConfigError.

    Text of mixed case has to carry the right checksum.
    """
    if isinstance(address, bytes):
        if len(address) == 20:
            return address
    elif _TEXT.fullmatch(address):
        parsed = bytes.fromhex(address[2:])
        if address[2:] in (parsed.hex(), parsed.hex().upper(), address_text(parsed)[2:]):
            return parsed
        raise ConfigError(f"the checksum of the address {address} is wrong: is it mistyped?")
    raise ConfigError(f"an address is 0x and 40 hexadecimal digits: {address!r} is not")
