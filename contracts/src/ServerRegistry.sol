// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Curation} from "./Curation.sol";
import {Providers} from "./Providers.sol";
import {Reads} from "./Reads.sol";
import {Resources} from "./Resources.sol";
import {Slots} from "./Slots.sol";
import {Status} from "./Types.sol";
import {RegistryWords} from "./Words.sol";
import {IServerRegistry} from "./interfaces/IServerRegistry.sol";
import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";

/// @title The registry of servers: immutable, without a proxy; a new version is a new address
/// @dev No constructor argument and no line of the code depends on the chain, so one CREATE2
/// deployment has the same address and the same code hash everywhere.
contract ServerRegistry is Providers, Curation, Resources, Reads {
    uint16 private constant WORDS_VERSION = 1;

    /// @param admin Holds DEFAULT_ADMIN_ROLE.
    /// @param adminDelay_s Seconds that a change of admin waits.
    /// @param curator Holds CURATOR_ROLE; zero for nobody yet.
    /// @param guardian Holds GUARDIAN_ROLE; zero for nobody yet.
    /// @param providerOwner Owns provider 1, which is Active from the start.
    /// @param metadataHash keccak256 of provider 1's description.
    /// @param metadataURI Where that description is.
    constructor(
        address admin,
        uint48 adminDelay_s,
        address curator,
        address guardian,
        address providerOwner,
        bytes32 metadataHash,
        string memory metadataURI
    ) AccessControlDefaultAdminRules(adminDelay_s, admin) {
        Slots.state().registry = RegistryWords.pack(WORDS_VERSION, false, 0, uint64(block.number));
        if (curator != address(0)) _grantRole(CURATOR_ROLE, curator);
        if (guardian != address(0)) _grantRole(GUARDIAN_ROLE, guardian);
        _register(providerOwner, Status.Active, metadataHash, metadataURI);
    }

    function supportsInterface(bytes4 interfaceId) public view override returns (bool) {
        return interfaceId == type(IServerRegistry).interfaceId
            || interfaceId == type(IERC5267).interfaceId || super.supportsInterface(interfaceId);
    }
}
