"""The parameters of JSON-RPC calls. Whatever they are, they are read or refused as an RpcError."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from waypost.config import STORAGE_VALUE_COUNT_MAX
from waypost.errors import RpcError
from waypost.trust.embedded.machine import BLOCK_GAS_MAX, Message

INVALID_PARAMS = -32602  # JSON-RPC 2.0, section 5.1

_DATA = re.compile(r"0x(?:[0-9a-fA-F]{2})*")
_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,64}")
_TOPIC_COUNT_MAX = 4  # LOG4

Where: TypeAlias = str | int | bytes
"""A block: by its tag, its number or its hash."""

TAGS = ("latest", "pending", "safe", "finalized", "earliest")


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which logs somebody wants. An empty set at an index stands for any topic there."""

    addresses: frozenset[str]
    topics: tuple[frozenset[str], ...]
    first: Where = "latest"
    last: Where = "latest"

    def admits(self, log: dict[str, Any]) -> bool:
        if self.addresses and log["address"] not in self.addresses:
            return False
        if len(self.topics) > len(log["topics"]):
            return False
        wanted = zip(self.topics, log["topics"], strict=False)
        return all(not topics or topic in topics for topics, topic in wanted)


def refused(what: str) -> RpcError:
    return RpcError("rpc-error", f"invalid params: {what}", code=INVALID_PARAMS)


def data(value: Any, size_b: int | None = None) -> bytes:
    if not isinstance(value, str) or not _DATA.fullmatch(value):
        raise refused("want hexadecimal bytes, 0x...")
    if size_b is not None and len(value) != 2 + 2 * size_b:
        raise refused(f"want {size_b} bytes, 0x...")
    return bytes.fromhex(value[2:])


def address(value: Any) -> bytes:
    return data(value, 20)


def hash_(value: Any) -> bytes:
    return data(value, 32)


def quantity(value: Any) -> int:
    if not isinstance(value, str) or not _QUANTITY.fullmatch(value):
        raise refused("want a number, 0x...")
    return int(value, 16)


def word(value: Any) -> int:
    """A slot, written as 32 bytes."""
    return int.from_bytes(hash_(value), "big")


def flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise refused("want true or false")
    return value


def where(value: Any) -> Where:
    """A block: a tag, a number, or an object with either of number and hash (EIP-1898)."""
    if isinstance(value, dict):
        match value:
            case {"blockHash": given, **rest} if rest.keys() <= {"requireCanonical"}:
                return hash_(given)
            case {"blockNumber": given, **rest} if not rest:
                return quantity(given)
        raise refused("want a blockHash or a blockNumber")
    return value if value in TAGS else quantity(value)


def words(value: Any) -> list[int]:
    slots = _listed(value)
    if len(slots) > STORAGE_VALUE_COUNT_MAX:
        raise refused(f"more than {STORAGE_VALUE_COUNT_MAX} slots")
    return [word(slot) for slot in slots]


def slots_by_address(value: Any) -> dict[str, tuple[bytes, list[int]]]:
    """{address: [slots]}, by the address as it was written."""
    if not isinstance(value, dict) or not value:
        raise refused("want an object: slots by address")
    wanted = {name: (address(name), words(slots)) for name, slots in value.items()}
    if sum(len(slots) for _, slots in wanted.values()) > STORAGE_VALUE_COUNT_MAX:
        raise refused(f"more than {STORAGE_VALUE_COUNT_MAX} slots")
    return wanted


def codes_by_address(value: Any) -> dict[bytes, bytes]:
    """State overrides, of code only: {address: {"code": ...}}."""
    if not isinstance(value, dict):
        raise refused("want an object: overrides by address")
    codes = {}
    for name, override in value.items():
        if not isinstance(override, dict) or override.keys() != {"code"}:
            raise refused("this chain overrides code and nothing else")
        codes[address(name)] = data(override["code"])
    return codes


def message(value: Any) -> Message:
    if not isinstance(value, dict):
        raise refused("want an object: a call")
    to, input_ = value.get("to"), value.get("input", value.get("data", "0x"))
    gas = quantity(value.get("gas", hex(BLOCK_GAS_MAX)))
    amount = quantity(value.get("value", "0x0"))
    sender = address(value.get("from", "0x" + "00" * 20))
    call = Message(sender, None, data(input_), amount, min(gas, BLOCK_GAS_MAX))
    return call if to is None else Message(sender, address(to), call.data, amount, call.gas_max)


def log_filter(value: Any) -> LogFilter:
    """What eth_getLogs and a subscription to logs take."""
    if not isinstance(value, dict):
        raise refused("want an object: a filter")
    addresses = value.get("address")
    wanted = [] if addresses is None else _one_or_more(addresses)
    topics = value.get("topics") or []
    if not isinstance(topics, list) or len(topics) > _TOPIC_COUNT_MAX:
        raise refused(f"want a list of at most {_TOPIC_COUNT_MAX} topics")
    first, last = where(value.get("fromBlock", "latest")), where(value.get("toBlock", "latest"))
    if "blockHash" in value:
        if {"fromBlock", "toBlock"} & value.keys():
            raise refused("want a blockHash or a range, not both")
        first = last = hash_(value["blockHash"])
    return LogFilter(
        frozenset("0x" + address(one).hex() for one in wanted),
        tuple(
            frozenset("0x" + hash_(one).hex() for one in _one_or_more(topic))
            for topic in ([] if topic is None else topic for topic in topics)
        ),
        first,
        last,
    )


def read(
    method: str, given: Any, readers: Sequence[Callable[[Any], Any]], optional_count: int
) -> list[Any]:
    """The parameters of a call, of which the last few may be missing."""
    given = _listed(given)
    if not len(readers) - optional_count <= len(given) <= len(readers):
        raise refused(f"{method} takes {len(readers)}")
    return [reader(value) for reader, value in zip(readers, given, strict=False)]


def _one_or_more(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _listed(value: Any) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise refused("want a list")
    return list(value)
