"""Where a watch goes on: after a block, or after a log of it. As text: `17`, `17:HASH`,
`17:HASH:3`.
"""

import re
from typing import NamedTuple

from waypost.errors import ConfigError

_TEXT = re.compile(r"([0-9]{1,19})(?::([0-9a-f]{64})(?::([0-9]{1,9}))?)?")


class Cursor(NamedTuple):
    """All changes up to this point have been told."""

    block_number: int
    block_hash: bytes | None = None  # None: whichever block the chain has there
    log_index: int | None = None  # the last log that was told of; None: the block is done

    def __str__(self) -> str:
        known = [str(self.block_number)]
        if self.block_hash is not None:
            known.append(self.block_hash.hex())
            if self.log_index is not None:
                known.append(str(self.log_index))
        return ":".join(known)

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """The cursor in a text. Raises ConfigError."""
        if not (found := _TEXT.fullmatch(text)):
            raise ConfigError(
                f"{text!r} is no cursor: give one that a watch told, or the number of a block"
            )
        number, hash_, index = found.groups()
        return cls(
            int(number), bytes.fromhex(hash_) if hash_ else None, int(index) if index else None
        )
