"""Transactions through web3: priced, signed, sent, and waited for until they are in a block.

web3 asks over the same `Rpc` as the reads do, so that one path serves nodes and embedded chains.
The key signs the transaction's hash and nothing else of it leaves its holder. web3 takes half a
second to import: `administration.py` does so once there is an account.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from eth_account.typed_transactions.dynamic_fee_transaction import DynamicFeeTransaction
from eth_typing import HexStr
from web3 import AsyncWeb3
from web3.exceptions import TimeExhausted
from web3.logs import DISCARD
from web3.providers.async_base import AsyncBaseProvider
from web3.types import RPCEndpoint, RPCResponse, TxParams, TxReceipt

from waypost._ext.digest import keccak256
from waypost.config import RegistryConfig
from waypost.errors import RegistryError, RpcError
from waypost.net.administration import Signer
from waypost.net.rpc import Rpc
from waypost.trust.abi import registry_abi
from waypost.trust.exchange import Call

GAS_MAX = 16_777_216  # EIP-7825: of one transaction
_GAS_MARGIN = 1.2  # of the estimate: the state may change before the transaction runs
_BASE_FEE_MARGIN = 2  # covers six full blocks in a row (EIP-1559)
_TIP_WEI = 1_000_000_000  # where a node has no suggestion


class _Provider(AsyncBaseProvider):
    """An Rpc as web3 wants it. Its deadline and limits hold, and its RpcErrors come through."""

    def __init__(self, rpc: Rpc) -> None:
        super().__init__()
        self._rpc = rpc

    async def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        result = await self._rpc.request(Call(method, list(params)))
        return {"jsonrpc": "2.0", "id": 0, "result": result}


class Sender:
    """Sends the transactions of one account to one chain.

    Several at once are fine: they get successive nonces. With a `chain_id` any other chain is
    refused.
    """

    def __init__(
        self, rpc: Rpc, account: Signer, chain_id: int | None, config: RegistryConfig
    ) -> None:
        self._eth = AsyncWeb3(_Provider(rpc), middleware=[]).eth
        self._account = account
        self._chain_id = chain_id
        self._config = config
        self._next_nonce = 0  # a node may not count yet what it was sent a moment ago
        self._lock = asyncio.Lock()

    async def send(self, what: str, to: bytes, data: bytes) -> TxReceipt:
        """The receipt of a transaction that succeeded; `to` is empty to create a contract.

        `what` names it in errors. Raises RegistryError if it is refused, reverts or is in no block
        in time, and RpcError if the node cannot be used.
        """
        async with self._lock:
            try:
                hash_ = await self._submit(what, to, data)
            except RpcError as error:
                self._next_nonce = 0
                if error.reason != "rpc-error":
                    raise
                raise RegistryError(f"{what}: the chain refused it: {_why(error)}") from None
        limit_s, interval_s = self._config.receipt_timeout_s, self._config.receipt_poll_interval_s
        try:
            with _reading("a receipt"):
                receipt = await self._eth.wait_for_transaction_receipt(hash_, limit_s, interval_s)
        except (RpcError, TimeExhausted) as error:
            self._next_nonce = 0
            late = f"it is in no block after {limit_s:g} s"
            why = late if isinstance(error, TimeExhausted) else error
            raise RegistryError(f"{what}: {hash_} was sent, but {why}") from None
        if receipt.get("status") != 1:
            raise RegistryError(f"{what}: {hash_} is in a block, but was reverted there")
        return receipt

    def events(self, name: str, receipt: TxReceipt, address: bytes) -> list[dict[str, Any]]:
        """The fields of a contract's events of one name in a receipt. Raises RpcError."""
        where = AsyncWeb3.to_checksum_address(address)
        contract = self._eth.contract(where, abi=registry_abi().entries)
        with _reading("the logs of a receipt"):
            logs = contract.events[name]().process_receipt(receipt, DISCARD)
            return [log["args"] for log in logs if log["address"] == where]

    async def _submit(self, what: str, to: bytes, data: bytes) -> HexStr:
        """Prices, signs and sends a transaction. Returns its hash."""
        with _reading("a block with a base fee (EIP-1559), or a number,"):
            chain_id, count, base_fee, tip, gas = await self._numbers(to, data)
        if self._chain_id not in (None, chain_id):
            raise RpcError("wrong-chain", f"it serves {chain_id}, not {self._chain_id}")
        if gas > GAS_MAX:
            raise RegistryError(f"{what}: {gas} gas is too much for one transaction")
        fee_wei = _BASE_FEE_MARGIN * base_fee + tip
        if fee_wei > self._config.fee_wei_max:
            raise RegistryError(
                f"{what}: the node asks for {fee_wei} wei per unit of gas: raise fee_wei_max from "
                f"{self._config.fee_wei_max} if that is right"
            )
        nonce = max(count, self._next_nonce)
        fields = {
            "chainId": chain_id,
            "nonce": nonce,
            "maxPriorityFeePerGas": tip,
            "maxFeePerGas": fee_wei,
            "gas": min(int(gas * _GAS_MARGIN), GAS_MAX),
            "to": to,
            "data": data,
        }
        raw = signed_transaction(self._account, fields)
        hash_ = HexStr(f"0x{keccak256(raw).hex()}")
        try:
            with _reading("the hash of a transaction"):
                await self._eth.send_raw_transaction(raw)
        except RpcError as error:
            if error.reason == "rpc-error":
                raise
            raise RegistryError(f"{what}: {hash_} may have been sent, but {error}") from None
        self._next_nonce = nonce + 1
        return hash_

    async def _numbers(self, to: bytes, data: bytes) -> list[int]:
        """Chain id, next nonce, base fee and tip in wei per unit of gas, and the gas needed."""
        sender = AsyncWeb3.to_checksum_address(self._account.address)
        message: TxParams = {"from": sender, "data": data}
        if to:
            message["to"] = AsyncWeb3.to_checksum_address(to)
        chain_id, count, head, tip, gas = await asyncio.gather(
            self._eth.chain_id,
            self._eth.get_transaction_count(sender, "pending"),
            self._eth.get_block("latest"),
            self._tip_wei(),
            self._eth.estimate_gas(message),
        )
        numbers = [chain_id, count, head["baseFeePerGas"], tip, gas]
        if not all(isinstance(number, int) and number >= 0 for number in numbers):
            raise ValueError("what web3 cannot read as a number it hands on as it is")
        return numbers

    async def _tip_wei(self) -> int:
        try:
            return await self._eth.max_priority_fee
        except RpcError as error:
            if error.reason != "rpc-error":
                raise
            return _TIP_WEI


def signed_transaction(signer: Signer, fields: dict[str, Any]) -> bytes:
    """The raw EIP-1559 transaction of these fields, named as in JSON-RPC."""
    fields = {"type": 2, **fields}
    signature = signer.sign_recoverable(DynamicFeeTransaction.from_dict(fields).hash())
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:64]))
    signed = DynamicFeeTransaction.from_dict(fields | {"v": signature[64], "r": r, "s": s})
    return b"\x02" + signed.payload()


@contextmanager
def _reading(expected: str) -> Iterator[None]:
    """Whatever web3 raises for an answer that it cannot read becomes an RpcError."""
    try:
        yield
    except (RpcError, TimeExhausted):
        raise
    except Exception as error:
        raise RpcError("bad-answer", f"{expected} was expected") from error


def _why(error: RpcError) -> str:
    """A refusal in the registry's own words where it gave some, else in the node's."""
    return registry_abi().explain(error.data) if error.data else error.detail
