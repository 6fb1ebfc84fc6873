#!/usr/bin/env node
// Writes what the Python package needs of the compiled registry. Run by `npm run artifacts`.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { keccak256 } = require("js-sha3");

const CONTRACTS = path.join(__dirname, "..");
const TARGET = process.argv[2]
  ?? path.join(CONTRACTS, "../engine/waypost/trust/artifacts/ServerRegistry.json");
const NAMESPACE = "serverregistry.v1";

const compiled = (source, name) =>
  JSON.parse(fs.readFileSync(path.join(CONTRACTS, `out/${source}/${name}.json`)));

/** keccak256 of hex text, as hex text. */
const keccak = (hex) => "0x" + keccak256(Buffer.from(hex.replace(/^0x/, ""), "hex"));

/** ERC-7201: keccak256(keccak256(namespace) - 1), last byte cleared. */
function namespaceBase(namespace) {
  const hash = BigInt("0x" + keccak256(namespace)) - 1n;
  return keccak(hash.toString(16).padStart(64, "0")).slice(0, 64) + "00";
}

/** The members of the namespaced struct, each with its absolute slot. */
function namespacedLayout(base) {
  const { storage, types } = compiled("LayoutProbe.sol", "LayoutProbe").storageLayout;
  return types[storage[0].type].members.map(({ label, slot, type }) => ({
    label,
    slot: "0x" + (BigInt(base) + BigInt(slot)).toString(16).padStart(64, "0"),
    type: types[type].label,
  }));
}

const registry = compiled("ServerRegistry.sol", "ServerRegistry");
if (Object.keys(registry.deployedBytecode.immutableReferences ?? {}).length) {
  throw new Error("immutables would make the code hash differ from one deployment to the next");
}
const { compiler, settings } = registry.metadata;
const base = namespaceBase(NAMESPACE);
const artifact = {
  contractName: "ServerRegistry",
  compiler: {
    version: compiler.version,
    evmVersion: settings.evmVersion,
    viaIR: settings.viaIR ?? false,
    optimizer: settings.optimizer,
    metadata: settings.metadata,
    remappings: settings.remappings,
  },
  codeHash: keccak(registry.deployedBytecode.object),
  storage: {
    namespace: NAMESPACE,
    base,
    members: namespacedLayout(base),
    inherited: registry.storageLayout.storage.map(
      ({ label, slot, offset, type }) =>
        ({ label, slot: Number(slot), offset, type: registry.storageLayout.types[type].label })),
  },
  methodIdentifiers: registry.methodIdentifiers,
  abi: registry.abi,
  bytecode: registry.bytecode.object,
};
fs.writeFileSync(TARGET, JSON.stringify(artifact, null, 1) + "\n");
