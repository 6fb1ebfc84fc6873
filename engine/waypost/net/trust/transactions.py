"""Transactions through web3: priced, signed, sent, and waited for until they are in a block.

web3 asks over the same `Rpc` as the reads do, so that one path serves nodes and embedded chains.
The key signs the transaction's hash and nothing else of it leaves its holder. web3 takes half a
second to import: `administration.sender_for` does so once there is an account.
"""

import asyncio
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from eth_account.typed_transactions.dynamic_fee_transaction import DynamicFeeTransaction
from eth_typing import HexStr
from web3 import AsyncWeb3
from web3.exceptions import TimeExhausted, TransactionIndexingInProgress
from web3.logs import DISCARD
from web3.providers.async_base import AsyncBaseProvider
from web3.types import RPCEndpoint, RPCResponse, TxParams, TxReceipt

from waypost._ext.digest import keccak256
from waypost.config import RegistryConfig
from waypost.errors import Overtaken, RegistryError, RpcError, TooMuchGas, WaypostError
from waypost.net.rpc import Rpc, name_of
from waypost.net.trust.administration.base import Done, Signer, Transaction
from waypost.trust.administration.abi import Abi
from waypost.trust.administration.deployment import create_address
from waypost.trust.administration.quote import GAS_MAX, Price, Quote
from waypost.trust.administration.refusals import explain_refusal
from waypost.trust.exchange import Call, hex_bytes, hex_text, quantity

_TIP_WEI = 1_000_000_000  # where a node has no suggestion
_OUT_OF_GAS = ("out of gas", "outofgas", "gas required exceeds", "gas limit", "gas too high")
_UNDERPRICED = ("underpriced", "replac")  # for the place of one that waits
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


class _Sent(NamedTuple):
    """A transaction on its way into a block."""

    hash: HexStr
    nonce: int
    price: Price


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
        self._replaced: int | None = None  # the nonce of a transaction whose place is taken next
        self._lock = asyncio.Lock()
        self.unconfirmed: dict[str, str] = {}  # perhaps sent, seen in no block; hash: what it is

    @property
    def address(self) -> bytes:
        """The account's, 20 bytes."""
        return self._account.address

    def replace(self, nonce: int) -> None:
        """Has the next transaction take the place of the account's with this nonce.

        That one waits for a block, and none before it does: otherwise nothing is sent. Nodes take
        the new one for a higher price, which is raised as far as they want and `fee_wei_max` lets.
        """
        self._replaced = nonce

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
        `settle` gave it, nothing is sent once somebody else has used the account since: it is
        Overtaken. Raises RegistryError if it is refused, reverts or is in no block in time
        (TooMuchGas if it never can be), and RpcError if the node cannot be used.
        """
        async with self._lock:
            free_nonce = None
            if settled_nonce is not None and self._replaced is None:
                free_nonce = max(settled_nonce, self._next_nonce)
            try:
                quote = await self._quote(what, to, data)
                sent = await self._submit(what, to, data, quote, free_nonce)
            except RpcError as error:
                self._next_nonce = 0
                if free_nonce is not None and error.reason == "rpc-error":
                    _require_free(what, free_nonce, await self._count("pending"))
                raise _refused(what, error) from None
        receipt = await self._receipt(what, sent)
        if receipt.get("status") != 1:
            raise RegistryError(f"{what}: {sent.hash} is in a block, but was reverted there")
        with _reading("a receipt"):
            return Done(_outcome(what, quote, sent, receipt, node_ids), receipt, b"")

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
            fee_wei_max=quote.gas_max * quote.price.fee_max,
            contract=created,
            node_ids=tuple(node_ids),
        )
        return Done(transaction, None, output)

    async def settle(self) -> int:
        """Waits until all that the account sent before is in a block. Returns its next nonce.

        What is to be replaced is not waited for: its nonce is the next. Raises
        RegistryError if something does not get there in time, and RpcError.
        """
        if self._replaced is not None:
            await self._require_waiting(self._replaced)
            return self._replaced
        deadline = asyncio.get_running_loop().time() + self._config.receipt_timeout_s
        while True:
            done, sent = await _all(self._count("latest"), self._count("pending"))
            if sent <= done >= self._next_nonce:
                return int(done)
            if asyncio.get_running_loop().time() > deadline:
                raise RegistryError(
                    f"the account's transaction with the nonce {done} is in no block yet: "
                    f"{_advice(done)}"
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
        self, what: str, to: bytes, data: bytes, quote: Quote, free_nonce: int | None
    ) -> _Sent:
        """Signs and sends a transaction."""
        fields = {"chainId": quote.chain_id, "gas": quote.gas_max, "to": to, "data": data}
        if self._replaced is not None:
            sent = await self._replace(what, fields | {"nonce": self._replaced}, quote.price)
            self._replaced = None
        else:
            if free_nonce is not None:
                _require_free(what, free_nonce, quote.count)
            nonce = max(quote.count, self._next_nonce)
            sent = await self._offer(what, fields | {"nonce": nonce}, quote.price)
        self._next_nonce = sent.nonce + 1
        return sent

    async def _replace(self, what: str, fields: dict[str, Any], price: Price) -> _Sent:
        """Sends a transaction for a price at which the node drops the one with its nonce."""
        await self._require_waiting(fields["nonce"])
        for bid in price.bids(self._config.fee_wei_max):
            try:
                return await self._offer(what, fields, bid)
            except RpcError as error:
                if not any(word in error.detail.lower() for word in _UNDERPRICED):
                    raise
        raise self._too_dear(what, "more")

    async def _offer(self, what: str, fields: dict[str, Any], price: Price) -> _Sent:
        """Signs a transaction, whose price is still to be filled in, and sends it."""
        prices = {"maxPriorityFeePerGas": price.tip, "maxFeePerGas": price.fee_max}
        raw = signed_transaction(self._account, fields | prices)
        hash_ = HexStr(f"0x{keccak256(raw).hex()}")
        self.unconfirmed[hash_] = what  # first: who is interrupted may have sent it
        try:
            with _reading("the hash of a transaction"):
                await self._eth.send_raw_transaction(raw)
        except RpcError as error:
            if error.reason == "rpc-error":
                del self.unconfirmed[hash_]
                raise
            named = f"{hash_} with the nonce {fields['nonce']}"
            raise RegistryError(f"{what}: {named} may have been sent, but {error}") from None
        return _Sent(hash_, fields["nonce"], price)

    async def _receipt(self, what: str, sent: _Sent) -> TxReceipt:
        """The receipt of a transaction once it is in a block. Raises RegistryError."""
        limit_s, interval_s = self._config.receipt_timeout_s, self._config.receipt_poll_interval_s
        try:
            with _reading("a receipt"):
                receipt = await self._eth.wait_for_transaction_receipt(
                    sent.hash, limit_s, interval_s
                )
        except (RpcError, TimeExhausted) as error:
            self._next_nonce = 0
            late = f"it is in no block after {limit_s:g} s: {_advice(sent.nonce)}"
            why = late if isinstance(error, TimeExhausted) else error
            named = f"{sent.hash} with the nonce {sent.nonce}"
            raise RegistryError(f"{what}: {named} was sent, but {why}") from None
        del self.unconfirmed[sent.hash]
        return receipt

    async def _require_waiting(self, nonce: int) -> None:
        """Raises RegistryError unless this is the nonce that a block has to have next."""
        done = await self._count("latest")
        if done > nonce:
            raise RegistryError(
                f"the account's transaction with the nonce {nonce} is in a block by now, and not "
                "to be replaced: see what it did, and whether there is anything left to do"
            )
        if done < nonce:
            raise RegistryError(f"the account's transaction with the nonce {done} comes first")

    async def _count(self, block: str) -> int:
        """How many transactions of the account the state of this block has seen."""
        call = Call("eth_getTransactionCount", [hex_text(self.address), block])
        return quantity(await self._rpc.request(call))

    async def _quote(self, what: str, to: bytes, data: bytes) -> Quote:
        """The prices and the gas of a transaction, within our limits."""
        with _reading("a block with a base fee (EIP-1559), or a number,"):
            quote = Quote(*await self._numbers(to, data))
        if self._chain_id not in (None, quote.chain_id):
            serves = f"{name_of(self._rpc)} serves {quote.chain_id}"
            raise RpcError("wrong-chain", f"{serves}, not {self._chain_id}")
        if quote.gas > GAS_MAX:
            raise TooMuchGas(f"{what}: {quote.gas} gas is too much for one transaction")
        if quote.price.fee_max > self._config.fee_wei_max:
            raise self._too_dear(what, f"{quote.price.fee_max} wei")
        return quote

    def _too_dear(self, what: str, price: str) -> RegistryError:
        return RegistryError(
            f"{what}: the node asks for {price} per unit of gas: raise fee_wei_max (--max-fee) "
            f"from {self._config.fee_wei_max} if that is right"
        )

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
    what: str, quote: Quote, sent: _Sent, receipt: TxReceipt, node_ids: Sequence[bytes]
) -> Transaction:
    """The transaction of a receipt; a node that tells less of it than others is believed that."""
    gas = int(receipt.get("gasUsed", quote.gas))
    price = int(receipt.get("effectiveGasPrice", quote.base_fee + sent.price.tip))
    created = receipt.get("contractAddress")
    return Transaction(
        function=what,
        gas=gas,
        fee_wei=gas * price,
        fee_wei_max=quote.gas_max * sent.price.fee_max,
        hash=sent.hash,
        block_number=receipt.get("blockNumber"),
        contract=hex_bytes(created) if created else None,
        node_ids=tuple(node_ids),
    )


def _advice(nonce: int) -> str:
    """What to do about a transaction that gets into no block."""
    return f"wait for it, or run this again with --replace {nonce}, which offers more"


def _require_free(what: str, nonce: int, count: int) -> None:
    """Raises Overtaken if a nonce is among those that the account has used."""
    if count > nonce:
        raise Overtaken(
            f"{what}: the account is also used by somebody else just now: run this again later"
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
