"""The committed artifacts of the registry: whole, at the agreed slots, and equal to a rebuild."""

import json
import os
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import eth_abi
import pyrevm
import pytest
from Crypto.Hash import keccak

CONTRACTS = Path(__file__).parents[2] / "contracts"
ARTIFACT = json.loads(
    files("waypost.trust").joinpath("artifacts/ServerRegistry.json").read_text(encoding="utf-8")
)
SOURCES = ["src/ServerRegistry.sol", "test/support/LayoutProbe.sol"]
WORD_B = 32
OWNER = "0x" + "11" * 20


def _keccak(data: bytes) -> bytes:
    return keccak.new(digest_bits=256, data=data).digest()


def _type_of(parameter: dict) -> str:
    if not parameter["type"].startswith("tuple"):
        return parameter["type"]
    members = ",".join(map(_type_of, parameter["components"]))
    return f"({members}){parameter['type'].removeprefix('tuple')}"


def test_method_identifiers_are_the_selectors_of_the_abi():
    signatures = {
        f"{entry['name']}({','.join(map(_type_of, entry['inputs']))})"
        for entry in ARTIFACT["abi"]
        if entry["type"] == "function"
    }
    assert ARTIFACT["methodIdentifiers"] == {s: _keccak(s.encode())[:4].hex() for s in signatures}


def test_state_lies_in_its_namespace_in_the_agreed_order():
    storage = ARTIFACT["storage"]
    seed = int.from_bytes(_keccak(storage["namespace"].encode())) - 1
    base = int.from_bytes(_keccak(seed.to_bytes(WORD_B))) & ~0xFF
    assert int(storage["base"], 16) == base
    members = [(member["label"], int(member["slot"], 16) - base) for member in storage["members"]]
    assert members == [
        ("registry", 0),
        ("resources", 1),
        ("providers", 2),
        ("kinds", 3),
        ("metadataHash", 4),
        ("pendingOwner", 5),
        ("operators", 6),
        ("nodeIds", 7),
        ("successor", 8),
    ]


def test_bytecode_deploys_to_the_code_that_the_artifact_names():
    evm = pyrevm.EVM()
    nobody = "0x" + "00" * 20
    arguments = eth_abi.encode(
        ["address", "uint48", "address", "address", "address", "bytes32", "string"],
        [OWNER, 0, nobody, nobody, OWNER, bytes(WORD_B), ""],
    )
    evm.set_balance(OWNER, 10**18)
    registry = evm.deploy(OWNER, bytes.fromhex(ARTIFACT["bytecode"][2:]) + arguments)
    assert "0x" + evm.basic(registry).code_hash.hex() == ARTIFACT["codeHash"]

    word = evm.storage(registry, int(ARTIFACT["storage"]["base"], 16))
    version, halted, provider_count = word & 0xFFFF, word >> 16 & 0xFF, word >> 24 & 0xFFFFFFFF
    assert (version, halted, provider_count) == (1, 0, 1)


@pytest.mark.forge
def test_committed_artifact_equals_a_rebuild(tmp_path):
    tools = CONTRACTS / "node_modules" / ".bin"
    path = os.pathsep.join([str(tools), os.environ["PATH"]])
    forge = shutil.which("forge", path=path)
    if forge is None or shutil.which("node") is None:
        pytest.skip("forge and node are not here: `make tools` brings them")
    if not (tools.parent / "solc").is_dir():
        pytest.skip("contracts/node_modules is not installed: `make tools` brings it")
    rebuilt = tmp_path / "ServerRegistry.json"
    for command in ([forge, "build", *SOURCES], ["node", "tools/artifacts.js", rebuilt]):
        subprocess.run(
            command, cwd=CONTRACTS, env=os.environ | {"PATH": path}, check=True, timeout=250
        )
    assert json.loads(rebuilt.read_text(encoding="utf-8")) == ARTIFACT, (
        "the contract changed: run `npm run artifacts` in contracts/"
    )
