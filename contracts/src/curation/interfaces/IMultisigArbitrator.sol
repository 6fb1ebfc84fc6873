// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IArbitrable, IArbitrator} from "./IArbitrator.sol";

/// @title One curator decides: the owner, typically a multisig wallet, rules
/// @notice It asks for no fee and takes no dispensation. An owner who never rules changes
/// nothing: disputes lapse where they were opened.
interface IMultisigArbitrator is IArbitrator {
    struct Dispute {
        IArbitrable arbitrable;
        uint256 choices;
        bool ruled;
        uint256 ruling;
    }

    /// @param reason A URI or a sentence.
    event RulingGiven(uint256 indexed disputeID, uint256 ruling, string reason);

    error UnknownDispute(uint256 disputeID);
    error AlreadyRuled(uint256 disputeID);
    error BadRuling(uint256 disputeID, uint256 ruling, uint256 choices);
    error NoFeeIsTaken(uint256 value);

    /// @notice Owner, once: rules. 0 refuses to.
    function giveRuling(uint256 disputeID, uint256 ruling, string calldata reason) external;

    function disputeCount() external view returns (uint256);
    function dispute(uint256 disputeID) external view returns (Dispute memory);
}
