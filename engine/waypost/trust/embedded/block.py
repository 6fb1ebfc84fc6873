"""A block: its header, whose hash is the block's, and what the chain keeps of it.

Headers have the fields of Cancun. Each holds one transaction, or none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from waypost._ext.digest import keccak256
from waypost._ext.rlp import encode
from waypost.trust.embedded.machine import BLOCK_GAS_MAX, Log, Outcome
from waypost.trust.embedded.merkle import EMPTY_ROOT, put, root_hash
from waypost.trust.verdict import Block

_NO_UNCLES = keccak256(encode([]))
_BLOOM_SIZE_B = 256
_TYPE = b"\x02"  # EIP-1559, of transactions and of their receipts


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction that is in a block."""

    raw: bytes
    hash: bytes
    sender: bytes
    nonce: int
    to: bytes | None
    outcome: Outcome

    @property
    def created(self) -> bytes | None:
        """The address of the contract that it creates, or would have if it had succeeded."""
        return None if self.to else keccak256(encode([self.sender, self.nonce]))[12:]


@dataclass(frozen=True, slots=True)
class Sealed:
    """A block of the chain, and the accounts and slots that it touched."""

    block: Block
    header: dict[str, Any]  # as JSON-RPC shows it
    touched: Mapping[bytes, Sequence[int]]
    receipt: dict[str, Any] | None = None

    @property
    def logs(self) -> list[dict[str, Any]]:
        return self.receipt["logs"] if self.receipt else []


def seal(
    parent: Block,
    timestamp: int,
    state_root: bytes,
    touched: Mapping[bytes, Sequence[int]],
    transaction: Transaction | None = None,
    *,
    extra: bytes = b"",
) -> Sealed:
    """The block after `parent`, with this root of the state after it."""
    number = parent.number + 1
    outcome = transaction.outcome if transaction else Outcome(gas_used=0)
    fields: dict[str, bytes | int] = {
        "parentHash": parent.hash,
        "sha3Uncles": _NO_UNCLES,
        "miner": bytes(20),
        "stateRoot": state_root,
        "transactionsRoot": _root_of_one(transaction.raw if transaction else None),
        "receiptsRoot": _root_of_one(_receipt_bytes(outcome) if transaction else None),
        "logsBloom": _bloom(outcome.logs),
        "difficulty": 0,
        "number": number,
        "gasLimit": BLOCK_GAS_MAX,
        "gasUsed": outcome.gas_used,
        "timestamp": timestamp,
        "extraData": extra,
        "mixHash": bytes(32),
        "nonce": bytes(8),
        "baseFeePerGas": 0,
        "withdrawalsRoot": EMPTY_ROOT,
        "blobGasUsed": 0,
        "excessBlobGas": 0,
        "parentBeaconBlockRoot": bytes(32),
    }
    rlp = encode(list(fields.values()))
    block = Block(number, keccak256(rlp), timestamp)
    header = {
        **{name: shown(value) for name, value in fields.items()},
        "hash": shown(block.hash),
        "size": shown(len(rlp)),
        "totalDifficulty": "0x0",
        "transactions": [shown(transaction.hash)] if transaction else [],
        "uncles": [],
        "withdrawals": [],
    }
    receipt = _receipt(transaction, block) if transaction else None
    return Sealed(block, header, touched, receipt)


def shown(value: bytes | int) -> str:
    """Bytes or a number as JSON-RPC writes them."""
    return f"0x{value.hex()}" if isinstance(value, bytes) else hex(value)


def _receipt(transaction: Transaction, block: Block) -> dict[str, Any]:
    outcome = transaction.outcome
    place = {
        "transactionHash": shown(transaction.hash),
        "transactionIndex": "0x0",
        "blockNumber": shown(block.number),
        "blockHash": shown(block.hash),
    }
    return {
        **place,
        "type": "0x2",
        "status": "0x0" if outcome.error else "0x1",
        "from": shown(transaction.sender),
        "to": shown(transaction.to) if transaction.to else None,
        "contractAddress": shown(transaction.created) if transaction.created else None,
        "gasUsed": shown(outcome.gas_used),
        "cumulativeGasUsed": shown(outcome.gas_used),
        "effectiveGasPrice": "0x0",
        "logsBloom": shown(_bloom(outcome.logs)),
        "logs": [
            {
                **place,
                "logIndex": shown(index),
                "address": shown(log.address),
                "topics": [shown(topic) for topic in log.topics],
                "data": shown(log.data),
                "removed": False,
            }
            for index, log in enumerate(outcome.logs)
        ],
    }


def _receipt_bytes(outcome: Outcome) -> bytes:
    """As the receipts' trie holds it (EIP-2718, Yellow Paper 4.4.1)."""
    logs = [[log.address, log.topics, log.data] for log in outcome.logs]
    status = 0 if outcome.error else 1
    return _TYPE + encode([status, outcome.gas_used, _bloom(outcome.logs), logs])


def _root_of_one(value: bytes | None) -> bytes:
    """The root of a trie that holds one value, at index 0, or none."""
    return root_hash(put(None, encode(0).hex(), value)) if value else EMPTY_ROOT


def _bloom(logs: Sequence[Log]) -> bytes:
    """Of addresses and topics, 3 bits each (Yellow Paper 4.4.1)."""
    bits = 0
    for entry in {part for log in logs for part in (log.address, *log.topics)}:
        digest = keccak256(entry)
        for at in (0, 2, 4):
            bits |= 1 << (int.from_bytes(digest[at : at + 2], "big") % (8 * _BLOOM_SIZE_B))
    return bits.to_bytes(_BLOOM_SIZE_B, "big")
