"""Transactions through web3: priced, signed, sent, and waited for until they are in a block.

web3 asks over the same `Rpc` as the reads do, so that one path serves nodes and embedded chains.
The key signs the transaction's hash and nothing else of it leaves its holder. web3 takes half a
second to import: `administration.sender_for` does so once there is an account.
"""

import asyncio
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from eth_account.typed_transactions.dynamic_fee_transaction import DynamicFeeTransaction
from eth_typing import HexStr
from web3 import AsyncWeb3
from web3.exceptions import TimeExhausted, TransactionIndexingInProgress
from web3.logs import DISCARD
from web3.providers.async_base import AsyncBaseProvider
from web3.types import RPCEndpoint, RPCResponse, TxParams, TxReceipt

from waypost._ext.digest import keccak256
from waypost.config import RegistryConfig
from waypost.errors import RegistryError, RpcError, TooMuchGas, WaypostError
from waypost.net.rpc import Rpc, name_of
from waypost.net.trust.administration.base import Done, Signer, Transaction
from waypost.trust.administration.abi import Abi
from waypost.trust.administration.deployment import create_address
from waypost.trust.administration.refusals import explain_refusal
from waypost.trust.exchange import Call, hex_bytes, hex_text, quantity

GAS_MAX = 16_777_216  # EIP-7825: of one transaction
_GAS_MARGIN = 1.2  # of the estimate: the state may change before the transaction runs
_BASE_FEE_MARGIN = 2  # covers six full blocks in a row (EIP-1559)
_TIP_WEI = 1_000_000_000  # where a node has no suggestion
_OUT_OF_GAS = ("out of gas", "outofgas", "gas required exceeds", "gas limit", "gas too high")

_INDEXING = "indexing is in progress"  # geth, of a receipt that it may have soon


class _Provider(AsyncBaseProvider):
    """An Rpc as web3 wants it. Its deadline and limits hold, and its RpcErrors come through."""

    def __init__(self, rpc: Rpc) -> None:
        super().__init__()
        self._rpc = rpc

    async def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        try:
            result = await self._rpc.request(Call(method, list(params)))
        except RpcError as error:
            if _INDEXING in error.detail:
                raise TransactionIndexingInProgress(error.detail) from None
            raise
        return {"jsonrpc": "2.0", "id": 0, "result": result}


@dataclass(frozen=True, slots=True)
class _Quote:
    """What the node says that a transaction takes. Prices are in wei per unit of gas."""

    chain_id: int
    count: int  # of the account's transactions, those that wait included
    base_fee: int
    tip: int
    gas: int

    @property
    def gas_max(self) -> int:
        return min(int(self.gas * _GAS_MARGIN), GAS_MAX)

    @property
    def fee_max(self) -> int:
        return _BASE_FEE_MARGIN * self.base_fee + self.tip


class Sender:
    """Sends the transactions of one account to one chain.

    Several at once are fine: they get successive nonces. With a `chain_id` any other chain is
    refused.
    """

    def __init__(
        self, rpc: Rpc, account: Signer, chain_id: int | None, config: RegistryConfig
    ) -> None:
        self._rpc = rpc
        self._eth = AsyncWeb3(_Provider(rpc), middleware=[]).eth
        self._account = account
        self._chain_id = chain_id
        self._config = config
        self._next_nonce = 0  # a node may not count yet what it was sent a moment ago
        self._lock = asyncio.Lock()
        self.unconfirmed: dict[str, str] = {}  # perhaps sent, seen in no block; hash: what it is

    @property
    def address(self) -> bytes:
        """The account's, 20 bytes."""
        return self._account.address

    async def send(
        self,
        what: str,
        to: bytes,
        data: bytes,
        node_ids: Sequence[bytes] = (),
        settled_nonce: int | None = None,
    ) -> Done:
        """A transaction that succeeded; `to` is empty to create a contract.

        `what` names it in errors, `node_ids` are noted in the outcome. With a `settled_nonce`, as
        `settle` gave it, nothing is sent once somebody else has used the account since. Raises
        RegistryError if it is refused, reverts or is in no block in time (TooMuchGas if it never
        can be), and RpcError if the node cannot be used.
        """
        async with self._lock:
            try:
                hash_, quote = await self._submit(what, to, data, settled_nonce)
            except RpcError as error:
                self._next_nonce = 0
                raise _refused(what, error) from None
        limit_s, interval_s = self._config.receipt_timeout_s, self._config.receipt_poll_interval_s
        try:
            with _reading("a receipt"):
                receipt = await self._eth.wait_for_transaction_receipt(hash_, limit_s, interval_s)
        except (RpcError, TimeExhausted) as error:
            self._next_nonce = 0
            late = f"it is in no block after {limit_s:g} s"
            why = late if isinstance(error, TimeExhausted) else error
            raise RegistryError(f"{what}: {hash_} was sent, but {why}") from None
        del self.unconfirmed[hash_]
        if receipt.get("status") != 1:
            raise RegistryError(f"{what}: {hash_} is in a block, but was reverted there")
        with _reading("a receipt"):
            return Done(_outcome(what, hash_, quote, receipt, node_ids), receipt, b"")

    async def rehearse(
        self, what: str, to: bytes, data: bytes, node_ids: Sequence[bytes] = ()
    ) -> Done:
        """What would come of a transaction at the head block. Raises as `send` does."""
        try:
            quote = await self._quote(what, to, data)
            message = {"from": hex_text(self.address), "data": hex_text(data)}
            created = None
            if to:
                message["to"] = hex_text(to)
            else:
                created = create_address(self.address, quote.count)
            output = hex_bytes(await self._rpc.request(Call("eth_call", [message, "latest"])))
        except RpcError as error:
            raise _refused(what, error) from None
        transaction = Transaction(
            function=what,
            gas=quote.gas,
            fee_wei=quote.gas * (quote.base_fee + quote.tip),
            fee_wei_max=quote.gas_max * quote.fee_max,
            contract=created,
            node_ids=tuple(node_ids),
        )
        return Done(transaction, None, output)

    async def settle(self) -> int:
        """Waits until all that the account sent before is in a block. Returns its next nonce.

        Raises RegistryError if something does not get there in time, and RpcError.
        """
        deadline = asyncio.get_running_loop().time() + self._config.receipt_timeout_s
        sender = hex_text(self.address)
        while True:
            done, sent = await _all(
                *(
                    self._rpc.request(Call("eth_getTransactionCount", [sender, block]))
                    for block in ("latest", "pending")
                )
            )
            if quantity(sent) <= quantity(done) >= self._next_nonce:
                return quantity(done)
            if asyncio.get_running_loop().time() > deadline:
                raise RegistryError(
                    f"the account's transaction with the nonce {quantity(done)} is in no block "
                    "yet: wait for it, or replace it with a wallet, and run this again"
                )
            await asyncio.sleep(self._config.receipt_poll_interval_s)

    def events(
        self, abi: Abi, name: str, receipt: TxReceipt, address: bytes
    ) -> list[dict[str, Any]]:
        """The fields of a contract's events of one name in a receipt. Raises RpcError."""
        where = AsyncWeb3.to_checksum_address(address)
        contract = self._eth.contract(where, abi=abi.entries)
        with _reading("the logs of a receipt"):
            logs = contract.events[name]().process_receipt(receipt, DISCARD)
            return [log["args"] for log in logs if log["address"] == where]

    async def _submit(
        self, what: str, to: bytes, data: bytes, settled_nonce: int | None
    ) -> tuple[HexStr, _Quote]:
        """Prices, signs and sends a transaction. Returns its hash."""
        quote = await self._quote(what, to, data)
        if settled_nonce is not None and quote.count > max(settled_nonce, self._next_nonce):
            raise RegistryError(
                f"{what}: the account is also used by somebody else just now: run this again later"
            )
        nonce = max(quote.count, self._next_nonce)
        fields = {
            "chainId": quote.chain_id,
            "nonce": nonce,
            "maxPriorityFeePerGas": quote.tip,
            "maxFeePerGas": quote.fee_max,
            "gas": quote.gas_max,
            "to": to,
            "data": data,
        }
        raw = signed_transaction(self._account, fields)
        hash_ = HexStr(f"0x{keccak256(raw).hex()}")
        self.unconfirmed[hash_] = what  # first: who is interrupted may have sent it
        try:
            with _reading("the hash of a transaction"):
                await self._eth.send_raw_transaction(raw)
        except RpcError as error:
            if error.reason == "rpc-error":
                del self.unconfirmed[hash_]
                raise
            raise RegistryError(f"{what}: {hash_} may have been sent, but {error}") from None
        self._next_nonce = nonce + 1
        return hash_, quote

    async def _quote(self, what: str, to: bytes, data: bytes) -> _Quote:
        """The prices and the gas of a transaction, within our limits."""
        with _reading("a block with a base fee (EIP-1559), or a number,"):
            quote = _Quote(*await self._numbers(to, data))
        if self._chain_id not in (None, quote.chain_id):
            serves = f"{name_of(self._rpc)} serves {quote.chain_id}"
            raise RpcError("wrong-chain", f"{serves}, not {self._chain_id}")
        if quote.gas > GAS_MAX:
            raise TooMuchGas(f"{what}: {quote.gas} gas is too much for one transaction")
        if quote.fee_max > self._config.fee_wei_max:
            raise RegistryError(
                f"{what}: the node asks for {quote.fee_max} wei per unit of gas: raise "
                f"fee_wei_max from {self._config.fee_wei_max} if that is right"
            )
        return quote

    async def _numbers(self, to: bytes, data: bytes) -> list[int]:
        """Chain id, next nonce, base fee and tip in wei per unit of gas, and the gas needed."""
        sender = AsyncWeb3.to_checksum_address(self.address)
        message: TxParams = {"from": sender, "data": data}
        if to:
            message["to"] = AsyncWeb3.to_checksum_address(to)
        chain_id, count, head, tip, gas = await _all(
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


async def _all(*requests: Awaitable[Any]) -> list[Any]:
    """What requests that are made at once give. If one fails the others are ended, not left."""
    tasks = [asyncio.ensure_future(request) for request in requests]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


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


def _outcome(
    what: str, hash_: str, quote: _Quote, receipt: TxReceipt, node_ids: Sequence[bytes]
) -> Transaction:
    """The transaction of a receipt; a node that tells less of it than others is believed that."""
    gas = int(receipt.get("gasUsed", quote.gas))
    price = int(receipt.get("effectiveGasPrice", quote.base_fee + quote.tip))
    created = receipt.get("contractAddress")
    return Transaction(
        function=what,
        gas=gas,
        fee_wei=gas * price,
        fee_wei_max=quote.gas_max * quote.fee_max,
        hash=hash_,
        block_number=receipt.get("blockNumber"),
        contract=hex_bytes(created) if created else None,
        node_ids=tuple(node_ids),
    )


def _refused(what: str, error: RpcError) -> WaypostError:
    """What a node's error means for a transaction that was not sent."""
    if error.reason != "rpc-error":
        return error
    if not error.data and any(words in error.detail.lower() for words in _OUT_OF_GAS):
        return TooMuchGas(f"{what}: it takes more gas than one transaction may have")
    why = explain_refusal(error.data) if error.data else error.detail
    if not error.data and "insufficient funds" in error.detail.lower():
        why += ": send the account more of the chain's currency"
    return RegistryError(f"{what}: the chain refused it: {why}")
