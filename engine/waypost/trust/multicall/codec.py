"""The calldata and the answer of Multicall3's `aggregate3`, encoded and decoded by hand.

The shape is fixed, so the codec is joins and slices. What solc encodes has one layout: an answer
with any other offset, length or size is refused.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from waypost._ext.digest import keccak256
from waypost.errors import RpcError
from waypost.trust.exchange import Answer, hex_bytes

SELECTOR = keccak256(b"aggregate3((address,bool,bytes)[])")[:4]

_WORD_SIZE_B = 32
_RESULT_HEAD_WORDS = 3  # success, offset of the data, length of the data


class ContractCall(NamedTuple):
    """A read of a contract: its address (20 bytes) and calldata."""

    to: bytes
    data: bytes


class CallResult(NamedTuple):
    """Whether a call succeeded, what it returned or reverted with, and what the node says."""

    success: bool
    data: bytes
    detail: str = ""


def encode_calls(calls: Sequence[ContractCall]) -> bytes:
    """The argument of `aggregate3`, without the selector. Every call is allowed to fail."""
    offset = len(calls) * _WORD_SIZE_B
    offsets, tails = [], []
    for to, data in calls:
        offsets.append(_word(offset))
        tail = b"".join(
            (bytes(12), to, _word(1), _word(3 * _WORD_SIZE_B), _word(len(data)), _padded(data))
        )
        tails.append(tail)
        offset += len(tail)
    return b"".join((_word(_WORD_SIZE_B), _word(len(calls)), *offsets, *tails))


def results_of(answer: Answer, count: int) -> list[CallResult]:
    """The results in an answer to so many calls. Raises RpcError.

    Code that lets every call fail reverts itself only when all of it was too much (`too-large`).
    Where there is no such code, or the node does not run it, the answer is 0x (`unsupported`).
    """
    if isinstance(answer, RpcError) and "revert" in answer.detail.lower():
        raise RpcError("too-large", f"a batch of {count} calls failed as a whole")
    if data := hex_bytes(answer):
        return decode_results(data, count)
    raise RpcError("unsupported", "0x where the results of calls were expected")


def decode_results(answer: bytes, count: int) -> list[CallResult]:
    """What `aggregate3` returned for so many calls. Raises RpcError (`bad-answer`)."""
    if len(answer) % _WORD_SIZE_B or len(answer) < (2 + count) * _WORD_SIZE_B:
        raise _malformed("its size")
    if _int(answer, 0) != _WORD_SIZE_B or _int(answer, 1) != count:
        raise _malformed("its count")
    return list(_results(answer, count))


def _results(answer: bytes, count: int) -> Iterator[CallResult]:
    place = 2 + count  # in words, of the next result; offsets are from after the count
    word_count = len(answer) // _WORD_SIZE_B
    for index in range(count):
        if place + _RESULT_HEAD_WORDS > word_count or _int(answer, 2 + index) != 32 * (place - 2):
            raise _malformed("an offset")
        success, data_offset, size_b = (_int(answer, place + i) for i in range(3))
        place += _RESULT_HEAD_WORDS
        start = place * _WORD_SIZE_B
        if success > 1 or data_offset != 2 * _WORD_SIZE_B or size_b > len(answer) - start:
            raise _malformed("a result")
        place += -(-size_b // _WORD_SIZE_B)
        yield CallResult(bool(success), answer[start : start + size_b])
    if place != word_count:
        raise _malformed("its size")


def _malformed(what: str) -> RpcError:
    return RpcError("bad-answer", f"the results of a multicall: {what} does not fit")


def _int(data: bytes, place: int) -> int:
    return int.from_bytes(data[place * _WORD_SIZE_B : (place + 1) * _WORD_SIZE_B], "big")


def _word(value: int) -> bytes:
    return value.to_bytes(_WORD_SIZE_B, "big")


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % _WORD_SIZE_B)
