"""The record of the development chain: true to the artifact, and what a deployment writes."""

import json
import os
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import eth_abi
import pytest
from Crypto.Hash import keccak

from tests.chains import running_anvil

CONTRACTS = Path(__file__).parents[2] / "contracts"
RECORD = json.loads((CONTRACTS / "deployments/31337.json").read_text(encoding="utf-8"))
ARTIFACT = json.loads(
    files("waypost.trust").joinpath("artifacts/ServerRegistry.json").read_text(encoding="utf-8")
)
CREATE2_DEPLOYER = bytes.fromhex("4e59b44847b379578588920cA78FbF26c0B4956C")
ADVICE = "the contract changed: run `npm run deploy` on a fresh anvil and commit the record"


def _keccak(data: bytes) -> bytes:
    return keccak.new(digest_bits=256, data=data).digest()


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def test_the_record_describes_the_committed_artifact():
    abi = json.dumps(ARTIFACT["abi"], separators=(",", ":"), ensure_ascii=False)
    settings = dict(ARTIFACT["compiler"])
    assert RECORD["solc"] == settings.pop("version"), ADVICE
    assert RECORD["settings"] == settings, ADVICE
    assert RECORD["name"] == ARTIFACT["contractName"]
    assert RECORD["codeHash"] == ARTIFACT["codeHash"], ADVICE
    assert RECORD["abiHash"] == "0x" + _keccak(abi.encode()).hex(), ADVICE
    assert RECORD["slots"] == ARTIFACT["storage"], ADVICE


def test_the_address_follows_from_code_arguments_and_salt():
    given = RECORD["arguments"]
    arguments = eth_abi.encode(
        ["address", "uint48", "address", "address", "address", "bytes32", "string"],
        [
            given["ADMIN"],
            int(given["ADMIN_DELAY_S"]),
            given["CURATOR"],
            given["GUARDIAN"],
            given["PROVIDER_OWNER"],
            _bytes(given["METADATA_HASH"]),
            given["METADATA_URI"],
        ],
    )
    creation = _keccak(_bytes(ARTIFACT["bytecode"]) + arguments)
    hashed = _keccak(b"\xff" + CREATE2_DEPLOYER + _bytes(RECORD["salt"]) + creation)
    assert _bytes(RECORD["address"]) == hashed[-20:], ADVICE


@pytest.mark.anvil
@pytest.mark.forge
def test_a_fresh_chain_gives_the_committed_record(tmp_path):
    tools = CONTRACTS / "node_modules" / ".bin"
    path = os.pathsep.join([str(tools), os.environ["PATH"]])
    if shutil.which("forge", path=path) is None or shutil.which("node") is None:
        pytest.skip("forge and node are not here: `make tools` brings them")
    if not (tools.parent / "solc").is_dir():
        pytest.skip("contracts/node_modules is not installed: `make tools` brings it")
    out = tmp_path / "31337.json"
    with running_anvil() as url:
        subprocess.run(
            ["node", "tools/deploy.js", "--rpc", url, "--out", out],
            cwd=CONTRACTS,
            env=os.environ | {"PATH": path},
            check=True,
            timeout=250,
        )
    made = json.loads(out.read_text(encoding="utf-8"))
    assert len(_bytes(made.pop("txHash"))) == 32  # it depends on the gas that forge estimates
    assert made == {name: RECORD[name] for name in RECORD if name != "txHash"}, ADVICE
