"""Ethereum transactions with a fee market (EIP-1559, type 2): signed, encoded, decoded."""
from dataclasses import dataclass
from typing import Any, Protocol

import rlp  # type: ignore[import-untyped]
from waypost._ext.digest import keccak256
from waypost._ext.secp256k1 import decompress, recover
from waypost.errors import RpcError

_TYPE = b"\x02"


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
    tip_wei: int         # at most so much for the block's producer, per unit of gas
    fee_wei_max: int     # at most so much in all, per unit of gas
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
    """A signed transaction and the 20-byte address of its sender. Raises RpcError (`rpc-error`).
    """
    try:
        fields = rlp.decode(raw[1:]) if raw[:1] == _TYPE else []
        *head, to, value, data, access_list, v, r, s = fields
        chain_id, nonce, tip, fee, gas = (int.from_bytes(field, "big") for field in head)
        transaction = Transaction(
            chain_id, nonce, tip, fee, gas, to, data, int.from_bytes(value, "big")
        )
        signed = keccak256(_TYPE + rlp.encode(transaction._fields()))
        signature = r.rjust(32, b"\0") + s.rjust(32, b"\0") + (v or b"\0")
        public_key = recover(signature, signed)
    except (rlp.DecodingError, AttributeError, TypeError, ValueError):
        public_key = None
    if public_key is None or access_list:
        message = "want a signed EIP-1559 transaction without an access list"
        raise RpcError("rpc-error", message, code=-32602)
    return transaction, keccak256(decompress(public_key))[12:]
