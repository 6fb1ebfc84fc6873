"""Reads of one block and no other (EIP-1898)."""

from collections.abc import Mapping
from typing import Any

from waypost.trust.exchange import Call, hex_text
from waypost.trust.verdict import Block


def pinned(block: Block) -> dict[str, Any]:
    """The block as a parameter: by its hash, and only while it is on the chain."""
    return {"blockHash": hex_text(block.hash), "requireCanonical": True}


def call_at(block: Block, message: Mapping[str, bytes], *overrides: Any) -> Call:
    """A message (`to`, `data`) that is executed, in vain, in the state after this block."""
    fields = {name: hex_text(value) for name, value in message.items()}
    return Call("eth_call", [fields, pinned(block), *overrides])
