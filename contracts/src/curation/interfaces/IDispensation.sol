// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title An arbitrable that leaves part of the loser's stake to those who ruled
interface IDispensationSource {
    /// @notice The dispute's arbitrator, once: takes what the ruled dispute left to it.
    /// @return amount Token units sent to the caller.
    function collectDispensation(uint256 disputeID) external returns (uint256 amount);
}

/// @title An arbitrator that knows how to share a dispensation (told by ERC-165)
interface IDispensationTaker {
    /// @notice The only token in which it can take one.
    function token() external view returns (IERC20);
}
