"""The registry's ABI from its artifact: calldata, answers and errors."""

import json
from contextlib import suppress
from importlib import resources

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from waypost._ext.digest import keccak256
from waypost.errors import ConfigError, RpcError
from waypost.trust.administration.abi import registry_abi
from waypost.trust.reading.snapshot import SELECTOR, encode_snapshot

ABI = registry_abi()
ARTIFACT = json.loads(
    (resources.files("waypost.trust") / "artifacts/ServerRegistry.json").read_text("utf-8")
)
OWNER = bytes(range(20))


def test_selectors_are_those_of_the_compiler() -> None:
    selectors = {name.split("(")[0]: code for name, code in ARTIFACT["methodIdentifiers"].items()}
    assert SELECTOR.hex() == selectors["snapshot"]
    assert ABI.calldata("bumpEpoch", 1)[:4].hex() == selectors["bumpEpoch"]
    binding = (bytes(32), bytes(32), bytes(32), 0, 0, 0, b"", b"")
    assert ABI.calldata("addResources", 1, [binding])[:4].hex() == selectors["addResources"]


def test_the_fixed_shape_is_that_of_the_general_encoder() -> None:
    ids = [bytes([number]) * 32 for number in range(3)]
    general = ABI.calldata("snapshot", b"\x01" * 32, ids, [1, 7])
    assert encode_snapshot(b"\x01" * 32, ids, [1, 7]) == general


@pytest.mark.parametrize("args", [(), (1, 2), (-1,), (1 << 32,), ("1",), (None,)])
def test_arguments_that_do_not_fit_are_the_callers_mistake(args: tuple) -> None:
    with pytest.raises(ConfigError, match=r"bumpEpoch takes \(uint32\)"):
        ABI.calldata("bumpEpoch", *args)


def test_what_a_function_returned() -> None:
    assert ABI.returned("providerCount", (7).to_bytes(32, "big")) == (7,)
    with pytest.raises(RpcError, match="empty-answer"):
        ABI.returned("providerCount", b"")
    for data in (b"\x01", bytes(31), b"\xff" * 32):
        with pytest.raises(RpcError, match="bad-answer"):
            ABI.returned("providerCount", data)


def revert(signature: str, types: list[str], values: list) -> bytes:
    return keccak256(signature.encode())[:4] + encode(types, values)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (
            revert("NotAuthorized(uint32,address)", ["uint32", "address"], [1, OWNER]),
            f"NotAuthorized(id=1, caller=0x{OWNER.hex()})",
        ),
        (
            revert("NotListed(bytes32,bytes32)", ["bytes32"] * 2, [b"\x01" * 32, b"\x02" * 32]),
            f"NotListed(kind=0x{'01' * 32}, nodeId=0x{'02' * 32})",
        ),
        (revert("EmptyBatch()", [], []), "EmptyBatch()"),
        (revert("Error(string)", ["string"], ["paused"]), "paused"),
        (revert("Panic(uint256)", ["uint256"], [0x11]), "Panic(0x11)"),
        (revert("NotAuthorized(uint32,address)", [], []), "revert 0x"),
        (b"\x01\x02", "revert 0x0102"),
        (b"", "revert without a reason"),
    ],
)
def test_a_revert_is_put_into_words(data: bytes, words: str) -> None:
    assert ABI.explain(data).startswith(words)
    assert "\n" not in ABI.explain(data)


def test_a_contracts_own_words_are_one_line_whatever_they_are() -> None:
    for words in (b"\xff\xfe", b"\x1b[2J gone\r\n", "\u202eevil".encode(), b"x" * 9000):
        shown = ABI.explain(keccak256(b"Error(string)")[:4] + encode(["bytes"], [words]))
        assert shown.isprintable()
        assert 0 < len(shown) <= 200
    assert len(ABI.explain(bytes(9000))) <= 200


STRINGS = [b"https://a.example", b"\xff\xfe", b"\xc3", b"\xed\xa0\x80", b"\0\x1b[2J"]


@pytest.mark.parametrize("text", STRINGS)
def test_a_string_that_is_no_utf8_spoils_only_itself(text: bytes) -> None:
    data = encode(["bytes32", "bytes"], [b"\x01" * 32, text])
    hash_, uri = ABI.logged("ProviderMetadata", data)
    assert hash_ == b"\x01" * 32
    assert uri == text.decode("utf-8", "replace")


WORDS = st.one_of(
    st.binary(min_size=32, max_size=32),
    st.integers(0, 300).map(lambda number: number.to_bytes(32, "big")),
    st.sampled_from([1 << 63, 1 << 64, (1 << 256) - 1]).map(lambda n: n.to_bytes(32, "big")),
)


@given(
    st.sampled_from([name for name, entry in ABI._events.items() if entry["inputs"]]),
    st.sampled_from(ABI.reads()),
    st.lists(WORDS, max_size=10).map(b"".join),
)
def test_nothing_but_an_rpc_error_comes_of_any_bytes(event: str, read: str, data: bytes) -> None:
    for decode in (lambda: ABI.logged(event, data), lambda: ABI.returned(read, data)):
        with suppress(RpcError):
            decode()
    for selector in ABI._errors:
        ABI.explain(selector + data)
