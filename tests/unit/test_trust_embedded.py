"""The chain inside the process."""

import pytest
import rlp
from hypothesis import given
from hypothesis import strategies as st

from tests.chains import GENESIS_S
from tests.contracts import RUNTIME, ask, call, creation, send, signed, stored
from waypost.errors import RpcError
from waypost.trust.embedded import EmbeddedChain


@pytest.fixture
def contract(embedded: EmbeddedChain) -> bytes:
    receipt = send(embedded, b"", creation(RUNTIME))
    assert receipt["status"] == "0x1"
    return bytes.fromhex(receipt["contractAddress"][2:])


def test_an_empty_chain() -> None:
    chain = EmbeddedChain(GENESIS_S, chain_id=5)
    block = ask(chain, "eth_getBlockByNumber", "latest", False)
    assert ask(chain, "eth_chainId") == "0x5"
    assert ask(chain, "eth_blockNumber") == block["number"] == "0x0"
    assert int(block["timestamp"], 16) == GENESIS_S
    assert ask(chain, "eth_getCode", "0x" + "11" * 20, "latest") == "0x"
    assert ask(chain, "eth_getTransactionReceipt", "0x" + "00" * 32) is None
    assert ask(chain, "eth_getBlockByNumber", "0x1", False) is None
    assert call(chain, bytes(19) + b"\x99", b"") == b""
    assert EmbeddedChain(GENESIS_S, chain_id=6).head.hash != chain.head.hash


def test_each_transaction_makes_a_block(embedded: EmbeddedChain, contract: bytes) -> None:
    code = ask(embedded, "eth_getCode", "0x" + contract.hex(), "latest")
    assert code == "0x" + RUNTIME.hex()
    first = embedded.head
    receipt = send(embedded, contract, b"\x2a".rjust(32, b"\0"), now_s=GENESIS_S + 12)
    assert embedded.head.number == first.number + 1
    assert embedded.head.hash != first.hash
    assert embedded.head.timestamp == GENESIS_S + 12
    assert receipt["blockHash"] == "0x" + embedded.head.hash.hex()
    assert receipt["blockNumber"] == hex(embedded.head.number)
    assert receipt["contractAddress"] is None
    assert receipt["logs"] == [
        {
            "transactionHash": receipt["transactionHash"],
            "transactionIndex": "0x0",
            "blockNumber": receipt["blockNumber"],
            "blockHash": receipt["blockHash"],
            "logIndex": "0x0",
            "address": "0x" + contract.hex(),
            "topics": ["0x" + "00" * 31 + "07"],
            "data": "0x" + "00" * 31 + "2a",
            "removed": False,
        }
    ]
    send(embedded, contract, bytes(32), now_s=GENESIS_S)  # a clock that was set back
    assert embedded.head.timestamp == GENESIS_S + 12


def test_a_read_sees_the_head_block_and_changes_nothing(
    embedded: EmbeddedChain, contract: bytes
) -> None:
    send(embedded, contract, b"\1" * 32, now_s=GENESIS_S + 7)
    head = embedded.head
    pin = {"blockHash": "0x" + head.hash.hex(), "requireCanonical": True}
    for where in ("latest", hex(head.number), pin):
        answer = call(embedded, contract, b"\2" * 32, where)
        assert answer == head.number.to_bytes(32, "big") + head.timestamp.to_bytes(32, "big")
    assert embedded.head == head
    assert stored(embedded, contract) == b"\1" * 32


def test_a_read_of_an_older_block_sees_its_state(embedded: EmbeddedChain, contract: bytes) -> None:
    blocks = []
    for value in range(1, 4):
        send(embedded, contract, bytes([value]) * 32, now_s=GENESIS_S + value)
        blocks.append(embedded.head)
    for value, block in enumerate(blocks, 1):
        for where in (hex(block.number), {"blockHash": "0x" + block.hash.hex()}):
            assert stored(embedded, contract, where) == bytes([value]) * 32
            answer = call(embedded, contract, b"\7" * 32, where)
            assert answer[32:] == block.timestamp.to_bytes(32, "big")
    assert stored(embedded, contract) == b"\3" * 32
    receipt = send(embedded, contract, b"\3" * 32)  # what is there already costs less
    assert int(receipt["gasUsed"], 16) < 25_000


def test_what_never_was_a_block_is_not_found(embedded: EmbeddedChain, contract: bytes) -> None:
    for where in ("0x99", {"blockHash": "0x" + "00" * 32}, {"blockNumber": "0x99"}):
        with pytest.raises(RpcError, match="block not found"):
            call(embedded, contract, bytes(32), where)


def test_a_revert_is_told_with_its_bytes(embedded: EmbeddedChain, contract: bytes) -> None:
    with pytest.raises(RpcError, match="execution reverted") as refused:
        call(embedded, contract, b"")
    assert (refused.value.code, refused.value.data) == (3, bytes.fromhex("deadbeef"))
    with pytest.raises(RpcError, match="execution reverted"):
        ask(embedded, "eth_estimateGas", {"to": "0x" + contract.hex(), "data": "0x"})


def test_a_transaction_that_fails_changes_nothing_but_the_nonce(
    embedded: EmbeddedChain, contract: bytes
) -> None:
    send(embedded, contract, b"\1" * 32)
    for data, gas_max in ((b"", 1_000_000), (b"\2" * 32, 22_000)):
        before = embedded.head
        receipt = send(embedded, contract, data, gas_max=gas_max)
        assert 21_000 < int(receipt["gasUsed"], 16) <= gas_max
        assert (receipt["status"], receipt["logs"]) == ("0x0", [])
        assert embedded.head.number == before.number + 1
    assert stored(embedded, contract) == b"\1" * 32
    assert send(embedded, contract, b"\3" * 32)["status"] == "0x1"


def test_the_estimate_is_enough_and_not_much_more(
    embedded: EmbeddedChain, contract: bytes
) -> None:
    data = b"\1" * 32
    message = {"to": "0x" + contract.hex(), "data": "0x" + data.hex()}
    estimate = int(ask(embedded, "eth_estimateGas", message), 16)
    receipt = send(embedded, contract, data, gas_max=estimate)
    assert receipt["status"] == "0x1"
    assert int(receipt["gasUsed"], 16) <= estimate <= 1.1 * int(receipt["gasUsed"], 16)
    create = {"data": "0x" + creation(RUNTIME).hex()}
    estimate = int(ask(embedded, "eth_estimateGas", create), 16)
    assert send(embedded, b"", creation(RUNTIME), gas_max=estimate)["status"] == "0x1"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"chainId": 1}, "31337"),
        ({"nonce": 7}, "the next nonce"),
        ({"value": 1}, "LackOfFund"),
        ({"gas": 100}, "gas limit is 100"),
        ({"gas": 30_000_001}, "30000000 gas"),
    ],
)
def test_what_does_not_fit_the_chain_is_refused(
    embedded: EmbeddedChain, contract: bytes, change: dict, words: str
) -> None:
    before = embedded.head
    with pytest.raises(RpcError, match=words):
        send(embedded, contract, b"\1" * 32, **change)
    assert embedded.head == before


def test_what_it_cannot_do_is_refused(embedded: EmbeddedChain) -> None:
    with pytest.raises(RpcError, match="eth_mining does not exist") as refused:
        ask(embedded, "eth_mining")
    assert refused.value.code == -32601


RAW = signed(to=b"\x11" * 20, data=b"data")
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
def test_what_is_no_signed_transaction_is_refused(embedded: EmbeddedChain, raw: bytes) -> None:
    with pytest.raises(RpcError, match="EIP-1559"):
        ask(embedded, "eth_sendRawTransaction", "0x" + raw.hex())


@given(st.binary(max_size=200))
def test_any_bytes_are_decoded_or_refused(tail: bytes) -> None:
    with pytest.raises(RpcError, match="EIP-1559"):
        ask(EmbeddedChain(GENESIS_S), "eth_sendRawTransaction", "0x02" + tail.hex())
