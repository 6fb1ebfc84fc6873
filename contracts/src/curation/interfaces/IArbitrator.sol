// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Somebody who has disputes to be ruled, in the words of ERC-792
interface IArbitrable {
    /// @notice An arbitrator has ruled.
    event Ruling(IArbitrator indexed arbitrator, uint256 indexed disputeID, uint256 ruling);

    /// @notice The dispute's arbitrator, once: gives its ruling.
    /// @param ruling From 1 to the number of choices; 0 refuses to rule.
    function rule(uint256 disputeID, uint256 ruling) external;
}

/// @title Somebody who rules disputes, in the words of ERC-792, without appeals
interface IArbitrator {
    /// @notice A dispute waits for a ruling.
    event DisputeCreation(uint256 indexed disputeID, IArbitrable indexed arbitrable);

    /// @notice Opens a dispute between the caller's parties.
    /// @param choices The number of rulings to choose from, besides refusing to rule.
    /// @param extraData What an arbitrator may want to know; those of this house do not read it.
    function createDispute(uint256 choices, bytes calldata extraData)
        external
        payable
        returns (uint256 disputeID);

    /// @notice What `createDispute` costs in the chain's own currency, in wei.
    function arbitrationCost(bytes calldata extraData) external view returns (uint256 cost);

    /// @notice The ruling given, or as it would be given now; 0 while there is none.
    function currentRuling(uint256 disputeID) external view returns (uint256 ruling);
}
