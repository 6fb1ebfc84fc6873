"""The chain: JSON-RPC in, blocks and answers out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from waypost.errors import RpcError
from waypost.trust.embedded import params
from waypost.trust.embedded.block import Sealed, Transaction, seal, shown
from waypost.trust.embedded.ledger import Ledger
from waypost.trust.embedded.machine import BLOCK_GAS_MAX, Machine, Message, Outcome
from waypost.trust.embedded.params import LogFilter, Where
from waypost.trust.embedded.state import Account, Change, State
from waypost.trust.embedded.transaction import Signed, decoded
from waypost.trust.exchange import Call
from waypost.trust.verdict import Block

CHAIN_ID = 31337  # what development chains commonly use

Deliver = Callable[[Any], None]
_Reader = Callable[[Any], Any]
_Method = tuple[Callable[..., Any], tuple[_Reader, ...], int]


class EmbeddedChain:
    """A chain whose first block has the timestamp `now_s` (seconds since 1970).

    `funded` are accounts with a balance in wei, by their address of 20 bytes. The block that
    `finality_depth` others stand on is the newest that is `safe` and `finalized`.
    """

    def __init__(
        self,
        now_s: int,
        chain_id: int = CHAIN_ID,
        *,
        funded: Mapping[bytes, int] | None = None,
        finality_depth: int = 0,
    ) -> None:
        self.chain_id = chain_id
        self._machine = Machine(chain_id)
        balances = (funded or {}).items()
        state = State().changed({who: Account(balance=wei).change() for who, wei in balances})
        # With the chain's id in it, so that two chains have no block in common.
        extra = chain_id.to_bytes(32, "big")
        genesis = seal(Block(-1, bytes(32), now_s), now_s, state.root, {}, extra=extra)
        self._ledger = Ledger(genesis, state, finality_depth)
        self._machine.enter(state, dict.fromkeys(state.accounts, ()))
        self._listeners: list[Callable[[Sealed, bool], None]] = []
        self._methods = self._table()

    @property
    def head(self) -> Block:
        return self._ledger.head.block

    def answer(self, call: Call, now_s: int) -> Any:
        """The result of a JSON-RPC call that arrives at this time. Raises RpcError."""
        if call.method == "eth_sendRawTransaction":
            (raw,) = params.read(call.method, call.params, (params.data,), 0)
            return self._send(raw, now_s)
        if call.method not in self._methods:
            raise RpcError("rpc-error", f"the method {call.method} does not exist", code=-32601)
        method, readers, optional_count = self._methods[call.method]
        return method(*params.read(call.method, call.params, readers, optional_count))

    def mine(self, now_s: int) -> Block:
        """A block without a transaction."""
        return self._append(now_s, {})

    def rewrite(
        self,
        address: bytes,
        now_s: int,
        *,
        balance: int | None = None,
        code: bytes | None = None,
        words: Mapping[int, int] | None = None,
    ) -> Block:
        """A block in which an account becomes another, as on no real chain.

        `balance` is in wei, `words` are storage words by slot.
        """
        account = self._ledger.head_state.account(address)
        change = account.change(words or {}, balance=balance, code=code)
        return self._append(now_s, {address: change})

    def rewind(self, block_count: int = 1) -> Block:
        """A reorganisation: takes the newest blocks back. Raises ConfigError.

        As many as there are states may go. Subscribers to logs are told which were removed.
        """
        for _ in range(block_count):
            removed = self._ledger.pop()
            self._machine.enter(self._ledger.head_state, removed.touched)
            self._tell(removed, is_removed=True)
        return self.head

    def subscribe(self, wanted: Sequence[Any], deliver: Deliver) -> Callable[[], None]:
        """What eth_subscribe gives for these params, until the returned function is called.

        Heads (`newHeads`) and logs (`logs`, and a filter) go to `deliver` as blocks are made.
        Raises RpcError.
        """
        match wanted:
            case ["newHeads"]:
                log_filter = None
            case ["logs"]:
                log_filter = params.log_filter({})
            case ["logs", given]:
                log_filter = params.log_filter(given)
            case _:
                raise params.refused("want newHeads, or logs and a filter")

        def listener(sealed: Sealed, is_removed: bool) -> None:
            for what in _shown_to(log_filter, sealed, is_removed):
                deliver(what)

        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    # ------------------------------------------------------------------------------------ reads

    def _table(self) -> dict[str, _Method]:
        """Each method with what reads its parameters, and how many of those may be missing."""
        address, where = params.address, params.where
        return {
            "eth_blockNumber": (lambda: shown(self.head.number), (), 0),
            "eth_call": (self._call, (params.message, where, params.codes_by_address), 2),
            "eth_chainId": (lambda: shown(self.chain_id), (), 0),
            "eth_estimateGas": (self._estimate_gas, (params.message, where), 1),
            "eth_gasPrice": (lambda: "0x0", (), 0),
            "eth_getBalance": (self._get_balance, (address, where), 1),
            "eth_getBlockByHash": (self._get_block, (params.hash_, params.flag), 1),
            "eth_getBlockByNumber": (self._get_block, (where, params.flag), 1),
            "eth_getCode": (self._get_code, (address, where), 1),
            "eth_getLogs": (self._get_logs, (params.log_filter,), 0),
            "eth_getProof": (self._get_proof, (address, params.words, where), 1),
            "eth_getStorageAt": (self._get_storage_at, (address, params.quantity, where), 1),
            "eth_getStorageValues": (
                self._get_storage_values,
                (params.slots_by_address, where),
                1,
            ),
            "eth_getTransactionCount": (self._get_transaction_count, (address, where), 1),
            "eth_getTransactionReceipt": (self._get_receipt, (params.hash_,), 0),
            "eth_maxPriorityFeePerGas": (lambda: "0x0", (), 0),
            "net_version": (lambda: str(self.chain_id), (), 0),
        }

    def _account(self, address: bytes, where: Where) -> Account:
        return self._ledger.at(where)[1].account(address)

    def _get_balance(self, address: bytes, where: Where = "latest") -> str:
        return shown(self._account(address, where).balance)

    def _get_block(self, where: Where, full: bool = False) -> dict[str, Any] | None:
        if full:
            raise params.refused("transactions are shown by their hashes only")
        sealed = self._ledger.find(where)
        return sealed.header if sealed else None

    def _get_code(self, address: bytes, where: Where = "latest") -> str:
        return shown(self._account(address, where).code)

    def _get_logs(self, wanted: LogFilter) -> list[dict[str, Any]]:
        return self._ledger.logs(wanted)

    def _get_proof(
        self, address: bytes, slots: Sequence[int], where: Where = "latest"
    ) -> dict[str, Any]:
        _, state = self._ledger.at(where)
        account = state.account(address)
        return {
            "address": shown(address),
            "accountProof": [shown(node) for node in state.proof(address)],
            "balance": shown(account.balance),
            "codeHash": shown(account.code_hash),
            "nonce": shown(account.nonce),
            "storageHash": shown(account.storage_root),
            "storageProof": [
                {
                    "key": _shown_word(slot),
                    "value": shown(account.word(slot)),
                    "proof": [shown(node) for node in account.proof(slot)],
                }
                for slot in slots
            ],
        }

    def _get_receipt(self, hash_: bytes) -> dict[str, Any] | None:
        return self._ledger.receipt(hash_)

    def _get_storage_at(self, address: bytes, slot: int, where: Where = "latest") -> str:
        return _shown_word(self._account(address, where).word(slot))

    def _get_storage_values(
        self, wanted: dict[str, tuple[bytes, list[int]]], where: Where = "latest"
    ) -> dict[str, list[str]]:
        _, state = self._ledger.at(where)
        return {
            name: [_shown_word(state.account(address).word(slot)) for slot in slots]
            for name, (address, slots) in wanted.items()
        }

    def _get_transaction_count(self, address: bytes, where: Where = "latest") -> str:
        return shown(self._account(address, where).nonce)

    def _call(
        self,
        message: Message,
        where: Where = "latest",
        codes: Mapping[bytes, bytes] | None = None,
    ) -> str:
        return shown(self._simulate(message, where, codes or {}).output)

    def _estimate_gas(self, message: Message, where: Where = "latest") -> str:
        result = self._simulate(message, where, {})
        # A refund comes only at the end, and a call passes on 63/64 of what is left (EIP-150).
        return shown((result.gas_used + result.gas_refunded) * 64 // 63 + 1)

    def _simulate(self, message: Message, where: Where, codes: Mapping[bytes, bytes]) -> Outcome:
        """What a message does in a block, with this code in these accounts. Raises RpcError."""
        sealed, state = self._ledger.at(where)
        touched: dict[bytes, set[int]] = {address: set() for address in codes}
        for later in self._ledger.since(sealed.block.number):
            for address, slots in later.touched.items():
                touched.setdefault(address, set()).update(slots)
        overrides = {who: state.account(who).change(code=code) for who, code in codes.items()}
        self._machine.enter(state.changed(overrides), touched)
        try:
            outcome = self._machine.run(sealed.block, message)
        finally:
            self._machine.enter(self._ledger.head_state, touched)
        if outcome.error:
            raise outcome.error
        return outcome

    # ----------------------------------------------------------------------------------- blocks

    def _send(self, raw: bytes, now_s: int) -> str:
        signed = decoded(raw)
        self._require_fit(signed)
        block = Block(self.head.number + 1, b"", self._time(now_s))
        outcome = self._machine.run(block, signed.message, tell_changes=True)
        sender, to = signed.message.sender, signed.message.to
        account = self._ledger.head_state.account(sender)
        spent = replace(outcome.changes.get(sender, account.change()), nonce=signed.nonce + 1)
        transaction = Transaction(raw, signed.hash, sender, signed.nonce, to, outcome)
        self._append(now_s, {**outcome.changes, sender: spent}, transaction)
        return shown(signed.hash)

    def _require_fit(self, signed: Signed) -> None:
        nonce = self._ledger.head_state.account(signed.message.sender).nonce
        if signed.chain_id != self.chain_id:
            raise _misfit(f"this chain's id is {self.chain_id}")
        if signed.nonce != nonce:
            raise _misfit(f"the next nonce of this sender is {nonce}")
        if signed.message.gas_max > BLOCK_GAS_MAX:
            raise _misfit(f"a block has {BLOCK_GAS_MAX} gas")

    def _append(
        self,
        now_s: int,
        changes: Mapping[bytes, Change],
        transaction: Transaction | None = None,
    ) -> Block:
        """A new block on top of the head."""
        state = self._ledger.head_state.changed(changes)
        touched = {address: tuple(change.words) for address, change in changes.items()}
        self._machine.enter(state, touched)
        sealed = seal(self.head, self._time(now_s), state.root, touched, transaction)
        self._ledger.append(sealed, state)
        self._tell(sealed, is_removed=False)
        return sealed.block

    def _time(self, now_s: int) -> int:
        """The next block's timestamp: blocks never go back in time."""
        return max(now_s, self.head.timestamp)

    def _tell(self, sealed: Sealed, is_removed: bool) -> None:
        for listener in tuple(self._listeners):
            listener(sealed, is_removed)


def _shown_to(wanted: LogFilter | None, sealed: Sealed, is_removed: bool) -> list[dict[str, Any]]:
    """What a subscriber to these logs, or to heads, gets for a block."""
    if wanted is None:
        return [] if is_removed else [sealed.header]
    return [log | {"removed": is_removed} for log in sealed.logs if wanted.admits(log)]


def _shown_word(number: int) -> str:
    return shown(number.to_bytes(32, "big"))


def _misfit(words: str) -> RpcError:
    return RpcError("rpc-error", words, code=-32000)
