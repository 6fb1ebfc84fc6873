"""Registries that are not ours: any contract that tells by a view whether a server is listed."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from waypost._ext.digest import keccak256
from waypost.config import RegistryConfig
from waypost.errors import ConfigError, RpcError
from waypost.trust.endpoint import Endpoint
from waypost.trust.exchange import Exchange
from waypost.trust.judgement import unknown, without_own
from waypost.trust.multicall.calls import CallFailure, multicall
from waypost.trust.multicall.codec import ContractCall
from waypost.trust.policy import TrustPolicy
from waypost.trust.verdict import Block, Outcome, Reason, Verdict

_SIGNATURE = re.compile(r"[A-Za-z_$][\w$]*\((bytes32|uint256|address|bytes)\)")
_WORD_SIZE_B = 32


class Key(Enum):
    """What a registry knows a server by."""

    NODE_ID = "node id"
    ADDRESS = "address"  # the Ethereum address of its key: the low 160 bits of the node id

    def of(self, node_id: bytes) -> bytes:
        return node_id if self is Key.NODE_ID else node_id[-20:]


@dataclass(frozen=True)
class ListingView:
    """How to ask a contract whether it lists a server.

    `signature` is a view with one parameter, such as `isListed(bytes32)` or `exists(bytes)`, that
    returns one word, or a bool. `key` is what it knows servers by: left out, it is the address for
    an `address` parameter and the node id for the others. `accept` says which words mean that the
    server is listed; by default all but zero. Raises ConfigError for what cannot be asked.
    """

    signature: str = "isListed(bytes32)"
    key: Key | None = None
    accept: Callable[[int], bool] = bool

    def __post_init__(self) -> None:
        if not _SIGNATURE.fullmatch(self.signature):
            raise ConfigError(
                f"a view is a name and one bytes32, uint256, address or bytes, such as "
                f"isListed(bytes32): {self.signature!r} is not"
            )
        if self._type == "address" and self.key is Key.NODE_ID:
            raise ConfigError("a node id does not fit into an address: leave the key out")

    def calldata(self, node_id: bytes) -> bytes:
        """The call that asks about the server with this node id (32 bytes)."""
        default = Key.ADDRESS if self._type == "address" else Key.NODE_ID
        key = (self.key or default).of(node_id)
        if self._type == "bytes":
            padding = bytes(-len(key) % _WORD_SIZE_B)
            return self._selector + _word(_WORD_SIZE_B) + _word(len(key)) + key + padding
        return self._selector + key.rjust(_WORD_SIZE_B, b"\0")

    @cached_property
    def _selector(self) -> bytes:
        return keccak256(self.signature.encode())[:4]

    @property
    def _type(self) -> str:
        return self.signature.partition("(")[2].removesuffix(")")


def verify_foreign(
    endpoint: Endpoint,
    view: ListingView,
    node_ids: Iterable[bytes],
    policy: TrustPolicy,
    config: RegistryConfig,
) -> Exchange[list[Verdict]]:
    """One verdict for each node id (32 bytes), in their order: TRUSTED if the contract lists it.

    Of the policy only the user's own servers count: the contract knows no providers. All verdicts
    are from one block. A call that fails, for whatever reason, makes its verdict UNKNOWN. Raises
    ConfigError for what is no node id.
    """
    ids = list(node_ids)
    verdicts, strangers = without_own(ids, policy)
    calls = [ContractCall(endpoint.address, view.calldata(node_id)) for node_id in strangers]
    if calls:
        try:
            block, results = yield from multicall(endpoint, calls, config)
        except RpcError as error:
            verdicts.update(zip(strangers, unknown(strangers, error), strict=True))
        else:
            for node_id, result in zip(strangers, results, strict=True):
                verdicts[node_id] = _verdict(view, node_id, result, block)
    return [verdicts[node_id] for node_id in ids]


def _verdict(
    view: ListingView, node_id: bytes, result: bytes | CallFailure, block: Block
) -> Verdict:
    if isinstance(result, CallFailure):
        error = RpcError(result.reason, result.detail, data=result.data)
    elif len(result) != _WORD_SIZE_B:
        error = RpcError("bad-answer", f"{len(result)} bytes where a listing has a word")
    else:
        word = int.from_bytes(result, "big")
        if view.accept(word):
            return Verdict(Outcome.TRUSTED, node_id, block=block, word=word)
        return Verdict(Outcome.UNTRUSTED, node_id, Reason.NOT_LISTED, block=block, word=word)
    return Verdict(Outcome.UNKNOWN, node_id, error=error)


def _word(value: int) -> bytes:
    return value.to_bytes(_WORD_SIZE_B, "big")
