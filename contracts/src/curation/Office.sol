// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Status} from "../Types.sol";
import {IServerRegistry} from "../interfaces/IServerRegistry.sol";
import {Terms} from "./Terms.sol";
import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

/// What the registry's curator does to a provider there, while this contract is the curator.
///
/// Whether a status can be set is asked first, never tried and caught: a caller who sends just
/// too little gas could otherwise have a deposit back and its provider left trusted.
abstract contract Office is Terms {
    bytes32 private constant CURATOR_ROLE = keccak256("CURATOR_ROLE");

    IServerRegistry public immutable registry;

    constructor(IServerRegistry registry_) {
        if (address(registry_).code.length == 0) revert NotAContract(address(registry_));
        registry = registry_;
    }

    function decide(uint32 providerId, Status status, bytes32 reason) external onlyOwner {
        if (status != Status.Pending && status != Status.Active && status != Status.Suspended) {
            revert BadDecision(status);
        }
        emit Decided(providerId, status, reason);
        registry.setProviderStatus(providerId, status, reason);
    }

    function setKind(bytes32 kind, uint40 minTtl, uint40 maxTtl, uint16 flags) external onlyOwner {
        registry.setKind(kind, minTtl, maxTtl, flags);
    }

    function inOffice() public view returns (bool) {
        return IAccessControl(address(registry)).hasRole(CURATOR_ROLE, address(this));
    }

    function _requireOffice() internal view {
        if (!inOffice()) revert NotCurator();
    }

    /// Sets a provider Active or Pending, unless the guardian, its owner or the registry's admin
    /// has had a stronger word.
    /// @return done Whether the provider has the status now.
    function _settle(uint32 providerId, Status wanted, bytes32 reason)
        internal
        returns (bool done)
    {
        Status is_ = registry.provider(providerId).status;
        if (is_ == Status.Suspended || is_ == Status.Removed || !inOffice()) {
            emit StatusLeft(providerId, is_, wanted);
            return false;
        }
        if (is_ != wanted) registry.setProviderStatus(providerId, wanted, reason);
        return true;
    }

    /// A provider in good standing is marked, and keeps its standing; any other stays as it is.
    function _markChallenged(uint32 providerId) internal {
        if (registry.provider(providerId).status != Status.Active) return;
        registry.setProviderStatus(providerId, Status.Challenged, "challenge");
    }

    /// Takes the mark away, where it still is.
    function _unmark(uint32 providerId) internal {
        if (registry.provider(providerId).status != Status.Challenged) return;
        _settle(providerId, Status.Active, "challenge dismissed");
    }
}
