// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RegistryBase} from "./RegistryBase.sol";
import {Slots} from "./Slots.sol";
import {Status} from "./Types.sol";
import {KindWord, KindWords, ProviderWord} from "./Words.sol";

/// What the curator, the guardian and the admin may do. None of them can list or move a server.
abstract contract Curation is RegistryBase {
    function setProviderStatus(uint32 id, Status status, bytes32 reason)
        external
        onlyRole(CURATOR_ROLE)
    {
        ProviderWord word = _liveProvider(id);
        if (status == Status.None || status == Status.Removed) revert BadStatus(status);
        // A challenge keeps trust, so it must never be a way to gain it.
        if (status == Status.Challenged && word.status() != Status.Active) {
            revert BadStatus(status);
        }
        _storeProvider(id, word.withStatus(status), reason);
    }

    function suspendProvider(uint32 id, bytes32 reason) external onlyRole(GUARDIAN_ROLE) {
        _storeProvider(id, _liveProvider(id).withStatus(Status.Suspended), reason);
    }

    function setHalted(bool halted) external {
        _checkRole(halted ? GUARDIAN_ROLE : DEFAULT_ADMIN_ROLE);
        Slots.state().registry = Slots.state().registry.withHalted(halted);
        emit Halted(halted);
    }

    function setKind(bytes32 kind, uint40 minTtl, uint40 maxTtl, uint16 flags)
        external
        onlyRole(CURATOR_ROLE)
    {
        if (maxTtl != 0 && minTtl > maxTtl) revert TtlOutOfRange(minTtl, 0, maxTtl);
        uint64 version = Slots.state().kinds[kind].version() + 1;
        KindWord word = KindWords.pack(version, uint64(block.number), minTtl, maxTtl, flags);
        Slots.state().kinds[kind] = word;
        emit KindChanged(kind, KindWord.unwrap(word));
    }

    function deprecate(address successor_) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (successor_ == address(0)) revert ZeroAddress();
        if (Slots.state().successor != address(0)) revert Deprecated_();
        Slots.state().successor = successor_;
        emit Deprecated(successor_);
    }
}
