// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IServerRegistry} from "../../src/interfaces/IServerRegistry.sol";
import {
    IAccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/IAccessControlDefaultAdminRules.sol";
import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

/// All that the deployed registry answers to. The tests know it by this alone and load the
/// compiled contract, so that they test the bytecode that is shipped, not one built with them.
interface IRegistry is IServerRegistry, IAccessControlDefaultAdminRules, IERC5267, IERC165 {
    function DEFAULT_ADMIN_ROLE() external view returns (bytes32);
    function CURATOR_ROLE() external view returns (bytes32);
    function GUARDIAN_ROLE() external view returns (bytes32);
}
