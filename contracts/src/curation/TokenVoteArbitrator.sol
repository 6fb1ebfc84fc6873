// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ExactTransfers} from "./ExactTransfers.sol";
import {IArbitrable, IArbitrator} from "./interfaces/IArbitrator.sol";
import {IDispensationSource, IDispensationTaker} from "./interfaces/IDispensation.sol";
import {ITokenVoteArbitrator} from "./interfaces/ITokenVoteArbitrator.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {
    ReentrancyGuardTransient
} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ERC165} from "@openzeppelin/contracts/utils/introspection/ERC165.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title The holders of a token rule, by commit and reveal: a token-curated registry's court
/// @dev Nobody owns it and nothing in it can be changed. Anyone may open disputes: they cost
/// nothing to those who do not vote in them. Whoever opens one can take no token out of it.
// Payable because the interface is; a call that brings ether is refused.
// slither-disable-next-line locked-ether
contract TokenVoteArbitrator is ITokenVoteArbitrator, ReentrancyGuardTransient, ERC165 {
    using ExactTransfers for IERC20;
    using SafeERC20 for IERC20;

    uint40 private constant PERIOD_MAX_S = 365 days;

    IERC20 public immutable token;
    uint40 public immutable commitPeriod_s;
    uint40 public immutable revealPeriod_s;
    uint128 public immutable quorum;

    uint256 public disputeCount;
    mapping(uint256 disputeID => Dispute) private disputes;
    mapping(uint256 disputeID => mapping(address voter => Ballot)) private ballots;
    mapping(uint256 disputeID => mapping(uint256 choice => uint128)) public weightOf;

    constructor(IERC20 token_, uint40 commitPeriod_s_, uint40 revealPeriod_s_, uint128 quorum_) {
        if (address(token_).code.length == 0) revert NotAContract(address(token_));
        _requirePeriod(commitPeriod_s_);
        _requirePeriod(revealPeriod_s_);
        if (quorum_ == 0) revert ZeroQuorum();
        (token, quorum) = (token_, quorum_);
        (commitPeriod_s, revealPeriod_s) = (commitPeriod_s_, revealPeriod_s_);
    }

    // -------------------------------------------------------------------------------- disputes

    function createDispute(uint256 choices, bytes calldata)
        external
        payable
        returns (uint256 disputeID)
    {
        if (msg.value != 0) revert NoFeeIsTaken(msg.value);
        if (choices == 0 || choices > type(uint8).max) revert BadChoices(choices);
        disputeID = ++disputeCount;
        Dispute storage d = disputes[disputeID];
        d.arbitrable = IArbitrable(msg.sender);
        d.commitUntil = uint40(block.timestamp) + commitPeriod_s;
        d.revealUntil = d.commitUntil + revealPeriod_s;
        d.choices = SafeCast.toUint8(choices);
        emit DisputeCreation(disputeID, d.arbitrable);
        emit VoteOpened(disputeID, d.commitUntil, d.revealUntil);
    }

    function execute(uint256 disputeID) external nonReentrant {
        Dispute storage d = _overDispute(disputeID);
        if (d.executed) revert AlreadyExecuted(disputeID);
        d.executed = true;
        uint256 ruling = _ruling(d);
        emit Executed(disputeID, ruling, d.leadingWeight, d.revealedWeight);
        d.arbitrable.rule(disputeID, ruling);
    }

    // ----------------------------------------------------------------------------------- votes

    function commit(uint256 disputeID, bytes32 commitment, uint128 amount) external nonReentrant {
        Dispute storage d = _dispute(disputeID);
        if (block.timestamp >= d.commitUntil) revert CommitOver(disputeID, d.commitUntil);
        Ballot storage b = ballots[disputeID][msg.sender];
        uint128 weight = b.weight + amount;
        if (weight == 0) revert NothingLocked(disputeID, msg.sender);
        (b.commitment, b.weight) = (commitment, weight);
        emit Committed(disputeID, msg.sender, commitment, weight);
        if (amount != 0) token.pull(msg.sender, amount);
    }

    function reveal(uint256 disputeID, uint256 choice, bytes32 salt) external nonReentrant {
        Dispute storage d = _dispute(disputeID);
        if (block.timestamp < d.commitUntil || block.timestamp >= d.revealUntil) {
            revert RevealNotOpen(disputeID, d.commitUntil, d.revealUntil);
        }
        if (choice > d.choices) revert BadChoice(disputeID, choice, d.choices);
        Ballot storage b = ballots[disputeID][msg.sender];
        if (b.weight == 0) revert NoCommitment(disputeID, msg.sender);
        if (b.revealed) revert AlreadyRevealed(disputeID, msg.sender);
        if (b.commitment != commitmentOf(disputeID, msg.sender, choice, salt)) {
            revert WrongReveal(disputeID, msg.sender);
        }
        (b.revealed, b.choice) = (true, SafeCast.toUint8(choice));
        uint128 total = _count(disputeID, d, b.choice, b.weight);
        emit Revealed(disputeID, msg.sender, choice, b.weight, total, d.revealedWeight);
    }

    function unlock(uint256 disputeID) external nonReentrant returns (uint128 weight) {
        _overDispute(disputeID);
        Ballot storage b = ballots[disputeID][msg.sender];
        weight = b.weight;
        if (weight == 0 || b.unlocked) revert NothingLocked(disputeID, msg.sender);
        b.unlocked = true;
        emit Unlocked(disputeID, msg.sender, weight);
        token.safeTransfer(msg.sender, weight);
    }

    function claim(uint256 disputeID) external nonReentrant returns (uint256 amount) {
        Dispute storage d = _dispute(disputeID);
        if (!d.executed) revert NotExecuted(disputeID);
        Ballot storage b = ballots[disputeID][msg.sender];
        uint256 ruling = _ruling(d);
        if (ruling == 0 || !b.revealed || b.choice != ruling || b.claimed) {
            revert NothingToClaim(disputeID, msg.sender);
        }
        b.claimed = true;
        if (!d.collected) _collect(disputeID, d);
        amount = uint256(d.dispensation) * b.weight / d.leadingWeight;
        emit Claimed(disputeID, msg.sender, amount);
        token.safeTransfer(msg.sender, amount);
    }

    // ----------------------------------------------------------------------------------- reads

    function arbitrationCost(bytes calldata) external pure returns (uint256) {
        return 0;
    }

    function currentRuling(uint256 disputeID) external view returns (uint256) {
        return _ruling(disputes[disputeID]);
    }

    function dispute(uint256 disputeID) external view returns (Dispute memory) {
        return disputes[disputeID];
    }

    function ballot(uint256 disputeID, address voter) external view returns (Ballot memory) {
        return ballots[disputeID][voter];
    }

    function commitmentOf(uint256 disputeID, address voter, uint256 choice, bytes32 salt)
        public
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(block.chainid, address(this), disputeID, voter, choice, salt));
    }

    function supportsInterface(bytes4 interfaceId) public view override returns (bool) {
        return interfaceId == type(IArbitrator).interfaceId
            || interfaceId == type(IDispensationTaker).interfaceId
            || interfaceId == type(ITokenVoteArbitrator).interfaceId
            || super.supportsInterface(interfaceId);
    }

    // --------------------------------------------------------------------------------- details

    /// Adds a revealed vote. Totals only grow, so the leader is known without a loop.
    function _count(uint256 disputeID, Dispute storage d, uint8 choice, uint128 weight)
        private
        returns (uint128 total)
    {
        total = weightOf[disputeID][choice] + weight;
        weightOf[disputeID][choice] = total;
        d.revealedWeight += weight;
        if (total > d.leadingWeight) {
            (d.leading, d.leadingWeight, d.tied) = (choice, total, false);
        } else if (total == d.leadingWeight) {
            d.tied = true;
        }
    }

    function _ruling(Dispute storage d) private view returns (uint256) {
        return d.tied || d.revealedWeight < quorum ? 0 : d.leading;
    }

    /// Takes what the arbitrable sends, not what it says: it may be anybody's contract.
    function _collect(uint256 disputeID, Dispute storage d) private {
        d.collected = true;
        uint256 before = token.balanceOf(address(this));
        // slither-disable-next-line unused-return
        IDispensationSource(address(d.arbitrable)).collectDispensation(disputeID);
        d.dispensation = SafeCast.toUint128(token.balanceOf(address(this)) - before);
        emit DispensationShared(disputeID, d.dispensation);
    }

    function _dispute(uint256 disputeID) private view returns (Dispute storage d) {
        d = disputes[disputeID];
        if (address(d.arbitrable) == address(0)) revert UnknownDispute(disputeID);
    }

    function _overDispute(uint256 disputeID) private view returns (Dispute storage d) {
        d = _dispute(disputeID);
        if (block.timestamp < d.revealUntil) revert VoteNotOver(disputeID, d.revealUntil);
    }

    function _requirePeriod(uint40 period_s) private pure {
        if (period_s == 0 || period_s > PERIOD_MAX_S) {
            revert PeriodOutOfRange(period_s, 1, PERIOD_MAX_S);
        }
    }
}
