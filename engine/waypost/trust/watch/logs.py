"""The registry's logs: how they are asked for, and the refusal of what cannot be an answer."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from waypost.errors import RpcError
from waypost.trust.exchange import Answer, Call, checked, hex_bytes, hex_text, quantity
from waypost.trust.watch.changes import EVENT_TOPICS, Change, Place, decode_log

_TOPICS = [[hex_text(topic) for topic in EVENT_TOPICS]]
_WORD_SIZE_B = 32


class Head(NamedTuple):
    """A block as far as the order of blocks goes."""

    number: int
    hash: bytes
    parent_hash: bytes


def log_filter(address: bytes) -> dict[str, Any]:
    """The changes of the registry at this address, of whichever blocks."""
    return {"address": hex_text(address), "topics": _TOPICS}


def logs_of_block(address: bytes, block_hash: bytes) -> Call:
    """By hash (EIP-234): a node that does not have the block says so."""
    return Call("eth_getLogs", [log_filter(address) | {"blockHash": hex_text(block_hash)}])


def logs_of_range(address: bytes, first: int, last: int) -> Call:
    span = {"fromBlock": hex(first), "toBlock": hex(last)}
    return Call("eth_getLogs", [log_filter(address) | span])


def head_at(where: str | int) -> Call:
    """The question for a block, by a tag or by its number."""
    return Call("eth_getBlockByNumber", [hex(where) if isinstance(where, int) else where, False])


def head_in(answer: Answer, number: int | None = None) -> Head | None:
    """The block in an answer, which has to have this number; None if the chain has none there.

    Raises RpcError.
    """
    fields = checked(answer)
    if fields is None and number is not None:
        return None
    if not isinstance(fields, dict):
        raise RpcError("bad-answer", "a block was expected")
    head = Head(
        quantity(fields.get("number")),
        _word(fields.get("hash")),
        _word(fields.get("parentHash")),
    )
    if number not in (None, head.number):
        raise RpcError("bad-answer", f"block {head.number} where {number} was asked for")
    return head


def changes_in(
    answer: Answer, address: bytes, first: int, last: int, last_hash: bytes
) -> list[Change]:
    """What the logs of these blocks tell, in their order. Raises RpcError.

    Each has to come from this address, from a block in the range (the last one has this hash), in
    the order of the chain, and to be on it still.
    """
    logs = checked(answer)
    if not isinstance(logs, list):
        raise RpcError("bad-answer", "a list of logs was expected")
    changes: list[Change] = []
    hashes = {last: last_hash}
    before = (first, -1)
    for log in logs:
        if not isinstance(log, dict) or log.get("removed"):
            raise RpcError("bad-answer", "a log that is on the chain was expected")
        if hex_bytes(log.get("address")) != address:
            raise RpcError("bad-answer", "a log of another contract than was asked for")
        place = Place(
            quantity(log.get("blockNumber")),
            _word(log.get("blockHash")),
            quantity(log.get("logIndex")),
        )
        at = (place.block_number, place.log_index)
        if not before < at or place.block_number > last:
            raise RpcError("bad-answer", "a log that is out of order, or out of range")
        before = at
        if hashes.setdefault(place.block_number, place.block_hash) != place.block_hash:
            raise RpcError("wrong-block", "logs of two blocks with one number")
        changes.append(decode_log(place, _topics(log.get("topics")), hex_bytes(log.get("data"))))
    return changes


def _topics(given: Any) -> Sequence[bytes]:
    if not isinstance(given, list):
        raise RpcError("bad-answer", "a log without topics")
    return [_word(topic) for topic in given]


def _word(answer: Answer) -> bytes:
    if len(word := hex_bytes(answer)) != _WORD_SIZE_B:
        raise RpcError("bad-answer", "32 bytes were expected")
    return word
