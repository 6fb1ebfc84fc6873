// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Binding} from "../src/Types.sol";
import {RegistryTest} from "./support/RegistryTest.sol";
import {vm} from "./support/Vm.sol";

/// What transactions and calls cost, calldata and base fee included, against the limits that
/// clients and providers plan with. snapshots/Registry.json keeps the figures.
contract GasTest is RegistryTest {
    uint256 private constant TX_GAS = 21_000;
    uint256 private constant COLD_ACCOUNT_GAS = 2_500; // a transaction's target is warm
    uint256 private constant TX_GAS_CAP = 16_777_216; // EIP-7825
    uint256 private constant BATCH = 250;

    function testBulkAdd() public {
        uint256 gas = addCost(BATCH, "");
        note("add 250 servers, each", gas / BATCH);
        assert(gas / BATCH <= 61_000);
        assert(gas <= TX_GAS_CAP);
    }

    function testBulkAddWithRecords() public {
        bytes memory enr = new bytes(160);
        for (uint256 i = 0; i < enr.length; ++i) {
            enr[i] = 0xff;
        }
        note("add 250 servers with 160-byte records, each", addCost(BATCH, enr) / BATCH);
    }

    function testSingleAdd() public {
        note("add the first server", addCost(1, ""));
    }

    function testSnapshotOfNothing() public {
        uint256 gas = snapshotCost(0, 0);
        note("snapshot of nothing", gas);
        assert(gas <= 30_000);
    }

    function testSnapshotOfOne() public {
        uint256 gas = snapshotCost(1, 1);
        note("snapshot of 1 server, 1 provider", gas);
        assert(gas <= 35_000);
    }

    function testSnapshotOf1000() public {
        uint256 gas = snapshotCost(1000, 20);
        note("snapshot of 1000 servers, 20 providers", gas);
        assert(gas <= 3_100_000);
    }

    function testSnapshotOf5000() public {
        uint256 gas = snapshotCost(5000, 20);
        note("snapshot of 5000 servers, 20 providers", gas);
        assert(gas <= 5 * 3_100_000);
    }

    function testRenew() public {
        bytes32[] memory ids = listMany(1, 100);
        bytes memory call = abi.encodeCall(registry.renew, (KIND, ids, NOW + 1 days));
        note("renew 100 servers, each", costOf(OWNER, call) / 100);
    }

    function testRemove() public {
        bytes32[] memory ids = listMany(1, 100);
        bytes memory call = abi.encodeCall(registry.removeResources, (KIND, only(ids[0])));
        note("remove 1 server", costOf(OWNER, call));
    }

    function testHeartbeat() public {
        bytes memory call = abi.encodeCall(registry.heartbeat, (1, NOW + 1 days));
        note("heartbeat", costOf(OWNER, call));
    }

    function note(string memory what, uint256 gas) private {
        vm.snapshotValue("Registry", what, gas);
    }

    function addCost(uint256 count, bytes memory enr) private returns (uint256) {
        Binding[] memory bindings = new Binding[](count);
        for (uint256 i = 0; i < count; ++i) {
            bindings[i] = bind(1, KIND, 1 + i, 0, NOW + 365 days);
            bindings[i].enr = enr;
        }
        return costOf(OWNER, abi.encodeCall(registry.addResources, (1, bindings)));
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
