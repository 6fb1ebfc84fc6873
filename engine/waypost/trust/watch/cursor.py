"""Where a watch goes on: after a block, or after a log of it. As text: `17`, `17:HASH`,
`17:HASH:3`, and behind a comma each the anchors: older blocks, such as `13:START`.
"""

import re
from typing import NamedTuple

from waypost.errors import ConfigError

ANCHOR_DEPTHS = (1, 4, 16)  # blocks behind the cursor's own; one more is as deep as can be
_ANCHOR_COUNT_MAX = len(ANCHOR_DEPTHS) + 1
_START_SIZE_B = 8  # of an anchor's hash: nobody mines a block to fit, and the text stays short
_ANCHOR = rf",([0-9]{{1,19}}):([0-9a-f]{{{2 * _START_SIZE_B}}})"
_TEXT = re.compile(
    r"([0-9]{1,19})(?::([0-9a-f]{64})(?::([0-9]{1,9}))?"
    rf"((?:{_ANCHOR}){{0,{_ANCHOR_COUNT_MAX}}}))?"
)


class Anchor(NamedTuple):
    """A block before that of a cursor: where to begin anew if that one has left the chain."""

    block_number: int
    hash_start: bytes

    @classmethod
    def of(cls, block_number: int, block_hash: bytes) -> "Anchor":
        return cls(block_number, block_hash[:_START_SIZE_B])


class Cursor(NamedTuple):
    """All changes up to this point have been told."""

    block_number: int
    block_hash: bytes | None = None  # None: whichever block the chain has there
    log_index: int | None = None  # the last log that was told of; None: the block is done
    anchors: tuple[Anchor, ...] = ()  # newest first

    def __str__(self) -> str:
        known = [str(self.block_number)]
        if self.block_hash is not None:
            known.append(self.block_hash.hex())
            if self.log_index is not None:
                known.append(str(self.log_index))
        anchors = (f"{number}:{start.hex()}" for number, start in self.anchors)
        return ",".join([":".join(known), *anchors])

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """The cursor in a text. Raises ConfigError."""
        if not (found := _TEXT.fullmatch(text)):
            raise ConfigError(
                f"{text!r} is no cursor: give one that a watch told, or the number of a block"
            )
        number, hash_, index, anchors = found.groups()[:4]
        return cls(
            int(number),
            bytes.fromhex(hash_) if hash_ else None,
            int(index) if index else None,
            tuple(
                Anchor(int(block), bytes.fromhex(start))
                for block, start in re.findall(_ANCHOR, anchors or "")
            ),
        )
