// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Slots} from "../src/Slots.sol";
import {Binding, Status} from "../src/Types.sol";
import {
    KindWords,
    ProviderWord,
    RegistryWords,
    ResourceWord,
    ResourceWords
} from "../src/Words.sol";
import {KindWord, RegistryWord} from "../src/Words.sol";
import {IServerRegistry} from "../src/interfaces/IServerRegistry.sol";
import {RegistryTest} from "./support/RegistryTest.sol";
import {vm} from "./support/Vm.sol";

/// The first and the last value of each field, and the seconds around each time.
contract BoundariesTest is RegistryTest {
    bytes private constant OVERFLOW = abi.encodeWithSignature("Panic(uint256)", 0x11);
    uint256 private constant END_OF_TIME = 2 ** 40; // the first time that no uint40 holds

    function store(bytes32 slot, uint256 word_) private {
        vm.store(address(registry), slot, bytes32(word_));
    }

    function notAhead() private pure returns (bytes memory) {
        return
            abi.encodeWithSelector(IServerRegistry.TtlOutOfRange.selector, 0, 1, type(uint40).max);
    }

    // ----------------------------------------------------------------------------------- times

    /// Each time is the first second at which trust has ended; 0 is no end.
    function testFuzzBothTimesEndTrust(uint40 expiresAt, uint40 validUntil, int8 offset) public {
        bytes32 id = list(7);
        store(
            registry.resourceSlot(KIND, id), ResourceWord.unwrap(word(id).withExpiresAt(expiresAt))
        );
        ProviderWord by = providerWord(1).withValidUntil(validUntil);
        store(registry.providerSlot(1), ProviderWord.unwrap(by));

        uint40[2] memory ends = [expiresAt, validUntil];
        for (uint256 i = 0; i < ends.length; ++i) {
            uint256 now_ = near(ends[i], offset);
            vm.warp(now_);
            bool listed = expiresAt == 0 || now_ < expiresAt;
            bool standing = validUntil == 0 || now_ < validUntil;
            eq(trusted(id), listed && standing);
        }
    }

    /// A time at most a second away from `end`.
    function near(uint40 end, int8 offset) private pure returns (uint256) {
        int256 time = int256(uint256(end)) + offset % 2;
        return time < 1 ? 1 : uint256(time);
    }

    function testTimesDoNotWrapPastTheLast() public {
        uint40 last = type(uint40).max;
        Binding memory binding = bind(1, KIND, 7, 0, last);
        vm.prank(OWNER);
        registry.addResource(1, binding);
        vm.warp(last - 1);
        eq(trusted(nodeId(7)), true);
        vm.warp(last);
        eq(trusted(nodeId(7)), false);
        vm.warp(END_OF_TIME + 5);
        eq(trusted(nodeId(7)), false);

        // No time that can be written down is ahead any more; "never" still is.
        uint40[3] memory times = [uint40(1), 6, last];
        for (uint256 i = 0; i < times.length; ++i) {
            bytes memory add =
                abi.encodeCall(registry.addResource, (1, bind(1, KIND, 8, 0, times[i])));
            refusedCall(OWNER, add, notAhead());
            refusedCall(OWNER, abi.encodeCall(registry.heartbeat, (1, times[i])), notAhead());
        }
        eq(trusted(list(8)), true);
    }

    function testFuzzALifetimeLiesWithinItsKindsLimits(uint40 min, uint40 max, uint40 time)
        public
    {
        if (min > max) (min, max) = (max, min);
        vm.prank(CURATOR);
        registry.setKind(KIND, min, max, 0);
        uint40 ttl = time == 0 ? type(uint40).max : time > NOW ? time - NOW : 0;
        uint40 floor = min == 0 ? 1 : min;
        uint40 ceiling = max == 0 ? type(uint40).max : max;
        bytes memory call = abi.encodeCall(registry.addResource, (1, bind(1, KIND, 7, 0, time)));
        vm.prank(OWNER);
        (bool ok,) = address(registry).call(call);
        eq(ok, ttl >= floor && ttl <= ceiling);
    }

    // -------------------------------------------------------------------------------- counters

    function testTheLastEpochNeitherWrapsNorLetsGo() public {
        bytes32 id = list(7);
        uint32 last = type(uint32).max;
        store(registry.providerSlot(1), ProviderWord.unwrap(providerWord(1).withEpoch(last)));
        refusedCall(OWNER, abi.encodeCall(registry.bumpEpoch, (1)), OVERFLOW);
        refusedCall(CURATOR, abi.encodeCall(registry.bumpEpoch, (1)), OVERFLOW);
        eq(trusted(id), false);
        eq(trusted(list(8)), true);
        vm.prank(GUARDIAN);
        registry.suspendProvider(1, "");
        eq(trusted(nodeId(8)), false);
    }

    function testTheLastNonceServesNoMore() public {
        bytes32 id = nodeId(7);
        store(
            registry.resourceSlot(KIND, id),
            ResourceWord.unwrap(ResourceWords.tombstone(type(uint48).max))
        );
        refusedCall(OWNER, abi.encodeCall(registry.addResource, (1, bind(1, KIND, 7))), OVERFLOW);
    }

    function testTheLastProviderIsTheLast() public {
        uint32 last = type(uint32).max;
        store(Slots.BASE, RegistryWord.unwrap(RegistryWords.pack(1, false, last - 1, 1000)));
        vm.prank(STRANGER);
        eq(registry.registerProvider("", ""), last);
        eq(registryWord().providerCount(), last);
        eq(registryWord().halted(), false);
        refusedCall(STRANGER, abi.encodeCall(registry.registerProvider, ("", "")), OVERFLOW);
        (, uint32 next) = registry.providers(last, last);
        eq(next, 0);
    }

    function testTheLastVersionOfAKindIsTheLast() public {
        bytes32[] memory ids = only(list(7));
        KindWord full = KindWords.pack(type(uint64).max, 1, 0, 0, 0);
        store(Slots.ofKind(KIND), KindWord.unwrap(full));
        refusedCall(OWNER, abi.encodeCall(registry.renew, (KIND, ids, 0)), OVERFLOW);
        refusedCall(CURATOR, abi.encodeCall(registry.setKind, (KIND, 0, 0, 0)), OVERFLOW);
    }

    // ------------------------------------------------------------------------- pages and batches

    function testAPageOfNothingNamesItsOwnPlace() public {
        listMany(1, 3);
        (bytes32[] memory ids,, uint256 next) = registry.resources(KIND, 1, 0);
        eq(ids.length, 0);
        eq(next, 1);
        (, uint32 nextProvider) = registry.providers(1, 0);
        eq(nextProvider, 1);
    }

    function testTheSameServerTwiceInABatchChangesOnce() public {
        bytes32[] memory twice = new bytes32[](2);
        twice[0] = twice[1] = list(7);
        vm.startPrank(OWNER);
        registry.renew(KIND, twice, NOW + 5);
        registry.setResourceFlags(KIND, twice, 9);
        vm.stopPrank();
        uint256 expected =
            ResourceWord.unwrap(ResourceWords.pack(1, 1, Status.Active, 9, NOW, NOW + 5, 1, 0));
        eq(ResourceWord.unwrap(word(twice[0])), expected);
        eq(registry.resourceCount(KIND), 1);
    }

    // ------------------------------------------------------------------------------------ halts

    /// A halt takes trust away and nothing else: everybody can go on putting things right.
    function testWorkGoesOnDuringAHalt() public {
        bytes32 id = list(7);
        vm.prank(GUARDIAN);
        registry.setHalted(true);
        remove(KIND, id);
        bytes32 other = list(8);
        vm.prank(CURATOR);
        registry.setProviderStatus(1, Status.Active, "");
        eq(trusted(other), false);
        vm.prank(ADMIN);
        registry.setHalted(false);
        eq(trusted(id), false);
        eq(trusted(other), true);
    }
}
