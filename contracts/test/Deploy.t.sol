// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DeployScript} from "../script/Deploy.s.sol";
import {RegistryWord} from "../src/Words.sol";
import {IRegistry} from "./support/IRegistry.sol";
import {RegistryTest} from "./support/RegistryTest.sol";
import {vm} from "./support/Vm.sol";

contract DeployTest is RegistryTest {
    bytes private arguments = abi.encode(ADMIN, 0, CURATOR, GUARDIAN, OWNER, bytes32(0), "");

    function setUp() public override {
        super.setUp();
        vm.etch(
            new DeployScript().FACTORY(),
            hex"7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0"
            hex"3601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3"
        );
    }

    function testTheAddressAndTheCodeAreTheSameOnEveryChain() public {
        DeployScript script = new DeployScript();
        address expected = script.addressOf("salt", arguments);
        for (uint256 chainId = 1; chainId <= 2; ++chainId) {
            uint256 empty = vm.snapshotState();
            vm.chainId(chainId);
            eq(script.deploy("salt", arguments), expected);
            eq(
                expected.codehash,
                keccak256(vm.getDeployedCode("ServerRegistry.sol:ServerRegistry"))
            );
            vm.revertToState(empty);
        }
    }

    function testTheArgumentsReachTheRegistry() public {
        registry = IRegistry(new DeployScript().deploy("salt", arguments));
        eq(registry.defaultAdmin(), ADMIN);
        eq(registry.hasRole(registry.CURATOR_ROLE(), CURATOR), true);
        eq(registry.hasRole(registry.GUARDIAN_ROLE(), GUARDIAN), true);
        eq(registry.provider(1).owner, OWNER);
        eq(RegistryWord.unwrap(registryWord()), 1 | 1 << 24 | block.number << 56);
    }

    function testTwoDeploymentsOfOneSaltFail() public {
        DeployScript script = new DeployScript();
        address there = script.deploy("salt", arguments);
        vm.expectRevert(abi.encodeWithSelector(DeployScript.AlreadyDeployed.selector, there));
        script.deploy("salt", arguments);
    }

    function testAChainWithoutTheFactoryIsRefused() public {
        DeployScript script = new DeployScript();
        vm.etch(script.FACTORY(), "");
        address expected = script.addressOf("salt", arguments);
        vm.expectRevert(abi.encodeWithSelector(DeployScript.NotDeployed.selector, expected));
        script.deploy("salt", arguments);
    }
}
