// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Slots} from "../../src/Slots.sol";
import {Binding, Status} from "../../src/Types.sol";
import {ProviderWord, ProviderWords, ResourceWord, ResourceWords} from "../../src/Words.sol";
import {IRegistry} from "./IRegistry.sol";
import {Json} from "./Json.sol";
import {Vm, vm} from "./Vm.sol";
import {WordVectors} from "./WordVectors.sol";

/// The statements of the shared vectors: what a node key signs, the digest and the signature. Each
/// is handed to a registry at the address that it names, which must accept it.
abstract contract StatementVectors is WordVectors {
    using Json for string;

    struct Statement {
        uint256 chainId;
        address registry;
        uint256 secret;
        string name;
        uint32 providerId;
        uint24 flags;
        uint48 nonce;
        uint256 deadline;
    }

    /// Keys A and B of the Discovery v5 wire test vectors.
    uint256 private constant KEY_A =
        0xeef77acb6c6a6eebc5b363a475ac583ec7eccdb42b6481424c60f59aa326547f;
    uint256 private constant KEY_B =
        0x66fb62bfbd66b9177a138c1e5cddbe4f7c30c343e94e68df8769459cb1cde628;
    address private constant HOME = address(uint160(uint256(keccak256("a registry"))));
    address private constant OWNER = address(0x01);

    error WrongVector(string what);

    function bindings() internal returns (string memory) {
        string[] memory rows = new string[](3);
        rows[0] = bindingRow(Statement(1, HOME, KEY_A, MAIL, 1, 0, 0, NOW + 3600));
        rows[1] = bindingRow(Statement(31_337, HOME, KEY_B, PUSH, 7, 0x010203, 5, NOW));
        rows[2] = bindingRow(
            Statement(
                type(uint64).max,
                address(type(uint160).max),
                KEY_A,
                PUSH,
                type(uint32).max,
                type(uint24).max,
                type(uint48).max - 1,
                type(uint256).max
            )
        );
        return Json.list(rows);
    }

    function releases() internal returns (string memory) {
        string[] memory rows = new string[](2);
        rows[0] = releaseRow(Statement(1, HOME, KEY_A, MAIL, 1, 0, 1, NOW + 3600));
        rows[1] = releaseRow(Statement(31_337, HOME, KEY_B, PUSH, 7, 0, 6, NOW));
        return Json.list(rows);
    }

    function bindingRow(Statement memory s) private returns (string memory row) {
        (Vm.Wallet memory key, bytes32 nodeId) = keyOf(s.secret);
        IRegistry registry = place(s, nodeId, ResourceWords.tombstone(s.nonce));
        bytes32 digest =
            registry.bindingDigest(kindOf(s.name), nodeId, s.providerId, s.flags, s.deadline);
        bytes memory sig = sign(s.secret, digest);
        vm.prank(OWNER);
        registry.addResource(
            s.providerId,
            Binding({
                kind: kindOf(s.name),
                x: bytes32(key.publicKeyX),
                y: bytes32(key.publicKeyY),
                flags: s.flags,
                expiresAt: 0,
                deadline: s.deadline,
                sig: sig,
                enr: ""
            })
        );
        row = header(s, key, nodeId).add("flags", s.flags);
        return Json.object(signed(row, s, digest, sig));
    }

    function releaseRow(Statement memory s) private returns (string memory row) {
        (Vm.Wallet memory key, bytes32 nodeId) = keyOf(s.secret);
        ResourceWord word =
            ResourceWords.pack(s.providerId, 1, Status.Active, 0, NOW, 0, s.nonce, 0);
        IRegistry registry = place(s, nodeId, word);
        bytes32 ids = keccak256(abi.encode(kindOf(s.name), uint256(Slots.BASE) + 7));
        vm.store(address(registry), ids, bytes32(uint256(1)));
        vm.store(address(registry), keccak256(abi.encode(ids)), nodeId);
        bytes32 digest = registry.releaseDigest(kindOf(s.name), nodeId, s.deadline);
        bytes memory sig = sign(s.secret, digest);
        registry.releaseBySig(kindOf(s.name), nodeId, s.deadline, sig);
        return Json.object(signed(header(s, key, nodeId), s, digest, sig));
    }

    function signed(string memory row, Statement memory s, bytes32 digest, bytes memory sig)
        private
        pure
        returns (string memory)
    {
        row = row.add("nonce", s.nonce).add("deadline", s.deadline);
        return row.add("digest", digest).add("signature", sig);
    }

    function header(Statement memory s, Vm.Wallet memory key, bytes32 nodeId)
        private
        pure
        returns (string memory row)
    {
        row = row.add("chain_id", s.chainId).add("registry", s.registry);
        row = row.add("secret_key", bytes32(s.secret)).add("x", bytes32(key.publicKeyX));
        row = row.add("y", bytes32(key.publicKeyY)).add("node_id", nodeId);
        row = row.add("name", s.name).add("kind", kindOf(s.name));
        return row.add("provider_id", s.providerId);
    }

    /// The registry's code at the statement's address and chain, with provider and server as told.
    function place(Statement memory s, bytes32 nodeId, ResourceWord word)
        private
        returns (IRegistry)
    {
        ProviderWord provider = ProviderWords.pack(OWNER, Status.Active, 1, 0, 0);
        bytes32 slot = Slots.ofResource(kindOf(s.name), nodeId);
        vm.chainId(s.chainId);
        vm.etch(s.registry, vm.getDeployedCode("ServerRegistry.sol:ServerRegistry"));
        vm.store(s.registry, slot, bytes32(ResourceWord.unwrap(word)));
        slot = Slots.ofProvider(s.providerId);
        vm.store(s.registry, slot, bytes32(ProviderWord.unwrap(provider)));
        return IRegistry(s.registry);
    }

    function keyOf(uint256 secret) private pure returns (Vm.Wallet memory key, bytes32 nodeId) {
        key = vm.createWallet(secret);
        nodeId = keccak256(abi.encode(key.publicKeyX, key.publicKeyY));
        if (nodeId != (secret == KEY_A ? NODE_A : NODE_B)) revert WrongVector("node id");
    }

    function sign(uint256 secret, bytes32 digest) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secret, digest);
        return abi.encodePacked(r, s, v);
    }
}
