"""Many reads of any contracts at one block, without I/O: each call fails or succeeds alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from waypost.config import RegistryConfig
from waypost.errors import ConfigError, RpcError
from waypost.trust.administration.abi import registry_abi
from waypost.trust.endpoint import ChainEndpoint
from waypost.trust.exchange import Answer, Call, Exchange, hex_bytes, hex_text
from waypost.trust.multicall.codec import CallResult, ContractCall
from waypost.trust.reading.ladder.climb import climb
from waypost.trust.reading.ladder.deployless_reader import DeploylessReader
from waypost.trust.reading.ladder.each import Each
from waypost.trust.reading.ladder.faults import Fault, fault_of
from waypost.trust.reading.ladder.lent_reader import LentReader
from waypost.trust.reading.ladder.multicall3 import Multicall3, find_multicall3
from waypost.trust.reading.ladder.pinned import call_at, pinned
from waypost.trust.reading.ladder.rung import Found, Item, Rung
from waypost.trust.verdict import Block

# What nodes say when the contract is to blame, and not they.
_EVM = ("revert", "gas", "opcode", "jump", "stack", "evm error", "write protection", "bounds")


@dataclass(frozen=True, slots=True)
class CallFailure:
    """Why a call has no result.

    `reverted`: the contract refused, with `data`; `out-of-gas`; `failed`: it broke otherwise;
    `no-contract`: nothing is at the address. Any other reason is that of an RpcError: the call
    could not be made, which says nothing about the contract (`answered` is False).
    """

    reason: str
    detail: str = ""
    data: bytes = b""

    @property
    def answered(self) -> bool:
        """Whether the chain, not the way to it, is why."""
        return self.reason in ("reverted", "out-of-gas", "failed", "no-contract")

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else self.reason


def multicall(
    endpoint: ChainEndpoint,
    calls: Sequence[ContractCall],
    config: RegistryConfig,
    block: Block | None = None,
) -> Exchange[tuple[Block, list[bytes | CallFailure]]]:
    """What each call returns at this block, or at the head, in their order; and that block.

    Raises ConfigError for what is no call, RpcError if there is no block to be had; afterwards a
    failure fails the calls that it concerns.
    """
    if any(len(to) != 20 for to, _ in calls):
        raise ConfigError("a call goes to an address of 20 bytes")
    for _ in range(config.pin_count_max):
        at = block or (yield from endpoint.pin())
        found = yield from _read_all(endpoint, at, calls, config)
        faults = {fault_of(one) for one in found if isinstance(one, RpcError)}
        if block or Fault.GONE not in faults:
            break
    if Fault.OTHER in faults:
        endpoint.forget()  # it may be another node by now
    results = [_outcome(one) for one in found]
    yield from _look_for_contracts(endpoint, at, calls, results, config)
    return at, results


def _read_all(
    endpoint: ChainEndpoint, block: Block, calls: Sequence[ContractCall], config: RegistryConfig
) -> Exchange[list[CallResult | RpcError]]:
    yield from find_multicall3(endpoint)
    singly: list[Rung[ContractCall, list[CallResult]]] = [
        Each("batch of eth_call", config.call_count_max, _call, _call_result),
        Each("eth_call", 1, _call, _call_result),
    ]
    size = config.chunk_count_max
    rungs: list[Rung[ContractCall, list[CallResult]]]
    rungs = [Multicall3(size), LentReader(size), DeploylessReader(), *singly]
    found = yield from _each(endpoint, block, rungs, calls, config)
    # Without a word: perhaps for want of the gas that others took. Alone it has all of it.
    return (yield from _again(endpoint, block, singly, calls, found, config))


def _each(
    endpoint: ChainEndpoint,
    block: Block,
    rungs: Sequence[Rung[Item, list[Found]]],
    items: Sequence[Item],
    config: RegistryConfig,
) -> Exchange[list[Found | RpcError]]:
    """What was found about each item."""
    if not items:
        return []
    parts = yield from climb(endpoint.learned, block, rungs, items, config)
    found: list[Found | RpcError] = []
    for start, stop, part in parts:
        found += [part] * (stop - start) if isinstance(part, RpcError) else part
    return found


def _again(
    endpoint: ChainEndpoint,
    block: Block,
    rungs: Sequence[Rung[ContractCall, list[CallResult]]],
    calls: Sequence[ContractCall],
    found: list[CallResult | RpcError],
    config: RegistryConfig,
) -> Exchange[list[CallResult | RpcError]]:
    """The same, with those asked alone that failed without saying why."""
    doubtful = [place for place, one in enumerate(found) if one == CallResult(False, b"")]
    alone = yield from _each(endpoint, block, rungs, [calls[place] for place in doubtful], config)
    asked = dict(zip(doubtful, alone, strict=True))
    return [asked.get(place, one) for place, one in enumerate(found)]


def _look_for_contracts(
    endpoint: ChainEndpoint,
    block: Block,
    calls: Sequence[ContractCall],
    results: list[bytes | CallFailure],
    config: RegistryConfig,
) -> Exchange[None]:
    """Makes a failure of each empty result that is empty because no contract is there."""
    empty = [place for place, result in enumerate(results) if result == b""]
    targets = list(dict.fromkeys(calls[place].to for place in empty))
    rungs: list[Rung[bytes, list[bool]]] = [
        Each("batch of eth_getCode", config.call_count_max, _get_code, _has_code),
        Each("eth_getCode", 1, _get_code, _has_code),
    ]
    codes = yield from _each(endpoint, block, rungs, targets, config)
    has_code = dict(zip(targets, codes, strict=True))
    for place in empty:
        code = has_code[calls[place].to]
        if isinstance(code, RpcError):
            results[place] = _outcome(code)
        elif not code:
            results[place] = CallFailure("no-contract", "nothing is at the address")


def _call(block: Block, call: ContractCall) -> Call:
    return call_at(block, {"to": call.to, "data": call.data})


def _call_result(answer: Answer) -> CallResult:
    """Of a call made alone. A failure of the contract is a result, others raise RpcError."""
    failed = isinstance(answer, RpcError) and answer.reason == "rpc-error"
    if failed and any(word in answer.detail.lower() for word in _EVM):
        return CallResult(False, answer.data, answer.detail)
    return CallResult(True, hex_bytes(answer))


def _get_code(block: Block, address: bytes) -> Call:
    return Call("eth_getCode", [hex_text(address), pinned(block)])


def _has_code(answer: Answer) -> bool:
    return bool(hex_bytes(answer))


def _outcome(found: CallResult | RpcError) -> bytes | CallFailure:
    if isinstance(found, RpcError):
        return CallFailure(found.reason, found.detail, found.data)
    if found.success:
        return found.data
    if found.data:
        return CallFailure("reverted", registry_abi().explain(found.data), found.data)
    said = found.detail.lower()
    if "revert" in said:
        return CallFailure("reverted", "without a reason")
    return CallFailure("out-of-gas" if "gas" in said else "failed", found.detail)
