// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Binding} from "../src/Types.sol";
import {RegistryTest} from "./support/RegistryTest.sol";
import {vm} from "./support/Vm.sol";

/// What the registry's work costs, the transaction's own cost and calldata included, against the
/// limits that clients and providers plan with. `npm run snapshot` records the figures.
contract GasTest is RegistryTest {
    uint256 private constant TX_GAS = 21_000;
    uint256 private constant COLD_ACCOUNT_GAS = 2_500; // a transaction's target is warm
    uint256 private constant TX_GAS_CAP = 16_777_216; // EIP-7825
    uint256 private constant ENR_B = 160;

    event Cost(string what, uint256 gas);

    function testBulkAddCostsAtMost61000PerServer() public {
        uint256 count = 250;
        Binding[] memory bindings = new Binding[](count);
        for (uint256 i = 0; i < count; ++i) {
            bindings[i] = bind(1, KIND, 1 + i, 0, NOW + 365 days);
        }
        uint256 gas = costOf(OWNER, abi.encodeCall(registry.addResources, (1, bindings)));
        emit Cost("bulk add, each", gas / count);
        assert(gas / count <= 61_000);
        assert(gas <= TX_GAS_CAP);
    }

    function testSnapshotOf1000CostsAtMost3100000() public {
        emit Cost("snapshot of 1000", snapshotCost(1000, 20));
        assert(snapshotCost(1000, 20) <= 3_100_000);
    }

    function testSnapshotGrowsLinearly() public {
        emit Cost("snapshot of 0", snapshotCost(0, 0));
        emit Cost("snapshot of 1", snapshotCost(1, 1));
        emit Cost("snapshot of 5000", snapshotCost(5000, 20));
        assert(snapshotCost(0, 0) <= 40_000);
        assert(snapshotCost(5000, 20) <= 5 * 3_100_000);
    }

    function testSingleAdd() public {
        Binding memory binding = bind(1, KIND, 1);
        emit Cost("first add", costOf(OWNER, abi.encodeCall(registry.addResource, (1, binding))));
    }

    function testRenewAndRemove() public {
        bytes32[] memory nodeIds = listMany(1, 100);
        uint40 expiresAt = NOW + 1 days;
        uint256 gas = costOf(OWNER, abi.encodeCall(registry.renew, (KIND, nodeIds, expiresAt)));
        emit Cost("renew, each", gas / 100);
        gas = costOf(OWNER, abi.encodeCall(registry.removeResources, (KIND, only(nodeIds[0]))));
        emit Cost("remove one", gas);
    }

    function snapshotCost(uint256 nodes, uint256 providers) private returns (uint256) {
        bytes32[] memory nodeIds = new bytes32[](nodes);
        for (uint256 i = 0; i < nodes; ++i) {
            nodeIds[i] = keccak256(abi.encode(i));
        }
        uint32[] memory ids = new uint32[](providers);
        for (uint32 i = 0; i < providers; ++i) {
            ids[i] = i + 1;
        }
        return costOf(STRANGER, abi.encodeCall(registry.snapshot, (KIND, nodeIds, ids)));
    }

    /// The gas of a transaction that makes this call (before refunds).
    function costOf(address from, bytes memory data) private returns (uint256 cost) {
        address target = address(registry);
        bool ok;
        vm.prank(from);
        vm.cool(target);
        assembly ("memory-safe") {
            let before := gas()
            ok := call(gas(), target, 0, add(data, 32), mload(data), 0, 0)
            cost := sub(before, gas())
        }
        assert(ok);
        cost += TX_GAS - COLD_ACCOUNT_GAS;
        for (uint256 i = 0; i < data.length; ++i) {
            cost += data[i] == 0 ? 4 : 16;
        }
    }
}
