"""Ethereum transactions with a fee market (EIP-1559, type 2): signed, encoded, decoded."""

from dataclasses import dataclass
from typing import Any, Protocol

import rlp  # type: ignore[import-untyped]

from waypost._ext.digest import keccak256
from waypost._ext.secp256k1 import decompress, recover
from waypost.errors import RpcError

_TYPE = b"\x02"
_FIELD_COUNT = 12  # nine of the transaction, three of its signature


class Signer(Protocol):
    """Who signs: a `SecretKey`, a `PrivateKey`, or whatever else holds a key."""

    @property
    def address(self) -> bytes:
        """The Ethereum address, 20 bytes."""

    def sign_recoverable(self, hash: bytes, /) -> bytes:
        """r || s || v, 65 bytes with v 0 or 1, over a hash of 32 bytes."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction without an access list. `to` is 20 bytes, or empty to create a contract."""

    chain_id: int
    nonce: int
    tip_wei: int  # at most so much for the block's producer, per unit of gas
    fee_wei_max: int  # at most so much in all, per unit of gas
    gas_max: int
    to: bytes
    data: bytes
    value_wei: int = 0

    def signed_by(self, signer: Signer) -> bytes:
        """The raw transaction, ready to be sent."""
        fields = self._fields()
        signature = signer.sign_recoverable(keccak256(_TYPE + rlp.encode(fields)))
        r, s, v = signature[:32], signature[32:64], signature[64]
        numbers = [v, int.from_bytes(r, "big"), int.from_bytes(s, "big")]
        return _TYPE + bytes(rlp.encode(fields + numbers))

    def _fields(self) -> list[Any]:
        return [
            self.chain_id,
            self.nonce,
            self.tip_wei,
            self.fee_wei_max,
            self.gas_max,
            self.to,
            self.value_wei,
            self.data,
            [],
        ]


def decode_transaction(raw: bytes) -> tuple[Transaction, bytes]:
    """A signed transaction and its sender's 20-byte address. Raises RpcError (`rpc-error`)."""
    try:
        *head, to, value, data, access_list, v, r, s = _signed_fields(raw)
        signature = r.rjust(32, b"\0") + s.rjust(32, b"\0") + (v or b"\0")
        numbers = (int.from_bytes(number, "big") for number in (*head, value))
        chain_id, nonce, tip_wei, fee_wei_max, gas_max, value_wei = numbers
        transaction = Transaction(
            chain_id, nonce, tip_wei, fee_wei_max, gas_max, to, data, value_wei
        )
        signed = keccak256(_TYPE + rlp.encode(transaction._fields()))
        public_key = recover(signature, signed)
        if access_list == [] and len(to) in (0, 20) and public_key is not None:
            return transaction, keccak256(decompress(public_key))[12:]
    except (rlp.DecodingError, ValueError):
        pass
    message = "want a signed EIP-1559 transaction without an access list"
    raise RpcError("rpc-error", message, code=-32602)


def _signed_fields(raw: bytes) -> list[Any]:
    """The twelve fields, all of them bytes but for the access list. Raises ValueError."""
    if raw[:1] != _TYPE:
        raise ValueError("another type of transaction")
    fields = rlp.decode(raw[1:])
    if not isinstance(fields, list) or len(fields) != _FIELD_COUNT:
        raise ValueError("not the fields of a transaction")
    if not all(isinstance(field, bytes) for field in fields[:8] + fields[9:]):
        raise ValueError("a list where bytes belong")
    return fields
