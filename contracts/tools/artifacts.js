#!/usr/bin/env node
// Writes what the Python package needs of the compiled contracts. Run by `npm run artifacts`.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { keccak256 } = require("js-sha3");

const CONTRACTS = path.join(__dirname, "..");
const TARGET = process.argv[2]
  ?? path.join(CONTRACTS, "../engine/waypost/trust/artifacts");
const NAMESPACE = "serverregistry.v1";
const READERS = ["BatchReader", "DeploylessReader"];
const CURATION = ["StakeCuration", "MultisigArbitrator", "TokenVoteArbitrator", "FixedSupplyToken"];

const compiled = (name) =>
  JSON.parse(fs.readFileSync(path.join(CONTRACTS, `out/${name}.sol/${name}.json`)));

/** keccak256 of hex text, as hex text. */
const keccak = (hex) => "0x" + keccak256(Buffer.from(hex.replace(/^0x/, ""), "hex"));

/** ERC-7201: keccak256(keccak256(namespace) - 1), last byte cleared. */
function namespaceBase(namespace) {
  const hash = BigInt("0x" + keccak256(namespace)) - 1n;
  return keccak(hash.toString(16).padStart(64, "0")).slice(0, 64) + "00";
}

/** The members of the namespaced struct, each with its absolute slot. */
function namespacedLayout(base) {
  const { storage, types } = compiled("LayoutProbe").storageLayout;
  return types[storage[0].type].members.map(({ label, slot, type }) => ({
    label,
    slot: "0x" + (BigInt(base) + BigInt(slot)).toString(16).padStart(64, "0"),
    type: types[type].label,
  }));
}

/** Where the registry keeps its state: its slots are read without its code. */
function registryStorage({ storageLayout }) {
  const base = namespaceBase(NAMESPACE);
  return {
    namespace: NAMESPACE,
    base,
    members: namespacedLayout(base),
    inherited: storageLayout.storage.map(
      ({ label, slot, offset, type }) =>
        ({ label, slot: Number(slot), offset, type: storageLayout.types[type].label })),
  };
}

/** The hash of the deployed code, null where immutables make it differ between deployments. */
function codeHash({ deployedBytecode }) {
  const immutables = Object.keys(deployedBytecode.immutableReferences ?? {});
  return immutables.length ? null : keccak(deployedBytecode.object);
}

function write(contractName, contract, more = {}) {
  const { compiler, settings } = contract.metadata;
  const artifact = {
    contractName,
    compiler: {
      version: compiler.version,
      evmVersion: settings.evmVersion,
      viaIR: settings.viaIR ?? false,
      optimizer: settings.optimizer,
      metadata: settings.metadata,
      remappings: settings.remappings,
    },
    codeHash: codeHash(contract),
    ...more,
    methodIdentifiers: contract.methodIdentifiers,
    abi: contract.abi,
    bytecode: contract.bytecode.object,
  };
  const target = path.join(TARGET, `${contractName}.json`);
  fs.writeFileSync(target, JSON.stringify(artifact, null, 1) + "\n");
}

const registry = compiled("ServerRegistry");
if (codeHash(registry) === null) {
  throw new Error("immutables would make the code hash differ from one deployment to the next");
}
write("ServerRegistry", registry, { storage: registryStorage(registry) });
for (const name of CURATION) write(name, compiled(name));
for (const name of READERS) {
  const reader = compiled(name);
  write(name, reader, { deployedBytecode: reader.deployedBytecode.object });
}
