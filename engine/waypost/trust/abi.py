"""The registry's ABI, from the committed artifact: calldata, answers, events and errors.

For the cold paths only: the batched read has a codec of its own in `snapshot.py`.
"""

import json
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError, EncodingError

from waypost._ext.digest import keccak256
from waypost.errors import ConfigError, RpcError

_PANIC = keccak256(b"Panic(uint256)")[:4]
_ERROR = keccak256(b"Error(string)")[:4]


class Event(NamedTuple):
    """One decoded log of the registry."""

    name: str
    fields: dict[str, Any]


class Abi:
    """What an artifact of the compiler says about a contract."""

    def __init__(self, artifact: dict[str, Any]) -> None:
        self._bytecode = bytes.fromhex(artifact["bytecode"].removeprefix("0x"))
        entries: list[dict[str, Any]] = artifact["abi"]
        self._constructor = next(e for e in entries if e["type"] == "constructor")
        self._functions = {e["name"]: e for e in entries if e["type"] == "function"}
        self._events = {_hash(e): e for e in entries if e["type"] == "event"}
        self._errors = {_hash(e)[:4]: e for e in entries if e["type"] == "error"}

    def deployment(self, *args: Any) -> bytes:
        """The code that creates the contract with these arguments of its constructor."""
        return self._bytecode + _encode(self._constructor, args)

    def calldata(self, function: str, *args: Any) -> bytes:
        """The call of a function. Raises ConfigError for arguments that do not fit its types."""
        entry = self._functions[function]
        return _hash(entry)[:4] + _encode(entry, args)

    def returned(self, function: str, data: bytes) -> tuple[Any, ...]:
        """What a function returned. Raises RpcError (`empty-answer`, `bad-answer`)."""
        if not data:
            raise RpcError("empty-answer", f"0x where the result of {function} was expected")
        try:
            return decode(_types(self._functions[function]["outputs"]), data)
        except (DecodingError, OverflowError) as error:
            raise RpcError("bad-answer", f"{function} returned what does not decode") from error

    def event(self, topics: Sequence[bytes], data: bytes) -> Event | None:
        """The event in a log, or None if it is none of this contract's. Raises RpcError."""
        entry = self._events.get(topics[0]) if topics else None
        if entry is None:
            return None
        indexed = [field for field in entry["inputs"] if field["indexed"]]
        others = [field for field in entry["inputs"] if not field["indexed"]]
        try:
            values = decode(_types(indexed), b"".join(topics[1:])) + decode(_types(others), data)
        except (DecodingError, OverflowError) as error:
            raise RpcError("bad-answer", f"a {entry['name']} log does not decode") from error
        names = [field["name"] for field in (*indexed, *others)]
        return Event(entry["name"], dict(zip(names, values, strict=True)))

    def explain(self, revert: bytes) -> str:
        """The bytes of a revert in words, such as `NotAuthorized(id=1, caller=0x...)`."""
        selector, body = revert[:4], revert[4:]
        try:
            if selector == _ERROR:
                return str(decode(["string"], body)[0])
            if selector == _PANIC:
                return f"Panic({decode(['uint256'], body)[0]:#x})"
            if entry := self._errors.get(selector):
                values = decode(_types(entry["inputs"]), body)
                names = [field["name"] for field in entry["inputs"]]
                pairs = zip(names, map(_text, values), strict=True)
                return f"{entry['name']}({', '.join(map('='.join, pairs))})"
        except (DecodingError, OverflowError):
            pass
        return f"revert 0x{revert.hex()}" if revert else "revert without a reason"


@cache
def registry_abi() -> Abi:
    """The registry's own."""
    artifacts = resources.files("waypost.trust") / "artifacts"
    return Abi(json.loads((artifacts / "ServerRegistry.json").read_text("utf-8")))


def _encode(entry: dict[str, Any], args: Sequence[Any]) -> bytes:
    types = _types(entry["inputs"])
    try:
        return encode(types, args)
    except (EncodingError, ValueError) as error:
        name = entry.get("name", "the constructor")
        raise ConfigError(f"{name} takes ({', '.join(types)}): {error}") from error


def _types(fields: Sequence[dict[str, Any]]) -> list[str]:
    return [_type(field) for field in fields]


def _type(field: dict[str, Any]) -> str:
    """The canonical name of a type: a struct is the tuple of its members' types."""
    if not field["type"].startswith("tuple"):
        return str(field["type"])
    members = ",".join(_types(field["components"]))
    return f"({members}){field['type'].removeprefix('tuple')}"


def _hash(entry: dict[str, Any]) -> bytes:
    """The hash of a signature: a log's first topic; 4 bytes of it select a function or error."""
    return keccak256(f"{entry['name']}({','.join(_types(entry['inputs']))})".encode())


def _text(value: Any) -> str:
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)
