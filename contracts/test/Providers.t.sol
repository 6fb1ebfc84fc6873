// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Provider, Status} from "../src/Types.sol";
import {ProviderWord, ProviderWords} from "../src/Words.sol";
import {IServerRegistry} from "../src/interfaces/IServerRegistry.sol";
import {RegistryTest} from "./support/RegistryTest.sol";
import {vm} from "./support/Vm.sol";

contract ProvidersTest is RegistryTest {
    address private constant NEWCOMER = address(0x2222);
    address private constant OPERATOR = address(0x0FE7);

    function unauthorized(uint32 id, address caller) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IServerRegistry.NotAuthorized.selector, id, caller);
    }

    function testTheFirstProviderIsActiveFromTheStart() public view {
        Provider memory first = registry.provider(1);
        eq(first.owner, OWNER);
        eq(first.status, Status.Active);
        eq(first.epoch, 1);
        eq(first.metadataHash, keccak256("about"));
        eq(registry.providerCount(), 1);
    }

    function testAnyoneRegistersAndStartsPending() public {
        uint256 word = ProviderWord.unwrap(
            ProviderWords.pack({
                owner_: NEWCOMER, status_: Status.Pending, epoch_: 1, validUntil_: 0, flags_: 0
            })
        );
        vm.expectEmit(address(registry));
        emit IServerRegistry.ProviderRegistered(2, NEWCOMER, word, "hash", "uri");
        vm.prank(NEWCOMER);
        eq(registry.registerProvider("hash", "uri"), 2);
        eq(ProviderWord.unwrap(providerWord(2)), word);
        eq(registry.providerCount(), 2);
    }

    function testOwnerChangesMetadata() public {
        vm.expectEmit(address(registry));
        emit IServerRegistry.ProviderMetadata(1, "new", "uri");
        vm.prank(OWNER);
        registry.setProviderMetadata(1, "new", "uri");
        eq(registry.provider(1).metadataHash, "new");

        vm.expectRevert(unauthorized(1, STRANGER));
        vm.prank(STRANGER);
        registry.setProviderMetadata(1, "bad", "uri");
    }

    function testTransferTakesTwoSteps() public {
        vm.prank(OWNER);
        registry.transferProvider(1, NEWCOMER);
        eq(registry.provider(1).owner, OWNER);
        eq(registry.provider(1).pendingOwner, NEWCOMER);

        vm.expectRevert(
            abi.encodeWithSelector(IServerRegistry.NotPendingOwner.selector, 1, STRANGER)
        );
        vm.prank(STRANGER);
        registry.acceptProvider(1);

        vm.expectEmit(address(registry));
        emit IServerRegistry.ProviderTransferred(1, OWNER, NEWCOMER);
        vm.prank(NEWCOMER);
        registry.acceptProvider(1);
        eq(registry.provider(1).owner, NEWCOMER);
        eq(registry.provider(1).pendingOwner, address(0));
        eq(registry.provider(1).status, Status.Active);

        vm.expectRevert(unauthorized(1, OWNER));
        vm.prank(OWNER);
        registry.retireProvider(1);
    }

    function testAnOfferCanBeWithdrawn() public {
        vm.startPrank(OWNER);
        registry.transferProvider(1, NEWCOMER);
        registry.transferProvider(1, address(0));
        vm.stopPrank();
        vm.expectRevert(
            abi.encodeWithSelector(IServerRegistry.NotPendingOwner.selector, 1, NEWCOMER)
        );
        vm.prank(NEWCOMER);
        registry.acceptProvider(1);
    }

    function testOperatorsActUntilTheyAreStoppedOrTheirOwnerLeaves() public {
        vm.startPrank(OWNER);
        registry.setOperator(1, OPERATOR, true);
        eq(registry.isOperator(1, OPERATOR), true);
        registry.setOperator(1, OPERATOR, false);
        eq(registry.isOperator(1, OPERATOR), false);
        registry.setOperator(1, OPERATOR, true);
        registry.transferProvider(1, NEWCOMER);
        vm.stopPrank();
        list(1, OPERATOR, KIND, 7);

        vm.prank(NEWCOMER);
        registry.acceptProvider(1);
        eq(registry.isOperator(1, OPERATOR), false);
        vm.expectRevert(unauthorized(1, OPERATOR));
        vm.prank(OPERATOR);
        registry.heartbeat(1, 0);
    }

    function testAnOwnerWhoComesBackFindsItsOperators() public {
        vm.startPrank(OWNER);
        registry.setOperator(1, OPERATOR, true);
        registry.transferProvider(1, NEWCOMER);
        vm.stopPrank();
        vm.startPrank(NEWCOMER);
        registry.acceptProvider(1);
        registry.transferProvider(1, OWNER);
        vm.stopPrank();
        vm.prank(OWNER);
        registry.acceptProvider(1);
        eq(registry.isOperator(1, OPERATOR), true);
    }

    function testOperatorsHaveNoOwnersRights() public {
        vm.prank(OWNER);
        registry.setOperator(1, OPERATOR, true);
        bytes[] memory calls = new bytes[](5);
        calls[0] = abi.encodeCall(registry.setOperator, (1, STRANGER, true));
        calls[1] = abi.encodeCall(registry.transferProvider, (1, OPERATOR));
        calls[2] = abi.encodeCall(registry.setProviderMetadata, (1, "", ""));
        calls[3] = abi.encodeCall(registry.bumpEpoch, (1));
        calls[4] = abi.encodeCall(registry.retireProvider, (1));
        for (uint256 i = 0; i < calls.length; ++i) {
            refusedCall(OPERATOR, calls[i], unauthorized(1, OPERATOR));
        }
    }

    function testHeartbeatSetsWhenEverythingLapses() public {
        bytes32 id = list(7);
        uint40 until = NOW + 1 days;
        vm.prank(OWNER);
        registry.heartbeat(1, until);
        eq(providerWord(1).validUntil(), until);
        vm.warp(until - 1);
        eq(trusted(id), true);
        vm.warp(until);
        eq(trusted(id), false);
        vm.prank(OWNER);
        registry.heartbeat(1, 0);
        eq(trusted(id), true);
    }

    function testAHeartbeatMustBeAhead() public {
        bytes memory outOfRange =
            abi.encodeWithSelector(IServerRegistry.TtlOutOfRange.selector, 0, 1, type(uint40).max);
        refusedCall(OWNER, abi.encodeCall(registry.heartbeat, (1, NOW)), outOfRange);
        vm.prank(OWNER);
        registry.heartbeat(1, NOW + 1);
    }

    function testAnEpochDropsAllThatWasListedBefore() public {
        bytes32 old = list(7);
        vm.prank(OWNER);
        eq(registry.bumpEpoch(1), 2);
        eq(trusted(old), false);
        eq(trusted(list(8)), true);
        eq(trusted(list(7)), true); // listed anew, with a new signature
        eq(registry.resourceCount(KIND), 2);
    }

    function testTheCuratorBumpsAnEpochAndStrangersDoNot() public {
        vm.prank(CURATOR);
        eq(registry.bumpEpoch(1), 2);
        refusedCall(STRANGER, abi.encodeCall(registry.bumpEpoch, (1)), unauthorized(1, STRANGER));
        refusedCall(GUARDIAN, abi.encodeCall(registry.bumpEpoch, (1)), unauthorized(1, GUARDIAN));
    }

    function testTheLastEpochDoesNotWrap() public {
        ProviderWord last = providerWord(1).withEpoch(type(uint32).max);
        vm.store(address(registry), registry.providerSlot(1), bytes32(ProviderWord.unwrap(last)));
        vm.expectRevert();
        vm.prank(OWNER);
        registry.bumpEpoch(1);
    }

    function testRetirementIsFinal() public {
        bytes32 id = list(7);
        vm.startPrank(OWNER);
        registry.transferProvider(1, NEWCOMER);
        registry.retireProvider(1);
        vm.stopPrank();
        eq(registry.provider(1).status, Status.Removed);
        eq(trusted(id), false);

        bytes memory retired =
            abi.encodeWithSelector(IServerRegistry.BadStatus.selector, Status.Removed);
        refusedCall(OWNER, abi.encodeCall(registry.retireProvider, (1)), retired);
        refusedCall(OWNER, abi.encodeCall(registry.bumpEpoch, (1)), retired);
        refusedCall(OWNER, abi.encodeCall(registry.heartbeat, (1, 0)), retired);
        refusedCall(OWNER, abi.encodeCall(registry.setOperator, (1, OPERATOR, true)), retired);
        refusedCall(NEWCOMER, abi.encodeCall(registry.acceptProvider, (1)), retired);
        refusedCall(GUARDIAN, abi.encodeCall(registry.suspendProvider, (1, "")), retired);
        refusedCall(
            CURATOR, abi.encodeCall(registry.setProviderStatus, (1, Status.Active, "")), retired
        );
    }

    function testServersOfARetiredProviderAreFreeAndCanBeCleanedUp() public {
        bytes32 gone = list(7);
        list(8);
        uint32 other = provider(NEWCOMER, Status.Active);
        vm.prank(OWNER);
        registry.retireProvider(1);

        list(other, NEWCOMER, KIND, 8);
        eq(trusted(nodeId(8)), true);
        remove(KIND, gone);
        eq(registry.resourceCount(KIND), 1);
    }

    function testAnUnknownProviderIsNamed() public {
        bytes memory unknown = abi.encodeWithSelector(IServerRegistry.UnknownProvider.selector, 9);
        refusedCall(STRANGER, abi.encodeCall(registry.heartbeat, (9, 0)), unknown);
        refusedCall(STRANGER, abi.encodeCall(registry.acceptProvider, (9)), unknown);
        refusedCall(GUARDIAN, abi.encodeCall(registry.suspendProvider, (9, "")), unknown);
        refusedCall(
            CURATOR,
            abi.encodeCall(registry.setProviderStatus, (0, Status.Active, "")),
            abi.encodeWithSelector(IServerRegistry.UnknownProvider.selector, 0)
        );
    }
}
