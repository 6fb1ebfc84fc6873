"""The ABIs of our contracts, from the committed artifacts: calldata, answers and errors.

For the cold paths only: the batched read has a codec of its own in `reading/snapshot.py`.
"""

from collections.abc import Sequence
from functools import cache, reduce
from operator import xor
from typing import Any

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError, EncodingError
from eth_utils.abi import abi_to_signature, get_abi_input_types, get_abi_output_types

from waypost._ext.digest import keccak256
from waypost.errors import ConfigError, RpcError
from waypost.trust.artifact import artifact
from waypost.trust.one_line import one_line

_PANIC = keccak256(b"Panic(uint256)")[:4]
_ERROR = keccak256(b"Error(string)")[:4]


class Abi:
    """What an artifact of the compiler says about a contract."""

    def __init__(self, artifact: dict[str, Any]) -> None:
        self._bytecode = bytes.fromhex(artifact["bytecode"].removeprefix("0x"))
        self.entries: list[Any] = artifact["abi"]
        self._constructor = next(e for e in self.entries if e["type"] == "constructor")
        self._functions = {e["name"]: e for e in self.entries if e["type"] == "function"}
        self._errors = {_selector(e): e for e in self.entries if e["type"] == "error"}
        self._events = {e["name"]: e for e in self.entries if e["type"] == "event"}

    def deployment(self, *args: Any) -> bytes:
        """The code that creates the contract with these arguments of its constructor."""
        return self._bytecode + _encode(self._constructor, args)

    def calldata(self, function: str, *args: Any) -> bytes:
        """The call of a function. Raises ConfigError for arguments that do not fit its types."""
        entry = self._functions[function]
        return _selector(entry) + _encode(entry, args)

    def returned(self, function: str, data: bytes) -> tuple[Any, ...]:
        """What a function returned. Raises RpcError (`empty-answer`, `bad-answer`)."""
        if not data:
            raise RpcError("empty-answer", f"0x where the result of {function} was expected")
        if (values := _decoded(get_abi_output_types(self._functions[function]), data)) is None:
            raise RpcError("bad-answer", f"{function} returned what does not decode")
        return values

    def logged(self, event: str, data: bytes) -> tuple[Any, ...]:
        """The fields of an event that are not indexed. Raises RpcError (`bad-answer`)."""
        types = [e["type"] for e in self._events[event]["inputs"] if not e["indexed"]]
        if (values := _decoded(types, data)) is None:
            raise RpcError("bad-answer", f"a log of {event} does not decode")
        return values

    def interface_id(self, *functions: str) -> bytes:
        """The 4 bytes of ERC-165 for the interface that has just these functions."""
        selectors = [int.from_bytes(_selector(self._functions[name]), "big") for name in functions]
        return reduce(xor, selectors).to_bytes(4, "big")

    def input_types(self, function: str) -> list[str]:
        """The types of a function's arguments. Raises ConfigError for one that is not there."""
        if function not in self._functions:
            raise ConfigError(f"the contract has no function {function!r}")
        return get_abi_input_types(self._functions[function])

    def reads(self) -> list[str]:
        """The names of the functions that change nothing."""
        unchanging = ("view", "pure")
        return [n for n, e in self._functions.items() if e["stateMutability"] in unchanging]

    def error(self, revert: bytes) -> tuple[str, dict[str, Any]] | None:
        """The name and fields of the contract's own error in the bytes of a revert."""
        if (entry := self._errors.get(revert[:4])) is None:
            return None
        if (values := _decoded(get_abi_input_types(entry), revert[4:])) is None:
            return None
        return entry["name"], dict(zip((e["name"] for e in entry["inputs"]), values, strict=True))

    def explain(self, revert: bytes) -> str:
        """The bytes of a revert in words, such as `NotAuthorized(id=1, caller=0x...)`.

        They are fit to be shown: a contract's own words are anybody's.
        """
        if own := self.error(revert):
            name, fields = own
            return f"{name}({', '.join(f'{key}={_text(value)}' for key, value in fields.items())})"
        selector, body = revert[:4], revert[4:]
        if selector == _ERROR and (words := _decoded(["string"], body)):
            return one_line(words[0])
        if selector == _PANIC and (code := _decoded(["uint256"], body)):
            return f"Panic({code[0]:#x})"
        return one_line(f"revert 0x{revert.hex()}") if revert else "revert without a reason"


@cache
def contract_abi(name: str) -> Abi:
    """That of a contract of ours, such as `ServerRegistry` or `StakeCuration`."""
    return Abi(artifact(name))


def registry_abi() -> Abi:
    """The registry's own."""
    return contract_abi("ServerRegistry")


def _encode(entry: Any, args: tuple[Any, ...]) -> bytes:
    types = get_abi_input_types(entry)
    try:
        return encode(types, args)
    except (EncodingError, ValueError) as error:
        name = entry.get("name", "the constructor")
        raise ConfigError(f"{name} takes ({', '.join(types)}): {error}") from error


def _decoded(types: Sequence[str], data: bytes) -> tuple[Any, ...] | None:
    """The values of these types in ABI encoding; None for data that is not.

    A contract takes any bytes for a string. Those that are no UTF-8 are replaced: they harm
    nothing but the words of whoever wrote them.
    """
    try:
        values = decode(["bytes" if type_ == "string" else type_ for type_ in types], data)
    except (DecodingError, OverflowError):
        return None
    return tuple(
        value.decode("utf-8", "replace") if type_ == "string" else value
        for type_, value in zip(types, values, strict=True)
    )


def _selector(entry: Any) -> bytes:
    """The 4 bytes that tell functions, or errors, from each other."""
    return keccak256(abi_to_signature(entry).encode())[:4]


def _text(value: Any) -> str:
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)
