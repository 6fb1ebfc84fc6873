"""The registry's ABI from its artifact: calldata, answers and errors."""

import json
from importlib import resources

import pytest
from eth_abi.abi import encode

from waypost._ext.digest import keccak256
from waypost.errors import ConfigError, RpcError
from waypost.trust.abi import registry_abi
from waypost.trust.snapshot import SELECTOR, encode_snapshot

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
