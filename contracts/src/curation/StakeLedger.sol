// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ExactTransfers} from "./ExactTransfers.sol";
import {IArbitrator} from "./interfaces/IArbitrator.sol";
import {IStakeCuration} from "./interfaces/IStakeCuration.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {
    ReentrancyGuardTransient
} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

/// Stakes come in whole; what is due to somebody is credited, and sent when it is asked for.
///
/// The stake is an ERC-20 token, not the chain's own currency: those who judge a challenge by
/// vote hold the same token that they judge about and are paid in it, so that a list which
/// nobody can rely on costs its voters. It also leaves no payment hooks to the receivers. Tokens
/// that keep a fee are refused; tokens whose balances change by themselves must not be used.
abstract contract StakeLedger is IStakeCuration, ReentrancyGuardTransient {
    using ExactTransfers for IERC20;
    using SafeERC20 for IERC20;

    IERC20 public immutable token;

    mapping(address account => uint256) public withdrawable;
    mapping(IArbitrator arbitrator => mapping(uint256 disputeID => uint256)) public dispensation;

    constructor(IERC20 token_) {
        if (address(token_).code.length == 0) revert NotAContract(address(token_));
        token = token_;
    }

    function withdraw(address to) external nonReentrant returns (uint256 amount) {
        amount = withdrawable[msg.sender];
        if (amount == 0) revert NothingToWithdraw(msg.sender);
        delete withdrawable[msg.sender];
        emit Withdrawn(msg.sender, to, amount);
        token.safeTransfer(to, amount);
    }

    function collectDispensation(uint256 disputeID)
        external
        nonReentrant
        returns (uint256 amount)
    {
        IArbitrator arbitrator = IArbitrator(msg.sender);
        amount = dispensation[arbitrator][disputeID];
        if (amount == 0) revert NothingToWithdraw(msg.sender);
        delete dispensation[arbitrator][disputeID];
        emit DispensationCollected(arbitrator, disputeID, amount);
        token.safeTransfer(msg.sender, amount);
    }

    function _stake(uint256 amount) internal {
        token.pull(msg.sender, amount);
    }

    function _credit(address account, uint256 amount) internal {
        if (amount == 0) return;
        uint256 balance = withdrawable[account] + amount;
        withdrawable[account] = balance;
        emit Credited(account, amount, balance);
    }
}
