// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {vm} from "../test/support/Vm.sol";

/// Deploys the registry by CREATE2: the same arguments and salt give the same address on every
/// chain. Run by `npm run deploy`, which also writes deployments/<chainId>.json.
contract DeployScript {
    /// The deterministic deployment proxy, at the same address on every chain that has it.
    address public constant FACTORY = 0x4e59b44847b379578588920cA78FbF26c0B4956C;

    error AlreadyDeployed(address registry);
    error NotDeployed(address expected);

    function run() external returns (address registry) {
        bytes memory arguments = abi.encode(
            vm.envAddress("ADMIN"),
            vm.envUint("ADMIN_DELAY_S"),
            vm.envAddress("CURATOR"),
            vm.envAddress("GUARDIAN"),
            vm.envAddress("PROVIDER_OWNER"),
            vm.envBytes32("METADATA_HASH"),
            vm.envString("METADATA_URI")
        );
        vm.startBroadcast();
        registry = deploy(vm.envBytes32("SALT"), arguments);
        vm.stopBroadcast();
    }

    function deploy(bytes32 salt, bytes memory arguments) public returns (address registry) {
        bytes memory creation = creationCode(arguments);
        registry = addressOf(salt, arguments);
        if (registry.code.length != 0) revert AlreadyDeployed(registry);
        (bool ok,) = FACTORY.call(bytes.concat(salt, creation));
        if (!ok || registry.code.length == 0) revert NotDeployed(registry);
    }

    function addressOf(bytes32 salt, bytes memory arguments) public view returns (address) {
        bytes32 creationHash = keccak256(creationCode(arguments));
        bytes32 hash = keccak256(abi.encodePacked(hex"ff", FACTORY, salt, creationHash));
        return address(uint160(uint256(hash)));
    }

    function creationCode(bytes memory arguments) private view returns (bytes memory) {
        return bytes.concat(vm.getCode("ServerRegistry.sol:ServerRegistry"), arguments);
    }
}
