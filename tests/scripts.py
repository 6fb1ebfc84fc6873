"""A chain for tests of what follows chains: its blocks and logs are as a test says."""

from typing import Any

from waypost._ext.digest import keccak256
from waypost.errors import RpcError
from waypost.trust.endpoint import Endpoint
from waypost.trust.exchange import Call
from waypost.trust.watch.changes import EVENT_TOPICS

ADDRESS = b"\xaa" * 20
HALTED = EVENT_TOPICS[4]


def text(data: bytes | int) -> str:
    return hex(data) if isinstance(data, int) else f"0x{data.hex()}"


class ScriptedChain:
    """Blocks by their number. Each log is a Halted; `marks` say of which branch a block is.

    It answers what a follower asks. It refuses ranges of more than `range_max` blocks.
    """

    def __init__(self, block_count: int = 1, range_max: int = 1 << 20) -> None:
        self.blocks: list[dict[str, Any]] = []
        self.range_max = range_max
        self.asked: list[Call] = []
        self.endpoint = Endpoint(ADDRESS)
        self.mine(block_count)

    @property
    def head(self) -> int:
        return len(self.blocks) - 1

    def hash(self, number: int) -> bytes:
        return bytes.fromhex(self.blocks[number]["hash"][2:])

    def mine(self, count: int = 1, logs: int = 0, mark: str = "a") -> None:
        """So many blocks, each with so many logs."""
        for _ in range(count):
            parent = self.hash(-1) if self.blocks else bytes(32)
            number = len(self.blocks)
            hash_ = keccak256(parent + mark.encode() + bytes([logs]))
            self.blocks.append(
                {
                    "number": text(number),
                    "hash": text(hash_),
                    "parentHash": text(parent),
                    "timestamp": "0x1",
                    "logs": [log(number, hash_, index) for index in range(logs)],
                }
            )

    def drop(self, count: int = 1) -> None:
        del self.blocks[-count:]

    def answer(self, call: Call) -> Any:
        self.asked.append(call)
        match call.method, call.params:
            case "eth_chainId", _:
                return "0x1"
            case "eth_getCode", _:
                return "0x60"
            case "eth_getBlockByNumber", ["latest", False]:
                return self.blocks[-1]
            case "eth_getBlockByNumber", [number, False]:
                at = int(number, 16)
                return self.blocks[at] if at <= self.head else None
            case "eth_getLogs", [{"blockHash": wanted}]:
                for block in self.blocks:
                    if block["hash"] == wanted:
                        return block["logs"]
                raise RpcError("rpc-error", "unknown block", code=-32000)
            case "eth_getLogs", [{"fromBlock": first, "toBlock": last}]:
                span = self.blocks[int(first, 16) : int(last, 16) + 1]
                if int(last, 16) - int(first, 16) >= self.range_max:
                    raise RpcError("rpc-error", "block range is too wide", code=-32005)
                return [log for block in span for log in block["logs"]]
        raise AssertionError(f"{call} was not expected")


def log(number: int, hash_: bytes, index: int, **changes: Any) -> dict[str, Any]:
    """A log that says the registry was halted, or set going again, by turns."""
    return {
        "address": text(ADDRESS),
        "topics": [text(HALTED)],
        "data": text((index % 2).to_bytes(32, "big")),
        "blockNumber": text(number),
        "blockHash": text(hash_),
        "logIndex": text(index),
        "removed": False,
    } | changes
