// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Parameters} from "./CurationTypes.sol";
import {StakeLedger} from "./StakeLedger.sol";
import {IDispensationTaker} from "./interfaces/IDispensation.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {ERC165Checker} from "@openzeppelin/contracts/utils/introspection/ERC165Checker.sol";

/// The terms of requests. New ones are added and none is ever changed, so that a request is
/// bound by what its requester agreed to, whatever governance thinks of later.
abstract contract Terms is StakeLedger, Ownable2Step {
    /// No period may hold a deposit longer than this at a stretch.
    uint40 private constant PERIOD_MAX_S = 365 days;
    uint16 private constant BPS = 10_000;

    Parameters[] private terms;

    function setParameters(Parameters calldata parameters_)
        external
        onlyOwner
        returns (uint32 termsId)
    {
        return _setParameters(parameters_);
    }

    function parameters() external view returns (uint32 termsId, Parameters memory) {
        return (_termsId(), terms[_termsId()]);
    }

    function parametersAt(uint32 termsId) external view returns (Parameters memory) {
        if (termsId > _termsId()) revert UnknownTerms(termsId);
        return terms[termsId];
    }

    function _setParameters(Parameters memory p) internal returns (uint32 termsId) {
        _requireWithin("deposit", p.deposit, 1, type(uint128).max);
        _requireWithin("challengePeriod_s", p.challengePeriod_s, 1, PERIOD_MAX_S);
        _requireWithin("rulingPeriod_s", p.rulingPeriod_s, 1, PERIOD_MAX_S);
        // A listing that leaves can be challenged for as long as one that comes.
        _requireWithin("exitDelay_s", p.exitDelay_s, p.challengePeriod_s, PERIOD_MAX_S);
        _requireWithin("dispensation_bps", p.dispensation_bps, 0, BPS);
        address arbitrator = address(p.arbitrator);
        if (arbitrator.code.length == 0) revert NotAContract(arbitrator);
        if (p.dispensation_bps != 0 && !_takesDispensation(arbitrator)) {
            revert DispensationNotTaken(arbitrator);
        }
        termsId = uint32(terms.length);
        terms.push(p);
        emit ParametersSet(termsId, p);
    }

    function _termsId() internal view returns (uint32) {
        return uint32(terms.length - 1);
    }

    function _requireCurrent(uint32 termsId) internal view {
        if (termsId != _termsId()) revert TermsChanged(termsId, _termsId());
    }

    function _terms(uint32 termsId) internal view returns (Parameters storage) {
        return terms[termsId];
    }

    /// What the arbitrator gets of a stake that was lost.
    function _dispensationOf(Parameters storage p) internal view returns (uint256) {
        return uint256(p.deposit) * p.dispensation_bps / BPS;
    }

    function _takesDispensation(address arbitrator) private view returns (bool) {
        return ERC165Checker.supportsInterface(arbitrator, type(IDispensationTaker).interfaceId)
            && address(IDispensationTaker(arbitrator).token()) == address(token);
    }

    function _requireWithin(bytes32 name, uint256 given, uint256 min, uint256 max) private pure {
        if (given < min || given > max) revert ParameterOutOfRange(name, given, min, max);
    }
}
