"""The committed artifacts of the contracts: whole, at the agreed slots, equal to a rebuild."""

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
CURATION = ("StakeCuration", "MultisigArbitrator", "TokenVoteArbitrator", "FixedSupplyToken")
READERS = ("BatchReader", "DeploylessReader")
ARTIFACTS = {
    name: json.loads(
        files("waypost.trust").joinpath(f"artifacts/{name}.json").read_text(encoding="utf-8")
    )
    for name in ("ServerRegistry", *CURATION, *READERS)
}
ARTIFACT = ARTIFACTS["ServerRegistry"]
SOURCES = [
    "src/ServerRegistry.sol",
    "test/support/LayoutProbe.sol",
    *(f"src/curation/{name}.sol" for name in CURATION),
    *(f"src/lib/{name}.sol" for name in READERS),
]
WORD_B = 32
OWNER = "0x" + "11" * 20


def _keccak(data: bytes) -> bytes:
    return keccak.new(digest_bits=256, data=data).digest()


def _type_of(parameter: dict) -> str:
    if not parameter["type"].startswith("tuple"):
        return parameter["type"]
    members = ",".join(map(_type_of, parameter["components"]))
    return f"({members}){parameter['type'].removeprefix('tuple')}"


@pytest.mark.parametrize("name", ARTIFACTS)
def test_method_identifiers_are_the_selectors_of_the_abi(name):
    signatures = {
        f"{entry['name']}({','.join(map(_type_of, entry['inputs']))})"
        for entry in ARTIFACTS[name]["abi"]
        if entry["type"] == "function"
    }
    selectors = {s: _keccak(s.encode())[:4].hex() for s in signatures}
    assert ARTIFACTS[name]["methodIdentifiers"] == selectors


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


def _deploy(evm: pyrevm.EVM, name: str, types: list[str], arguments: list) -> str:
    code = bytes.fromhex(ARTIFACTS[name]["bytecode"][2:])
    return evm.deploy(OWNER, code + eth_abi.encode(types, arguments))


def test_curation_deploys_from_its_artifacts():
    evm = pyrevm.EVM()
    evm.set_balance(OWNER, 10**18)
    supply = ["string", "string", "uint256", "address"]
    token = _deploy(evm, "FixedSupplyToken", supply, ["Stake", "STK", 10**24, OWNER])
    arbitrators = [
        _deploy(evm, "MultisigArbitrator", ["address"], [OWNER]),
        _deploy(
            evm,
            "TokenVoteArbitrator",
            ["address", "uint40", "uint40", "uint128"],
            [token, 3600, 3600, 10**18],
        ),
    ]
    terms = "(uint128,uint40,uint40,uint40,uint16,address)"
    for arbitrator in arbitrators:
        # The registry is only asked later; any contract will do here.
        curation = _deploy(
            evm,
            "StakeCuration",
            ["address", "address", "address", terms],
            [token, token, OWNER, (10**18, 3600, 7200, 3600, 0, arbitrator)],
        )
        answer = evm.message_call(
            OWNER, curation, calldata=bytes.fromhex(_selector("StakeCuration", "parameters()"))
        )
        assert eth_abi.decode(["uint32", terms], answer)[1][5].lower() == arbitrator.lower()


def _selector(name: str, signature: str) -> str:
    return ARTIFACTS[name]["methodIdentifiers"][signature]


@pytest.mark.forge
def test_committed_artifacts_equal_a_rebuild(tmp_path):
    tools = CONTRACTS / "node_modules" / ".bin"
    path = os.pathsep.join([str(tools), os.environ["PATH"]])
    forge = shutil.which("forge", path=path)
    if forge is None or shutil.which("node") is None:
        pytest.skip("forge and node are not here: `make tools` brings them")
    if not (tools.parent / "solc").is_dir():
        pytest.skip("contracts/node_modules is not installed: `make tools` brings it")
    for command in ([forge, "build", *SOURCES], ["node", "tools/artifacts.js", tmp_path]):
        subprocess.run(
            command, cwd=CONTRACTS, env=os.environ | {"PATH": path}, check=True, timeout=250
        )
    for name, committed in ARTIFACTS.items():
        rebuilt = json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"))
        assert rebuilt == committed, f"{name} changed: run `npm run artifacts` in contracts/"
