"""Signed transactions, as eth_sendRawTransaction takes them: EIP-1559, without an access list."""

from dataclasses import dataclass

from hexbytes import HexBytes

from waypost._ext.digest import keccak256
from waypost.errors import RpcError
from waypost.trust.embedded.machine import Message
from waypost.trust.embedded.params import INVALID_PARAMS
from waypost.trust.exchange import hex_bytes


@dataclass(frozen=True, slots=True)
class Signed:
    """A transaction, and who signed it."""

    raw: bytes
    hash: bytes
    chain_id: int
    nonce: int
    message: Message


def decoded(raw: bytes) -> Signed:
    """The transaction in these bytes. Raises RpcError."""
    # Half a second that only whoever sends a transaction pays.
    from eth_account import Account  # noqa: PLC0415
    from eth_account.typed_transactions.dynamic_fee_transaction import (  # noqa: PLC0415
        DynamicFeeTransaction,
    )

    try:
        fields = DynamicFeeTransaction.from_bytes(HexBytes(raw)).as_dict()
        if not fields["accessList"] and len(fields["to"]) in (0, 20):
            sender = hex_bytes(Account.recover_transaction(raw))
            to = bytes(fields["to"]) or None
            gas_max, value = fields["gas"], fields["value"]
            message = Message(sender, to, bytes(fields["data"]), value, gas_max)
            return Signed(raw, keccak256(raw), fields["chainId"], fields["nonce"], message)
    except Exception:  # eth-account has one of its own for each way in which bytes are none
        pass
    words = "want a signed EIP-1559 transaction without an access list"
    raise RpcError("rpc-error", words, code=INVALID_PARAMS)
