"""A chain inside the process: an EVM that answers the JSON-RPC calls which the registry needs.

For the demonstration and the tests: no network, no other program, no clock (the time is an
argument). Each transaction makes a block. The state of the head block is kept and no other: a read
pinned to an older block fails, as on a node that has pruned it. Gas is free, so accounts need no
funds; its counts are those of one long transaction, in which what was touched before costs less.
"""

import re
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

from hexbytes import HexBytes
from pyrevm import EVM, BlockEnv, CfgEnv, Env, Log

from waypost._ext.digest import keccak256
from waypost.config import RECEIPT_COUNT_MAX
from waypost.errors import RpcError
from waypost.trust.exchange import Call, hex_bytes
from waypost.trust.verdict import Block

CHAIN_ID = 31337  # what development chains commonly use
BLOCK_GAS_MAX = 30_000_000

_CODE_PADDING_B = 33  # pyrevm shows code as it runs it, with zeros after its end
_NOBODY = "0x" + "00" * 20
_REVERT = re.compile(r"Revert \{ gas_used: \d+, output: 0x([0-9a-f]*) \}")


class _Execution(NamedTuple):
    output: bytes  # what was returned, or the address of the new contract
    gas_used: int
    gas_refunded: int
    logs: list[Log]


class EmbeddedChain:
    """An empty chain whose first block has the timestamp `now_s` (seconds since 1970)."""

    def __init__(self, now_s: int, chain_id: int = CHAIN_ID) -> None:
        self.chain_id = chain_id
        self.head = Block(0, keccak256(b"waypost" + chain_id.to_bytes(32, "big")), now_s)
        self._evm = EVM(env=Env(cfg=CfgEnv(chain_id=chain_id)), spec_id="CANCUN")
        self._nonces: dict[bytes, int] = {}
        self._receipts: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._methods: dict[str, Callable[..., Any]] = {
            "eth_blockNumber": lambda: hex(self.head.number),
            "eth_call": self._call,
            "eth_chainId": lambda: hex(self.chain_id),
            "eth_estimateGas": self._estimate_gas,
            "eth_getBlockByNumber": self._get_block,
            "eth_getCode": self._get_code,
            "eth_getTransactionCount": self._get_transaction_count,
            "eth_getTransactionReceipt": self._receipts.get,
            "eth_maxPriorityFeePerGas": lambda: "0x0",
        }

    def answer(self, call: Call, now_s: int) -> Any:
        """The result of a JSON-RPC call that arrives at this time. Raises RpcError."""
        if call.method == "eth_sendRawTransaction":
            return self._send(call.params[0], now_s)
        method = self._methods.get(call.method)
        if method is None:
            raise RpcError("rpc-error", f"the method {call.method} does not exist", code=-32601)
        return method(*call.params)

    # ------------------------------------------------------------------------------------ reads

    def _get_block(self, tag: str, _full: bool) -> dict[str, str] | None:
        if tag not in ("latest", "pending", "safe", "finalized", hex(self.head.number)):
            return None
        return {
            "number": hex(self.head.number),
            "hash": _hex(self.head.hash),
            "timestamp": hex(self.head.timestamp),
            "baseFeePerGas": "0x0",
        }

    def _get_code(self, address: str, where: Any) -> str:
        self._require_head(where)
        padded = self._evm.get_code(address) or b""
        return _hex(padded[:-_CODE_PADDING_B])

    def _get_transaction_count(self, address: str, where: Any) -> str:
        self._require_head(where)
        return hex(self._nonces.get(hex_bytes(address), 0))

    def _call(self, message: dict[str, str], where: Any) -> str:
        self._require_head(where)
        return _hex(self._simulate(message).output)

    def _estimate_gas(self, message: dict[str, str], where: Any = "latest") -> str:
        self._require_head(where)
        result = self._simulate(message)
        # A refund comes only at the end, and a call passes on 63/64 of what is left (EIP-150).
        return hex((result.gas_used + result.gas_refunded) * 64 // 63 + 1)

    def _require_head(self, where: Any) -> None:
        """Refuses another block than the head, given by its tag, or by its hash (EIP-1898)."""
        at_head = (
            where.get("blockHash") == _hex(self.head.hash)
            if isinstance(where, dict)
            else self._get_block(where, False) is not None
        )
        if not at_head:
            raise RpcError("rpc-error", "block not found: only the head is kept", code=-32001)

    def _simulate(self, message: dict[str, str]) -> _Execution:
        """What a message would do at the head block. Raises RpcError."""
        self._enter(self.head)
        sender, data = message.get("from", _NOBODY), hex_bytes(message["data"])
        before = self._evm.snapshot()
        try:
            return self._execute(sender, message.get("to"), data, BLOCK_GAS_MAX)
        finally:
            self._evm.revert(before)

    # ----------------------------------------------------------------------------- transactions

    def _send(self, raw_hex: str, now_s: int) -> str:
        raw = hex_bytes(raw_hex)
        fields, sender = _decoded(raw)
        nonce = self._nonces.get(sender, 0)
        if fields["chainId"] != self.chain_id:
            raise RpcError("rpc-error", f"this chain's id is {self.chain_id}", code=-32000)
        if fields["nonce"] != nonce:
            raise RpcError("rpc-error", f"the next nonce of this sender is {nonce}", code=-32000)
        if fields["value"]:
            raise RpcError("rpc-error", "accounts of this chain have no funds", code=-32000)
        self._nonces[sender] = nonce + 1
        hash_ = keccak256(raw)
        self._advance(hash_, now_s)
        place = {
            "transactionHash": _hex(hash_),
            "transactionIndex": "0x0",
            "blockNumber": hex(self.head.number),
            "blockHash": _hex(self.head.hash),
        }
        self._receipts[_hex(hash_)] = place | self._run(fields, sender, place)
        if len(self._receipts) > RECEIPT_COUNT_MAX:
            self._receipts.popitem(last=False)
        return _hex(hash_)

    def _advance(self, hash_: bytes, now_s: int) -> None:
        """A new block on top of the head, for the transaction with this hash."""
        timestamp = max(now_s, self.head.timestamp)
        self.head = Block(self.head.number + 1, keccak256(self.head.hash + hash_), timestamp)
        self._enter(self.head)

    def _run(self, fields: dict[str, Any], sender: bytes, place: dict[str, str]) -> dict[str, Any]:
        """Executes a transaction in the head block. Returns the outcome for its receipt."""
        to = _hex(fields["to"]) if fields["to"] else None
        self._evm.reset_transient_storage()
        try:
            done = self._execute(_hex(sender), to, fields["data"], fields["gas"])
        except RpcError:  # the EVM has undone what the transaction did
            return {"status": "0x0", "logs": [], "contractAddress": None}
        return {
            "status": "0x1",
            "gasUsed": hex(done.gas_used),
            "contractAddress": None if to else _hex(done.output),
            "logs": [
                place
                | {
                    "logIndex": hex(index),
                    "address": log.address.lower(),
                    "topics": log.topics,
                    "data": _hex(log.data[1]),
                }
                for index, log in enumerate(done.logs)
            ],
        }

    def _enter(self, block: Block) -> None:
        self._evm.set_block_env(
            BlockEnv(
                number=block.number,
                timestamp=block.timestamp,
                gas_limit=BLOCK_GAS_MAX,
                basefee=0,
            )
        )

    def _execute(self, sender: str, to: str | None, data: bytes, gas_max: int) -> _Execution:
        """Runs a message, or creates a contract. Raises RpcError, with the bytes of a revert."""
        try:
            if to is None:
                output = hex_bytes(self._evm.deploy(sender, data, gas=gas_max))
            else:
                output = self._evm.message_call(sender, to, data, gas=gas_max)
        except RuntimeError as error:  # its text is all that pyrevm tells
            if reverted := _REVERT.fullmatch(str(error)):
                data = bytes.fromhex(reverted[1])
                raise RpcError("rpc-error", "execution reverted", code=3, data=data) from None
            raise RpcError("rpc-error", f"execution failed: {error}", code=-32000) from None
        result = self._evm.result
        assert result is not None
        return _Execution(output, result.gas_used, result.gas_refunded, result.logs)


def _decoded(raw: bytes) -> tuple[dict[str, Any], bytes]:
    """The fields of a signed transaction and its sender's address. Raises RpcError."""
    # Half a second that only whoever sends a transaction pays.
    from eth_account import Account  # noqa: PLC0415
    from eth_account.typed_transactions.dynamic_fee_transaction import (  # noqa: PLC0415
        DynamicFeeTransaction,
    )

    try:
        fields = DynamicFeeTransaction.from_bytes(HexBytes(raw)).as_dict()
        if not fields["accessList"] and len(fields["to"]) in (0, 20):
            return fields, hex_bytes(Account.recover_transaction(raw))
    except Exception:  # eth-account has one of its own for each way in which bytes are none
        pass
    message = "want a signed EIP-1559 transaction without an access list"
    raise RpcError("rpc-error", message, code=-32602)


def _hex(data: bytes) -> str:
    return f"0x{data.hex()}"
