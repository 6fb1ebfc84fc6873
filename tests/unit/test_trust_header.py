"""Headers of real nodes, one of each fork, and what is refused."""

import json
from pathlib import Path

import pytest
import rlp

from tests.oracle.trie import keccak256
from waypost.errors import RpcError
from waypost.trust.proofs.header import header_in, header_of

VECTORS = json.loads((Path(__file__).parents[1] / "vectors/trust/headers.json").read_text())
NEWEST = VECTORS["anvil"]
FROM_LONDON_ON = [
    "baseFeePerGas",
    "withdrawalsRoot",
    "blobGasUsed",
    "excessBlobGas",
    "parentBeaconBlockRoot",
    "requestsHash",
    "blockAccessListHash",
    "slotNumber",
]


@pytest.mark.parametrize("name", VECTORS)
def test_a_real_header_has_its_hash(name):
    block = VECTORS[name]
    header = header_in(block)
    assert "0x" + header.hash.hex() == block["hash"]
    assert "0x" + header.state_root.hex() == block["stateRoot"]
    assert header.block == (int(block["number"], 16), header.hash, int(block["timestamp"], 16))
    assert header_of(header.rlp) == header


def rehashed(block):
    """The block with the hash of the fields that it has."""
    order = list(VECTORS["frontier"])
    names = [name for name in [*order, *FROM_LONDON_ON] if name != "hash" and name in block]
    numbers = {"difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas"}
    numbers |= {"blobGasUsed", "excessBlobGas", "slotNumber"}
    items = [
        int(block[name], 16) if name in numbers else bytes.fromhex(block[name][2:])
        for name in names
    ]
    return block | {"hash": "0x" + keccak256(rlp.encode(items)).hex()}


@pytest.mark.parametrize("count", range(len(FROM_LONDON_ON) + 1))
def test_each_fork_adds_fields(count):
    block = dict(VECTORS["frontier"])
    for name in FROM_LONDON_ON[:count]:
        block[name] = NEWEST.get(name) or ("0x10" if name == "slotNumber" else "0x" + "ab" * 32)
    block = rehashed(block)
    header = header_in(block)
    assert "0x" + header.hash.hex() == block["hash"]
    assert len(rlp.decode(header.rlp)) == 15 + count
    if count < len(FROM_LONDON_ON):  # a node may say null where a fork's field is missing
        assert header_in(block | {FROM_LONDON_ON[count]: None}) == header


def why_refused(block):
    with pytest.raises(RpcError) as caught:
        header_in(block)
    assert caught.value.reason == "bad-header"
    return caught.value.detail


@pytest.mark.parametrize("name", [*VECTORS["frontier"], *FROM_LONDON_ON[:6]])
def test_every_field_counts(name):
    value = NEWEST[name]
    changed = value[:-1] + ("1" if value.endswith("0") else "0") if value != "0x" else "0x01"
    assert "another hash than its fields" in why_refused(NEWEST | {name: changed})
    assert name in why_refused(NEWEST | {name: "0xyz"})
    assert why_refused({key: NEWEST[key] for key in NEWEST if key != name})
    for junk in (0, [], {}, True, "", "0x" + "00" * 300, "é"):
        assert why_refused(NEWEST | {name: junk})


def test_a_fork_that_is_not_known_is_named():
    block = NEWEST | {"hash": "0x" + "11" * 32, "gasPerFrob": "0x1", "\x1b[31m": "0x2"}
    assert why_refused(block) == (
        f"block {int(NEWEST['number'], 16)} has another hash than its fields: "
        "the node lies, or gasPerFrob is a field of a newer fork"
    )
    assert header_in(NEWEST | {"gasPerFrob": "0x1"}) == header_in(NEWEST)


@pytest.mark.parametrize("answer", [None, [], "0x", 1, RpcError("bad-answer", "none")])
def test_what_is_no_block(answer):
    with pytest.raises(RpcError, match=r"^bad-answer"):
        header_in(answer)


def with_item(place, item):
    items = rlp.decode(header_in(NEWEST).rlp)
    items[place] = item
    return rlp.encode(items)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x80",
        b"\xc0",
        rlp.encode([b""] * 14),
        rlp.encode([[]] * 15),
        header_in(NEWEST).rlp + b"\x00",
        with_item(3, bytes(31)),
        with_item(8, b"\x00\x01"),
        with_item(8, b"\x01" * 9),
        with_item(11, b"\x01" * 9),
    ],
)
def test_bytes_that_are_no_header(raw):
    with pytest.raises(RpcError, match=r"^bad-header"):
        header_of(raw)


def test_fields_of_forks_to_come_do_not_hide_a_trusted_header():
    items = [*rlp.decode(header_in(NEWEST).rlp), b"new"]
    header = header_of(rlp.encode(items))
    assert header.hash == keccak256(rlp.encode(items))
    assert header.state_root == items[3]
