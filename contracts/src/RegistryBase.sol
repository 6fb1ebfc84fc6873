// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Slots} from "./Slots.sol";
import {Status} from "./Types.sol";
import {KindWord, ProviderWord} from "./Words.sol";
import {IServerRegistry} from "./interfaces/IServerRegistry.sol";
import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";

/// Roles, and the checks and notes that the parts of the registry share.
///
/// DEFAULT_ADMIN_ROLE grants roles, clears a halt and names a successor; it changes hands in two
/// steps with a delay. CURATOR_ROLE vouches for providers. GUARDIAN_ROLE can only stop things.
abstract contract RegistryBase is IServerRegistry, AccessControlDefaultAdminRules {
    bytes32 public constant CURATOR_ROLE = keccak256("CURATOR_ROLE");
    bytes32 public constant GUARDIAN_ROLE = keccak256("GUARDIAN_ROLE");

    /// The word of a provider that is registered and not retired.
    function _liveProvider(uint32 id) internal view returns (ProviderWord word) {
        word = Slots.state().providers[id];
        Status status = word.status();
        if (status == Status.None) revert UnknownProvider(id);
        if (status == Status.Removed) revert BadStatus(status);
    }

    function _requireOwner(uint32 id, ProviderWord word) internal view {
        if (msg.sender != word.owner()) revert NotAuthorized(id, msg.sender);
    }

    function _requireOwnerOrOperator(uint32 id, ProviderWord word) internal view {
        if (msg.sender != word.owner() && !_isOperator(id, word, msg.sender)) {
            revert NotAuthorized(id, msg.sender);
        }
    }

    function _isOperator(uint32 id, ProviderWord word, address op) internal view returns (bool) {
        address appointedBy = Slots.state().operators[id][op];
        return appointedBy != address(0) && appointedBy == word.owner();
    }

    function _storeProvider(uint32 id, ProviderWord word, bytes32 reason) internal {
        Slots.state().providers[id] = word;
        emit ProviderChanged(id, ProviderWord.unwrap(word), reason);
    }

    /// Notes a change in `kind`.
    function _touch(bytes32 kind) internal returns (KindWord word) {
        word = Slots.state().kinds[kind].next(uint64(block.number));
        Slots.state().kinds[kind] = word;
    }

    /// Seconds from now to `time`; a time of 0 is never, which is longer than any limit.
    function _ttl(uint40 time) internal view returns (uint40) {
        if (time == 0) return type(uint40).max;
        return time > block.timestamp ? uint40(time - block.timestamp) : 0;
    }
}
