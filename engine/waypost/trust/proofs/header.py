"""Block headers: from the JSON of a node to the bytes whose hash is the block's.

Whoever trusts a block's hash, for whatever reason, trusts what the header says: above all the
root of the state, against which proofs are checked (`evidence.py`).
"""

from typing import Any, NamedTuple

from waypost._ext.digest import keccak256
from waypost._ext.rlp import decode_strings, encode
from waypost.errors import RpcError
from waypost.trust.exchange import Answer, checked, hex_bytes, quantity
from waypost.trust.verdict import Block

_EXTRA_SIZE_MAX_B = 100 << 10  # more than any chain's: geth refuses larger ones
_NUMBER, _DATA = 0, -1  # kinds of fields beside bytes of a fixed size

# Name in JSON, and kind or size in bytes. The order is that of go-ethereum's types.Header.
_FIELDS = (
    ("parentHash", 32),
    ("sha3Uncles", 32),
    ("miner", 20),
    ("stateRoot", 32),
    ("transactionsRoot", 32),
    ("receiptsRoot", 32),
    ("logsBloom", 256),
    ("difficulty", _NUMBER),
    ("number", _NUMBER),
    ("gasLimit", _NUMBER),
    ("gasUsed", _NUMBER),
    ("timestamp", _NUMBER),
    ("extraData", _DATA),
    ("mixHash", 32),
    ("nonce", 8),
)
_LATER_FIELDS = (  # each fork has all of the forks before it
    ("baseFeePerGas", _NUMBER),  # London, EIP-1559
    ("withdrawalsRoot", 32),  # Shanghai, EIP-4895
    ("blobGasUsed", _NUMBER),  # Cancun, EIP-4844
    ("excessBlobGas", _NUMBER),  # Cancun, EIP-4844
    ("parentBeaconBlockRoot", 32),  # Cancun, EIP-4788
    ("requestsHash", 32),  # Prague, EIP-7685
    ("blockAccessListHash", 32),  # Amsterdam, EIP-7928
    ("slotNumber", _NUMBER),  # Amsterdam, EIP-7843
)
_STATE_ROOT, _BLOCK_NUMBER, _TIMESTAMP = 3, 8, 11
_INTEGER_SIZE_MAX_B = 8


class Header(NamedTuple):
    """A block's header. `hash` is that of `rlp`, from which all the rest was read."""

    number: int
    hash: bytes
    timestamp: int  # in seconds since 1970
    state_root: bytes
    rlp: bytes

    @property
    def block(self) -> Block:
        return Block(self.number, self.hash, self.timestamp)

    @property
    def parent_hash(self) -> bytes:
        return (decode_strings(self.rlp) or [b""])[0]


def header_in(answer: Answer) -> Header:
    """The header in an answer to eth_getBlockByNumber or eth_getBlockByHash.

    Raises RpcError: `bad-header` if its fields do not have the hash that the node gives for them.
    That is a lie, or a fork which is newer than the fields known here.
    """
    fields = checked(answer)
    if not isinstance(fields, dict):
        raise RpcError("bad-answer", "a block was expected")
    header = header_of(_encoded(fields))
    if _field(fields, "hash", 32) != header.hash:
        raise RpcError(
            "bad-header",
            f"block {header.number} has another hash than its fields: {_news(fields)}",
        )
    return header


def header_of(rlp: bytes) -> Header:
    """The header in these bytes, of whichever fork. Raises RpcError (`bad-header`)."""
    strings = decode_strings(rlp) or []
    if len(strings) < len(_FIELDS) or {len(strings[0]), len(strings[_STATE_ROOT])} != {32}:
        raise RpcError("bad-header", "these bytes are no block's header")
    number, timestamp = _integer(strings[_BLOCK_NUMBER]), _integer(strings[_TIMESTAMP])
    return Header(number, keccak256(rlp), timestamp, strings[_STATE_ROOT], rlp)


def _encoded(fields: dict[str, Any]) -> bytes:
    later = [field for field in _LATER_FIELDS if fields.get(field[0]) is not None]
    if (*later,) != _LATER_FIELDS[: len(later)]:
        raise RpcError("bad-header", f"no fork has {later[-1][0]} without the fields before it")
    return encode([_field(fields, name, size) for name, size in (*_FIELDS, *later)])


def _field(fields: dict[str, Any], name: str, size_b: int) -> int | bytes:
    try:
        if size_b == _NUMBER:
            return quantity(fields.get(name))
        data = hex_bytes(fields.get(name))
    except RpcError as error:
        raise RpcError("bad-header", f"{name}: {error.detail}") from None
    if len(data) != size_b and (size_b != _DATA or len(data) > _EXTRA_SIZE_MAX_B):
        raise RpcError("bad-header", f"{name} has {len(data)} bytes")
    return data


def _integer(digits: bytes) -> int:
    if len(digits) > _INTEGER_SIZE_MAX_B or digits[:1] == b"\0":
        raise RpcError("bad-header", "a number of more than 64 bits, or with leading zeros")
    return int.from_bytes(digits, "big")


_NO_FIELDS = {"hash", "size", "totalDifficulty", "transactions", "uncles", "withdrawals"}


def _news(fields: dict[str, Any]) -> str:
    """What a newer fork may have brought, for the user's eyes."""
    known = {name for name, _ in (*_FIELDS, *_LATER_FIELDS)} | _NO_FIELDS
    unknown = sorted(name for name in fields.keys() - known if name.isidentifier())
    if not unknown:
        return "the node lies"
    return f"the node lies, or {unknown[0][:40]} is a field of a newer fork"
