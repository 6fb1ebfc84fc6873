"""Transactions: priced, signed, sent, and waited for until they are in a block.

One path serves nodes and embedded chains alike: the key signs the transaction's hash and nothing
else of it leaves its holder.
"""

import asyncio
from typing import Any

from waypost._ext.digest import keccak256
from waypost.config import RegistryConfig
from waypost.errors import RegistryError, RpcError
from waypost.net.rpc import Rpc
from waypost.trust.abi import registry_abi
from waypost.trust.exchange import Call, quantity
from waypost.trust.transaction import Signer, Transaction

GAS_MAX = 16_777_216  # EIP-7825: of one transaction
_GAS_MARGIN = 1.2  # of the estimate: the state may change before the transaction runs
_BASE_FEE_MARGIN = 2  # covers six full blocks in a row (EIP-1559)
_TIP_WEI = 1_000_000_000  # where a node has no suggestion


class Sender:
    """Sends the transactions of one account to one chain.

    Several at once are fine: they get successive nonces. With a `chain_id` any other chain is
    refused.
    """

    def __init__(
        self, rpc: Rpc, account: Signer, chain_id: int | None, config: RegistryConfig
    ) -> None:
        self._rpc = rpc
        self._account = account
        self._chain_id = chain_id
        self._config = config
        self._next_nonce = 0  # a node may not count yet what it was sent a moment ago
        self._lock = asyncio.Lock()

    async def send(self, what: str, to: bytes, data: bytes) -> dict[str, Any]:
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
        try:
            receipt = await self._receipt(hash_)
        except (RpcError, TimeoutError) as error:
            self._next_nonce = 0
            why = str(error) or f"it is in no block after {self._config.receipt_timeout_s:g} s"
            raise RegistryError(f"{what}: {hash_} was sent, but {why}") from None
        if receipt.get("status") != "0x1":
            raise RegistryError(f"{what}: {hash_} is in a block, but was reverted there")
        return receipt

    async def _submit(self, what: str, to: bytes, data: bytes) -> str:
        """Prices, signs and sends a transaction. Returns its hash."""
        sender = _hex(self._account.address)
        message = {"from": sender, "data": _hex(data)} | ({"to": _hex(to)} if to else {})
        chain_id, count, head, tip, gas = await asyncio.gather(
            self._ask("eth_chainId"),
            self._ask("eth_getTransactionCount", sender, "pending"),
            self._ask("eth_getBlockByNumber", "latest", False),
            self._tip_wei(),
            self._ask("eth_estimateGas", message),
        )
        if self._chain_id not in (None, quantity(chain_id)):
            raise RpcError("wrong-chain", f"it serves {quantity(chain_id)}, not {self._chain_id}")
        gas_needed = quantity(gas)
        if gas_needed > GAS_MAX:
            raise RegistryError(f"{what}: {gas_needed} gas is too much for one transaction")
        if not isinstance(head, dict) or "baseFeePerGas" not in head:
            raise RpcError("bad-answer", "a block with a base fee (EIP-1559) was expected")
        fee_wei = _BASE_FEE_MARGIN * quantity(head["baseFeePerGas"]) + tip
        if fee_wei > self._config.fee_wei_max:
            raise RegistryError(
                f"{what}: the node asks for {fee_wei} wei per unit of gas: raise fee_wei_max from "
                f"{self._config.fee_wei_max} if that is right"
            )
        transaction = Transaction(
            chain_id=quantity(chain_id),
            nonce=max(quantity(count), self._next_nonce),
            tip_wei=tip,
            fee_wei_max=fee_wei,
            gas_max=min(int(gas_needed * _GAS_MARGIN), GAS_MAX),
            to=to,
            data=data,
        )
        raw = transaction.signed_by(self._account)
        hash_ = _hex(keccak256(raw))
        try:
            await self._ask("eth_sendRawTransaction", _hex(raw))
        except RpcError as error:
            if error.reason == "rpc-error":
                raise
            raise RegistryError(f"{what}: {hash_} may have been sent, but {error}") from None
        self._next_nonce = transaction.nonce + 1
        return hash_

    async def _receipt(self, hash_: str) -> dict[str, Any]:
        """The receipt of a transaction once it is in a block. Raises TimeoutError, RpcError."""
        async with asyncio.timeout(self._config.receipt_timeout_s):
            receipt = await self._ask("eth_getTransactionReceipt", hash_)
            while receipt is None:
                await asyncio.sleep(self._config.receipt_poll_interval_s)
                receipt = await self._ask("eth_getTransactionReceipt", hash_)
        if not isinstance(receipt, dict):
            raise RpcError("bad-answer", "a receipt was expected")
        return receipt

    async def _tip_wei(self) -> int:
        try:
            return quantity(await self._ask("eth_maxPriorityFeePerGas"))
        except RpcError as error:
            if error.reason != "rpc-error":
                raise
            return _TIP_WEI

    async def _ask(self, method: str, *params: Any) -> Any:
        return await self._rpc.request(Call(method, list(params)))


def _why(error: RpcError) -> str:
    """A refusal in the registry's own words where it gave some, else in the node's."""
    return registry_abi().explain(error.data) if error.data else error.detail


def _hex(data: bytes) -> str:
    return f"0x{data.hex()}"
