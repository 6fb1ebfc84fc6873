// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Slots} from "../../src/Slots.sol";
import {Binding, Status} from "../../src/Types.sol";
import {ProviderWord, RegistryWord, ResourceWord} from "../../src/Words.sol";
import {IRegistry} from "./IRegistry.sol";
import {Vm, vm} from "./Vm.sol";

/// A fresh registry with its cast, node keys, and the few assertions that the tests share.
abstract contract RegistryTest {
    bytes32 internal constant KIND = "whisper.mailserver";
    bytes32 internal constant OTHER_KIND = "push.notify";
    uint48 internal constant ADMIN_DELAY_S = 2 days;
    uint40 internal constant NOW = 1_700_000_000;

    address internal constant ADMIN = address(0xAD);
    address internal constant CURATOR = address(0xC0);
    address internal constant GUARDIAN = address(0x60);
    address internal constant OWNER = address(0x01000001); // of provider 1
    address internal constant STRANGER = address(0x5714);

    IRegistry internal registry;

    function setUp() public virtual {
        vm.warp(NOW);
        vm.roll(1000);
        registry = deploy();
    }

    function deploy() internal returns (IRegistry) {
        return deploy(ADMIN_DELAY_S, CURATOR, GUARDIAN, OWNER);
    }

    function deploy(uint48 adminDelay_s, address curator, address guardian, address owner)
        internal
        returns (IRegistry)
    {
        bytes memory arguments = abi.encode(
            ADMIN, adminDelay_s, curator, guardian, owner, keccak256("about"), "ipfs://about"
        );
        return IRegistry(vm.deployCode("ServerRegistry.sol:ServerRegistry", arguments));
    }

    // -------------------------------------------------------------------------------- node keys

    function node(uint256 secret) internal pure returns (Vm.Wallet memory) {
        return vm.createWallet(secret);
    }

    function nodeIdOf(Vm.Wallet memory key) internal pure returns (bytes32) {
        return keccak256(abi.encode(key.publicKeyX, key.publicKeyY));
    }

    function nodeId(uint256 secret) internal pure returns (bytes32) {
        return nodeIdOf(node(secret));
    }

    function sign(uint256 secret, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secret, digest);
        return abi.encodePacked(r, s, v);
    }

    /// A binding of node `secret` to provider `id`, signed with the node's current nonce.
    function bind(uint32 id, bytes32 kind, uint256 secret) internal view returns (Binding memory) {
        return bind(id, kind, secret, 0, 0);
    }

    function bind(uint32 id, bytes32 kind, uint256 secret, uint24 flags, uint40 expiresAt)
        internal
        view
        returns (Binding memory binding)
    {
        Vm.Wallet memory key = node(secret);
        uint256 deadline = block.timestamp + 1 hours;
        bytes32 digest = registry.bindingDigest(kind, nodeIdOf(key), id, flags, deadline);
        return Binding({
            kind: kind,
            x: bytes32(key.publicKeyX),
            y: bytes32(key.publicKeyY),
            flags: flags,
            expiresAt: expiresAt,
            deadline: deadline,
            sig: sign(secret, digest),
            enr: ""
        });
    }

    // ---------------------------------------------------------------------------------- actions

    /// Provider 1 lists the node of `secret`.
    function list(uint256 secret) internal returns (bytes32) {
        return list(1, OWNER, KIND, secret);
    }

    function list(uint32 id, address by, bytes32 kind, uint256 secret) internal returns (bytes32) {
        Binding memory binding = bind(id, kind, secret);
        vm.prank(by);
        registry.addResource(id, binding);
        return nodeId(secret);
    }

    /// Provider 1 lists the nodes of secrets `first` to `first + count - 1` in one batch.
    function listMany(uint256 first, uint256 count) internal returns (bytes32[] memory nodeIds) {
        Binding[] memory bindings = new Binding[](count);
        nodeIds = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            bindings[i] = bind(1, KIND, first + i);
            nodeIds[i] = nodeId(first + i);
        }
        vm.prank(OWNER);
        registry.addResources(1, bindings);
    }

    function remove(bytes32 kind, bytes32 id) internal {
        vm.prank(OWNER);
        registry.removeResources(kind, only(id));
    }

    /// Registers a provider owned by `owner` and sets its status.
    function provider(address owner, Status status) internal returns (uint32 id) {
        vm.prank(owner);
        id = registry.registerProvider(0, "");
        vm.prank(CURATOR);
        registry.setProviderStatus(id, status, "");
    }

    // ----------------------------------------------------------------------------------- reads

    function registryWord() internal view returns (RegistryWord) {
        return RegistryWord.wrap(uint256(registry.extsload(only(Slots.BASE))[0]));
    }

    function word(bytes32 id) internal view returns (ResourceWord) {
        return ResourceWord.wrap(registry.resourceWords(KIND, only(id))[0]);
    }

    function providerWord(uint32 id) internal view returns (ProviderWord) {
        uint32[] memory ids = new uint32[](1);
        ids[0] = id;
        return ProviderWord.wrap(registry.providerWords(ids)[0]);
    }

    /// The verdict on a mail server for a user who trusts providers 1 and 2.
    function trusted(bytes32 id) internal view returns (bool) {
        uint32[] memory ids = new uint32[](2);
        (ids[0], ids[1]) = (1, 2);
        return registry.isTrusted(KIND, id, ids);
    }

    function only(bytes32 value) internal pure returns (bytes32[] memory values) {
        values = new bytes32[](1);
        values[0] = value;
    }

    // ------------------------------------------------------------------------------- assertions

    error Different(uint256 got, uint256 wanted);

    function eq(uint256 got, uint256 wanted) internal pure {
        if (got != wanted) revert Different(got, wanted);
    }

    function eq(bytes32 got, bytes32 wanted) internal pure {
        eq(uint256(got), uint256(wanted));
    }

    function eq(address got, address wanted) internal pure {
        eq(uint160(got), uint160(wanted));
    }

    function eq(bool got, bool wanted) internal pure {
        eq(got ? 1 : 0, wanted ? 1 : 0);
    }

    function eq(Status got, Status wanted) internal pure {
        eq(uint256(got), uint256(wanted));
    }

    /// What a call reverts with; it must not succeed.
    function failure(address from, bytes memory data) internal returns (bytes memory reason) {
        bool ok;
        vm.prank(from);
        (ok, reason) = address(registry).call(data);
        eq(ok, false);
    }

    /// This call must revert with exactly this error.
    function refusedCall(address from, bytes memory data, bytes memory expected) internal {
        eq(keccak256(failure(from, data)), keccak256(expected));
    }
}
