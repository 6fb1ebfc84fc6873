#!/usr/bin/env node
// Deploys the registry by script/Deploy.s.sol and writes down where it is.
//
//   npm run deploy -- --rpc URL [--out FILE] [what forge script shall sign with: --keystore FILE ...]
//
// On a development chain (31337) its first account signs and the arguments are those below; on any
// other chain they are read from the environment. FILE is deployments/<chainId>.json if not given.
"use strict";
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { parseArgs } = require("node:util");
const { keccak256 } = require("js-sha3");

const CONTRACTS = path.join(__dirname, "..");
const ARTIFACT = path.join(CONTRACTS, "../engine/waypost/trust/artifacts/ServerRegistry.json");
const DEVELOPMENT_CHAIN = 31337;
const DEVELOPMENT = { // the first accounts of anvil
  ADMIN: "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
  ADMIN_DELAY_S: "172800",
  CURATOR: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
  GUARDIAN: "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC",
  PROVIDER_OWNER: "0x90F79bf6EB2c4f870365E785982E1f101E93b906",
  METADATA_HASH: "0x" + "0".repeat(64),
  METADATA_URI: "",
  SALT: "0x" + Buffer.from("serverregistry.v1").toString("hex").padEnd(64, "0"),
};

const fail = (why) => { console.error(`deploy: ${why}`); process.exit(1); };

/** An address with the case that EIP-55 gives its letters. */
function checksummed(address) {
  const hash = keccak256(address.slice(2));
  return address.replace(/[a-f]/g, (letter, at) => (hash[at - 2] >= "8" ? letter.toUpperCase() : letter));
}

function connection(url) {
  return async (method, ...params) => {
    const reply = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    }).catch((error) => fail(`${url} does not answer: ${error.cause?.code ?? error.message}`));
    const { result, error } = await reply.json();
    if (error) fail(`${method}: ${error.message}`);
    return result;
  };
}

/** What the constructor and CREATE2 are given, by the names that script/Deploy.s.sol reads. */
function settingsOf(chainId) {
  const given = chainId === DEVELOPMENT_CHAIN ? DEVELOPMENT : process.env;
  const missing = Object.keys(DEVELOPMENT).filter((name) => given[name] === undefined);
  if (missing.length) fail(`chain ${chainId} needs ${missing.join(", ")} in the environment`);
  return Object.fromEntries(Object.keys(DEVELOPMENT).map((name) => [name, given[name]]));
}

/** Runs the script; returns the hash of the transaction that it sent. */
function send(chainId, url, settings, signing) {
  fs.mkdirSync(path.join(CONTRACTS, "cache"), { recursive: true }); // before the first build
  const broadcast = fs.mkdtempSync(path.join(CONTRACTS, "cache/deploy-"));
  const command = ["script", "script/Deploy.s.sol", "--rpc-url", url, "--broadcast", ...signing];
  try {
    execFileSync("forge", command, {
      cwd: CONTRACTS,
      stdio: ["inherit", "ignore", "inherit"],
      env: { ...process.env, ...settings, FOUNDRY_BROADCAST: broadcast },
    });
    const run = path.join(broadcast, `Deploy.s.sol/${chainId}/run-latest.json`);
    return JSON.parse(fs.readFileSync(run)).transactions[0].hash;
  } catch (error) {
    return fail(`forge script failed: ${error.message}`);
  } finally {
    fs.rmSync(broadcast, { recursive: true });
  }
}

/** What deployments/<chainId>.json says: the place, then how it was built. */
async function record(rpc, chainId, txHash, { SALT: salt, ...arguments_ }) {
  const artifact = JSON.parse(fs.readFileSync(ARTIFACT));
  const receipt = await rpc("eth_getTransactionReceipt", txHash);
  const { logs: [{ address }], blockNumber } = receipt;
  const code = await rpc("eth_getCode", address, "latest");
  const codeHash = "0x" + keccak256(Buffer.from(code.slice(2), "hex"));
  if (codeHash !== artifact.codeHash) fail(`${address} holds other code than the artifact names`);
  const { version, ...settings } = artifact.compiler;
  return {
    name: artifact.contractName,
    chainId,
    address: checksummed(address),
    deployBlock: Number(blockNumber),
    txHash,
    salt,
    arguments: arguments_,
    codeHash,
    solc: version,
    settings,
    abiHash: "0x" + keccak256(JSON.stringify(artifact.abi)),
    slots: artifact.storage,
  };
}

async function main() {
  const { values, tokens } = parseArgs({ strict: false, tokens: true, options: {
    rpc: { type: "string" }, out: { type: "string" },
  } });
  if (!values.rpc) fail("say which node: --rpc URL");
  const own = new Set(tokens.filter(({ name }) => ["rpc", "out"].includes(name))
    .flatMap(({ index, inlineValue }) => (inlineValue ? [index] : [index, index + 1])));
  const signing = process.argv.slice(2).filter((_, index) => !own.has(index));

  const rpc = connection(values.rpc);
  const chainId = Number(await rpc("eth_chainId"));
  if (chainId === DEVELOPMENT_CHAIN) signing.push("--unlocked", "--sender", DEVELOPMENT.ADMIN);
  const settings = settingsOf(chainId);
  const txHash = send(chainId, values.rpc, settings, signing);
  const file = values.out ?? path.join(CONTRACTS, `deployments/${chainId}.json`);
  const written = await record(rpc, chainId, txHash, settings);
  fs.writeFileSync(file, JSON.stringify(written, null, 2) + "\n");
  console.log(`${written.name} at ${written.address}, block ${written.deployBlock}: ${file}`);
}

main();
