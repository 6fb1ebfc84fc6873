// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Binding, Resource, Status} from "../src/Types.sol";
import {KindWord, ResourceWord, ResourceWords} from "../src/Words.sol";
import {IServerRegistry} from "../src/interfaces/IServerRegistry.sol";
import {RegistryTest} from "./support/RegistryTest.sol";
import {vm} from "./support/Vm.sol";

contract ResourcesTest is RegistryTest {
    address private constant OTHER = address(0x2222); // owns provider 2

    function setUp() public override {
        super.setUp();
        provider(OTHER, Status.Active);
    }

    function notListed(bytes32 nodeId_) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IServerRegistry.NotListed.selector, KIND, nodeId_);
    }

    function alreadyListed(bytes32 nodeId_) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IServerRegistry.AlreadyListed.selector, KIND, nodeId_);
    }

    function notAuthorized(uint32 id, address caller) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IServerRegistry.NotAuthorized.selector, id, caller);
    }

    function kindVersion() private view returns (uint64) {
        return KindWord.wrap(registry.kindWord(KIND)).version();
    }

    // --------------------------------------------------------------------------------- listing

    function testAListingIsOneWordAndTwoEvents() public {
        Binding memory binding = bind(1, KIND, 7, 0x123456, NOW + 1 days);
        binding.enr = "record";
        uint256 expected = ResourceWord.unwrap(
            ResourceWords.pack({
                providerId_: 1,
                epoch_: 1,
                status_: Status.Active,
                flags_: 0x123456,
                registeredAt_: NOW,
                expiresAt_: NOW + 1 days,
                nonce_: 1,
                index_: 0
            })
        );
        bytes32 id = nodeId(7);
        vm.expectEmit(address(registry));
        emit IServerRegistry.ResourceChanged(KIND, id, 1, expected);
        vm.expectEmit(address(registry));
        emit IServerRegistry.ResourceKey(id, bytes.concat(binding.x, binding.y), "record");
        vm.prank(OWNER);
        registry.addResource(1, binding);

        eq(ResourceWord.unwrap(word(id)), expected);
        Resource memory listed = registry.resource(KIND, id);
        eq(listed.providerId, 1);
        eq(listed.flags, 0x123456);
        eq(listed.expiresAt, NOW + 1 days);
        eq(listed.nonce, 1);
        eq(trusted(id), true);
    }

    function testOnlyTheProviderLists() public {
        Binding memory binding = bind(1, KIND, 7);
        address[5] memory callers = [STRANGER, OTHER, CURATOR, GUARDIAN, ADMIN];
        for (uint256 i = 0; i < callers.length; ++i) {
            refusedCall(
                callers[i],
                abi.encodeCall(registry.addResource, (1, binding)),
                notAuthorized(1, callers[i])
            );
        }
    }

    function testAServerHasOneListingAKind() public {
        bytes32 id = list(7);
        refusedCall(
            OWNER, abi.encodeCall(registry.addResource, (1, bind(1, KIND, 7))), alreadyListed(id)
        );
        refusedCall(
            OTHER, abi.encodeCall(registry.addResource, (2, bind(2, KIND, 7))), alreadyListed(id)
        );
        list(2, OTHER, OTHER_KIND, 7);
        eq(registry.resource(OTHER_KIND, id).providerId, 2);
        eq(registry.resource(KIND, id).providerId, 1);
    }

    function testABatchListsAllOrNone() public {
        Binding[] memory bindings = new Binding[](3);
        (bindings[0], bindings[1]) = (bind(1, KIND, 7), bind(1, KIND, 8));
        bindings[2] = bind(1, KIND, 7); // the same node again
        bytes memory call = abi.encodeCall(registry.addResources, (1, bindings));
        refusedCall(OWNER, call, alreadyListed(nodeId(7)));
        eq(registry.resourceCount(KIND), 0);

        bindings[2] = bind(1, OTHER_KIND, 7);
        vm.prank(OWNER);
        registry.addResources(1, bindings);
        eq(registry.resourceCount(KIND), 2);
        eq(registry.resourceCount(OTHER_KIND), 1);
        eq(kindVersion(), 1); // one change, however many servers
        eq(KindWord.wrap(registry.kindWord(OTHER_KIND)).version(), 1);
    }

    function testAnEmptyBatchIsRefused() public {
        bytes memory empty = abi.encodeWithSelector(IServerRegistry.EmptyBatch.selector);
        bytes32[] memory none;
        refusedCall(OWNER, abi.encodeCall(registry.addResources, (1, new Binding[](0))), empty);
        refusedCall(OWNER, abi.encodeCall(registry.removeResources, (KIND, none)), empty);
        refusedCall(OWNER, abi.encodeCall(registry.renew, (KIND, none, 0)), empty);
        refusedCall(OWNER, abi.encodeCall(registry.setResourceFlags, (KIND, none, 0)), empty);
    }

    function testAnOldEpochsListingIsFreeForAnyProvider() public {
        bytes32 id = list(7);
        list(8);
        vm.prank(OWNER);
        registry.bumpEpoch(1);
        list(2, OTHER, KIND, 7);
        eq(word(id).providerId(), 2);
        eq(word(id).index(), 0); // it keeps its place
        eq(registry.resourceCount(KIND), 2);
    }

    // ---------------------------------------------------------------------------------- expiry

    function testAListingEndsWhenItExpires() public {
        Binding memory binding = bind(1, KIND, 7, 0, NOW + 100);
        vm.prank(OWNER);
        registry.addResource(1, binding);
        vm.warp(NOW + 99);
        eq(trusted(nodeId(7)), true);
        vm.warp(NOW + 100);
        eq(trusted(nodeId(7)), false);
    }

    function testALifetimeMustLieAhead() public {
        Binding memory binding = bind(1, KIND, 7, 0, NOW);
        bytes memory outOfRange =
            abi.encodeWithSelector(IServerRegistry.TtlOutOfRange.selector, 0, 1, type(uint40).max);
        refusedCall(OWNER, abi.encodeCall(registry.addResource, (1, binding)), outOfRange);
        binding = bind(1, KIND, 7, 0, NOW + 1);
        vm.prank(OWNER);
        registry.addResource(1, binding);
    }

    function testRenewBringsAnExpiredListingBack() public {
        bytes32[] memory ids = listMany(1, 3);
        vm.prank(OWNER);
        registry.renew(KIND, ids, NOW + 10);
        vm.warp(NOW + 10);
        eq(trusted(ids[1]), false);
        vm.prank(OWNER);
        registry.renew(KIND, ids, type(uint40).max);
        eq(trusted(ids[1]), true);
        eq(word(ids[1]).expiresAt(), type(uint40).max);
        eq(word(ids[1]).nonce(), 1); // renewing takes no signature
        eq(kindVersion(), 3);
    }

    function testFlagsChangeAlone() public {
        bytes32 id = list(7);
        ResourceWord before = word(id);
        vm.prank(OWNER);
        registry.setResourceFlags(KIND, only(id), type(uint24).max);
        eq(word(id).flags(), type(uint24).max);
        eq(ResourceWord.unwrap(word(id).withFlags(0)), ResourceWord.unwrap(before));
        eq(kindVersion(), 2);
    }

    function testABatchMayNotReachIntoAnotherProvider() public {
        bytes32[] memory ids = new bytes32[](2);
        ids[0] = list(7);
        ids[1] = list(2, OTHER, KIND, 8);
        bytes memory refusal = notAuthorized(2, OWNER);
        refusedCall(OWNER, abi.encodeCall(registry.renew, (KIND, ids, 0)), refusal);
        refusedCall(OWNER, abi.encodeCall(registry.setResourceFlags, (KIND, ids, 1)), refusal);
        refusedCall(OWNER, abi.encodeCall(registry.removeResources, (KIND, ids)), refusal);
        eq(registry.resourceCount(KIND), 2);
    }

    function testOneCallerMayActForSeveralProviders() public {
        bytes32[] memory ids = new bytes32[](2);
        ids[0] = list(7);
        ids[1] = list(2, OTHER, KIND, 8);
        vm.prank(OTHER);
        registry.setOperator(2, OWNER, true);
        vm.prank(OWNER);
        registry.removeResources(KIND, ids);
        eq(registry.resourceCount(KIND), 0);
    }

    // --------------------------------------------------------------------------------- removal

    function testARemovalLeavesATombstone() public {
        bytes32 id = list(7);
        uint256 tombstone = 4 << 64 | 1 << 176;
        vm.expectEmit(address(registry));
        emit IServerRegistry.ResourceChanged(KIND, id, 1, tombstone);
        remove(KIND, id);
        eq(ResourceWord.unwrap(word(id)), tombstone);
        eq(trusted(id), false);
        eq(registry.resourceCount(KIND), 0);

        list(7);
        eq(word(id).nonce(), 2);
        eq(trusted(id), true);
    }

    function testWhatIsNotListedCannotBeChanged() public {
        bytes32 gone = list(7);
        remove(KIND, gone);
        bytes32[2] memory ids = [gone, nodeId(8)];
        for (uint256 i = 0; i < ids.length; ++i) {
            bytes32[] memory batch = only(ids[i]);
            bytes memory refusal = notListed(ids[i]);
            refusedCall(OWNER, abi.encodeCall(registry.removeResources, (KIND, batch)), refusal);
            refusedCall(OWNER, abi.encodeCall(registry.renew, (KIND, batch, 0)), refusal);
            refusedCall(
                OWNER, abi.encodeCall(registry.setResourceFlags, (KIND, batch, 1)), refusal
            );
            refusedCall(
                OWNER, abi.encodeCall(registry.releaseBySig, (KIND, ids[i], NOW, "")), refusal
            );
        }
        refusedCall(
            OTHER,
            abi.encodeCall(registry.moveResource, (2, bind(2, KIND, 8))),
            notListed(nodeId(8))
        );
    }

    function testABatchCannotRemoveTheSameServerTwice() public {
        listMany(1, 3);
        bytes32[] memory twice = new bytes32[](2);
        (twice[0], twice[1]) = (nodeId(2), nodeId(2));
        refusedCall(
            OWNER, abi.encodeCall(registry.removeResources, (KIND, twice)), notListed(nodeId(2))
        );
    }

    function testTheLastServerFillsTheGap() public {
        bytes32[] memory ids = listMany(1, 4);
        remove(KIND, ids[1]);
        assertOrder(ids[0], ids[3], ids[2]);
        remove(KIND, ids[2]);
        assertOrder(ids[0], ids[3]);
        remove(KIND, ids[0]);
        assertOrder(ids[3]);
        remove(KIND, ids[3]);
        eq(registry.resourceCount(KIND), 0);
    }

    function assertOrder(bytes32 a, bytes32 b, bytes32 c) private view {
        (bytes32[] memory ids,,) = registry.resources(KIND, 0, 9);
        eq(ids.length, 3);
        eq(ids[2], c);
        eq(word(c).index(), 2);
        assertPlaces(ids, a, b);
    }

    function assertOrder(bytes32 a, bytes32 b) private view {
        (bytes32[] memory ids,,) = registry.resources(KIND, 0, 9);
        eq(ids.length, 2);
        assertPlaces(ids, a, b);
    }

    function assertOrder(bytes32 a) private view {
        (bytes32[] memory ids,,) = registry.resources(KIND, 0, 9);
        eq(ids.length, 1);
        eq(ids[0], a);
        eq(word(a).index(), 0);
    }

    function assertPlaces(bytes32[] memory ids, bytes32 a, bytes32 b) private view {
        eq(ids[0], a);
        eq(ids[1], b);
        eq(word(a).index(), 0);
        eq(word(b).index(), 1);
    }

    // -------------------------------------------------------------------------- move and leave

    function testANodeMovesWithItsOwnConsentAlone() public {
        listMany(1, 2);
        bytes32 id = nodeId(2);
        vm.warp(NOW + 50);
        Binding memory binding = bind(2, KIND, 2, 5, NOW + 100);
        vm.prank(OTHER);
        registry.moveResource(2, binding);
        eq(word(id).providerId(), 2);
        eq(word(id).registeredAt(), NOW + 50);
        eq(word(id).flags(), 5);
        eq(word(id).nonce(), 2);
        eq(word(id).index(), 1);
        eq(kindVersion(), 2);
        eq(registry.resourceCount(KIND), 2);
        eq(trusted(id), true);
        refusedCall(
            OWNER,
            abi.encodeCall(registry.removeResources, (KIND, only(id))),
            notAuthorized(2, OWNER)
        );
    }

    function testANodeCannotMoveWhereNobodyTakesIt() public {
        list(7);
        Binding memory binding = bind(2, KIND, 7);
        refusedCall(
            STRANGER,
            abi.encodeCall(registry.moveResource, (2, binding)),
            notAuthorized(2, STRANGER)
        );
        vm.prank(GUARDIAN);
        registry.suspendProvider(2, "");
        refusedCall(
            OTHER,
            abi.encodeCall(registry.moveResource, (2, binding)),
            abi.encodeWithSelector(IServerRegistry.ProviderNotActive.selector, 2)
        );
    }

    function testANodeLeavesByItsSignature() public {
        listMany(1, 3);
        bytes32 id = nodeId(1);
        bytes memory sig = sign(1, registry.releaseDigest(KIND, id, NOW));
        vm.prank(STRANGER);
        registry.releaseBySig(KIND, id, NOW, sig);
        eq(ResourceWord.unwrap(word(id)), 4 << 64 | 2 << 176); // the signature is used up
        eq(registry.resourceCount(KIND), 2);
        eq(word(nodeId(3)).index(), 0);
        eq(kindVersion(), 2);
    }

    // ----------------------------------------------------------------------------------- fuzz

    /// Removing any servers in any order leaves exactly the others, each at the place it names.
    function testFuzzRemovalKeepsTheRest(uint256 seed, uint8 removals) public {
        uint256 total = 12;
        bytes32[] memory left = listMany(1, total);
        for (uint256 n = total; n > total - removals % (total + 1); --n) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 victim = seed % n;
            remove(KIND, left[victim]);
            left[victim] = left[n - 1];
            assembly ("memory-safe") {
                mstore(left, sub(n, 1))
            }
        }
        (bytes32[] memory ids,,) = registry.resources(KIND, 0, total);
        eq(keccak256(abi.encode(ids)), keccak256(abi.encode(left)));
        for (uint256 i = 0; i < ids.length; ++i) {
            eq(word(ids[i]).index(), i);
        }
    }
}
