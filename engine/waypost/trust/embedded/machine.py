"""The EVM: runs a message on a state and tells what would change. It is revm, through pyrevm.

pyrevm runs everything as one long transaction, in which what was touched before costs less. So
each message here is undone at once, and what it changed is put into the EVM's database from
outside.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from pyrevm import EVM, AccountInfo, BlockEnv, CfgEnv, Env

from waypost.errors import RpcError
from waypost.trust.embedded.state import NO_CODE_HASH, Change, State
from waypost.trust.exchange import hex_bytes, hex_text
from waypost.trust.verdict import Block

BLOCK_GAS_MAX = 30_000_000

_REVERTED = re.compile(r"Revert \{ gas_used: \d+, output: 0x([0-9a-f]*) \}")
# The EVM's journal, which pyrevm shows as text only: what was written and not undone since.
_WRITTEN = re.compile(r"StorageChange \{ address: 0x(\w{40}), key: (\d+), had_value: Some")
_DESTROYED = re.compile(r"AccountDestroyed \{ address: 0x(\w{40})")


@dataclass(frozen=True, slots=True)
class Message:
    """A call, or the creation of a contract if there is no `to`. Its value is in wei."""

    sender: bytes
    to: bytes | None
    data: bytes = b""
    value: int = 0
    gas_max: int = BLOCK_GAS_MAX


@dataclass(frozen=True, slots=True)
class Log:
    address: bytes
    topics: list[bytes]
    data: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message. One that failed has changed nothing, but its gas is spent."""

    gas_used: int
    gas_refunded: int = 0
    output: bytes = b""  # what was returned, the code of the new contract, or why it reverted
    logs: list[Log] = field(default_factory=list)
    changes: dict[bytes, Change] = field(default_factory=dict)
    error: RpcError | None = None


class Machine:
    """An EVM at one state; `enter` takes it to another."""

    def __init__(self, chain_id: int) -> None:
        settings = CfgEnv(chain_id=chain_id, perf_analyse_created_bytecodes="Raw")
        self._evm = EVM(env=Env(cfg=settings), gas_limit=BLOCK_GAS_MAX, spec_id="CANCUN")

    def enter(self, state: State, touched: Mapping[bytes, Iterable[int]]) -> None:
        """Takes over a state that differs from the present one in these accounts and slots."""
        for address, slots in touched.items():
            account = state.account(address)
            info = AccountInfo(  # type: ignore[call-arg]  # its stub forgot the balance
                balance=account.balance,
                nonce=account.nonce,
                code=account.code or None,
                code_hash=account.code_hash,
            )
            self._evm.insert_account_info(hex_text(address), info)
            for slot in slots:
                # pyrevm leaves the account loaded, and so would take the next word for a write of
                # the running transaction.
                before = self._evm.snapshot()
                self._evm.insert_account_storage(hex_text(address), slot, account.word(slot))
                self._evm.revert(before)

    def run(self, block: Block, message: Message, *, tell_changes: bool = False) -> Outcome:
        """What a message does in a block on top of the present state, which stays as it is.

        Raises RpcError for a message that no block may hold.
        """
        self._evm.set_block_env(
            BlockEnv(
                number=block.number,
                timestamp=block.timestamp,
                prevrandao=bytes(32),
                gas_limit=BLOCK_GAS_MAX,
                basefee=0,
            )
        )
        before = self._evm.snapshot()
        try:
            outcome = self._outcome(message)
            return replace(outcome, changes=self._changes()) if tell_changes else outcome
        finally:
            self._evm.revert(before)

    def _outcome(self, message: Message) -> Outcome:
        sender, value, gas_max = hex_text(message.sender), message.value, message.gas_max
        try:
            if message.to is None:
                where = self._evm.deploy(sender, message.data, value, gas_max)
                output = self._evm.get_code(where) or b""
            else:
                to = hex_text(message.to)
                output = self._evm.message_call(sender, to, message.data, value, gas_max)
        except RuntimeError as error:  # its text is all that pyrevm tells
            return self._failure(str(error))
        result = self._evm.result
        assert result is not None
        logs = [Log(hex_bytes(log.address), *log.data) for log in result.logs]
        return Outcome(result.gas_used, result.gas_refunded, output, logs)

    def _failure(self, words: str) -> Outcome:
        result = self._evm.result
        if result is None:  # it did not even start
            raise RpcError("rpc-error", f"invalid transaction: {words}", code=-32000)
        if reverted := _REVERTED.fullmatch(words):
            output = bytes.fromhex(reverted[1])
            error = RpcError("rpc-error", "execution reverted", code=3, data=output)
            return Outcome(result.gas_used, output=output, error=error)
        error = RpcError("rpc-error", f"execution failed: {result.reason}", code=-32000)
        return Outcome(result.gas_used, error=error)

    def _changes(self) -> dict[bytes, Change]:
        """What the message that just ran made of the accounts that it touched."""
        text = self._evm.journal_str
        journal = text[text.rindex("journal: [") :]
        written: dict[bytes, dict[int, int]] = {}
        for owner, slot in set(_WRITTEN.findall(journal)):
            word = self._evm.storage(f"0x{owner}", int(slot))
            written.setdefault(bytes.fromhex(owner), {})[int(slot)] = word
        changes = {}
        for name, info in self._evm.journal_state.items():
            address = hex_bytes(name)
            code_hash = info.code_hash or NO_CODE_HASH
            code = b"" if code_hash == NO_CODE_HASH else info.code or b""
            words = written.get(address, {})
            changes[address] = Change(info.nonce, info.balance, code, code_hash, words)
        for name in _DESTROYED.findall(journal):
            changes[bytes.fromhex(name)] = Change(0, 0, b"", NO_CODE_HASH)
        return changes
