"""EIP-1559 transactions: byte for byte those of eth-account, and decoders that refuse the rest."""

import pytest
import rlp
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from waypost._ext.secp256k1 import SecretKey
from waypost.errors import RpcError
from waypost.trust.transaction import Transaction, decode_transaction

SECRET = b"\x01" * 32
KEY = SecretKey(SECRET)
TRANSACTION = Transaction(
    chain_id=31337,
    nonce=3,
    tip_wei=1,
    fee_wei_max=10,
    gas_max=100_000,
    to=b"\x11" * 20,
    data=b"data",
    value_wei=5,
)
AMOUNTS = st.integers(0, 2**64 - 1)


@given(
    st.builds(
        Transaction,
        chain_id=st.integers(1, 2**32),
        nonce=AMOUNTS.filter(lambda nonce: nonce < 2**64 - 1),
        tip_wei=AMOUNTS,
        fee_wei_max=AMOUNTS,
        gas_max=AMOUNTS,
        to=st.just(b"") | st.binary(min_size=20, max_size=20),
        data=st.binary(max_size=100),
        value_wei=AMOUNTS,
    )
)
def test_a_signed_transaction_is_that_of_eth_account(transaction: Transaction) -> None:
    raw = transaction.signed_by(KEY)
    theirs = Account.from_key(SECRET).sign_transaction(
        {
            "type": 2,
            "chainId": transaction.chain_id,
            "nonce": transaction.nonce,
            "maxPriorityFeePerGas": transaction.tip_wei,
            "maxFeePerGas": transaction.fee_wei_max,
            "gas": transaction.gas_max,
            "to": transaction.to,
            "value": transaction.value_wei,
            "data": transaction.data,
        }
    )
    assert raw == theirs.raw_transaction
    assert decode_transaction(raw) == (transaction, KEY.address)


RAW = TRANSACTION.signed_by(KEY)
FIELDS = rlp.decode(RAW[1:])


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x02",
        b"\x02\xc0",
        RAW[:-1],
        RAW + b"\0",
        b"\x01" + RAW[1:],
        RAW[1:],
        b"\x02" + rlp.encode(FIELDS[:-1]),
        b"\x02" + rlp.encode([*FIELDS, b""]),
        b"\x02" + rlp.encode([*FIELDS[:-1], b""]),  # s = 0
        b"\x02" + rlp.encode([*FIELDS[:-1], b"\xff" * 33]),  # s too long
        b"\x02" + rlp.encode([*FIELDS[:9], b"\x04", *FIELDS[10:]]),  # no such recovery id
        b"\x02" + rlp.encode([*FIELDS[:9], [b"\x01"], *FIELDS[10:]]),  # lists where bytes belong
        b"\x02" + rlp.encode([[b"\x01"], *FIELDS[1:]]),
        b"\x02" + rlp.encode([*FIELDS[:5], [b"\x01"], *FIELDS[6:]]),
        b"\x02" + rlp.encode([*FIELDS[:8], [[b"\x11" * 20, []]], *FIELDS[9:]]),  # access list
    ],
)
def test_what_is_no_signed_transaction_is_refused(raw: bytes) -> None:
    with pytest.raises(RpcError, match="EIP-1559"):
        decode_transaction(raw)


@given(st.binary(max_size=200))
def test_any_bytes_are_decoded_or_refused(tail: bytes) -> None:
    with pytest.raises(RpcError, match="EIP-1559"):
        decode_transaction(b"\x02" + tail)
