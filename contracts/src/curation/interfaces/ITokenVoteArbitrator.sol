// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IArbitrable, IArbitrator} from "./IArbitrator.sol";
import {IDispensationTaker} from "./IDispensation.sol";

/// @title The holders of a token rule, by commit and reveal
/// @notice A voter locks tokens with the hash of a choice, and tells the choice once nobody can
/// commit any more. The choice with most revealed tokens is the ruling; a tie, or fewer revealed
/// tokens than the quorum, refuses to rule (0). Locked tokens come back when the reveal period
/// is over, revealed or not; so no token votes twice in one dispute, and none is borrowed for
/// one transaction. Voters for the ruling share what the dispute's loser leaves them.
/// @dev Each dispute has its own locks: tokens in one cannot be used in another.
interface ITokenVoteArbitrator is IArbitrator, IDispensationTaker {
    struct Dispute {
        IArbitrable arbitrable;
        uint40 commitUntil; // unix time in seconds, as is the next
        uint40 revealUntil;
        uint8 choices;
        bool executed; // its ruling was given to the arbitrable
        bool collected; // its dispensation was collected
        bool tied;
        uint8 leading; // the choice with most revealed tokens
        uint128 leadingWeight;
        uint128 revealedWeight;
        uint128 dispensation; // once collected
    }

    struct Ballot {
        bytes32 commitment;
        uint128 weight; // tokens locked with it
        uint8 choice; // once revealed
        bool revealed;
        bool unlocked;
        bool claimed;
    }

    event VoteOpened(uint256 indexed disputeID, uint40 commitUntil, uint40 revealUntil);
    /// @param weight All that the voter has locked in this dispute.
    event Committed(
        uint256 indexed disputeID, address indexed voter, bytes32 commitment, uint128 weight
    );
    event Revealed(
        uint256 indexed disputeID,
        address indexed voter,
        uint256 choice,
        uint128 weight,
        uint128 choiceWeight,
        uint128 revealedWeight
    );
    event Executed(
        uint256 indexed disputeID, uint256 ruling, uint128 leadingWeight, uint128 revealedWeight
    );
    event Unlocked(uint256 indexed disputeID, address indexed voter, uint128 weight);
    event DispensationShared(uint256 indexed disputeID, uint128 amount);
    event Claimed(uint256 indexed disputeID, address indexed voter, uint256 amount);

    error UnknownDispute(uint256 disputeID);
    error NoFeeIsTaken(uint256 value);
    error BadChoices(uint256 choices);
    error BadChoice(uint256 disputeID, uint256 choice, uint256 choices);
    error CommitOver(uint256 disputeID, uint40 until);
    error RevealNotOpen(uint256 disputeID, uint40 from, uint40 until);
    error VoteNotOver(uint256 disputeID, uint40 until);
    error NoCommitment(uint256 disputeID, address voter);
    error WrongReveal(uint256 disputeID, address voter);
    error AlreadyRevealed(uint256 disputeID, address voter);
    error AlreadyExecuted(uint256 disputeID);
    error NotExecuted(uint256 disputeID);
    error NothingLocked(uint256 disputeID, address voter);
    error NothingToClaim(uint256 disputeID, address voter);
    error PeriodOutOfRange(uint40 given_s, uint40 min_s, uint40 max_s);
    error ZeroQuorum();
    error NotAContract(address given);

    /// @notice Anyone, while commits are taken: locks `amount` tokens more, which the caller has
    /// approved, behind `commitment`. A later one replaces it; its amount may then be 0.
    function commit(uint256 disputeID, bytes32 commitment, uint128 amount) external;

    /// @notice Voter, once, while reveals are taken: tells the choice that was committed.
    /// @param choice From 1 to the number of choices; 0 votes to refuse a ruling.
    function reveal(uint256 disputeID, uint256 choice, bytes32 salt) external;

    /// @notice Anyone, once, after the vote: gives the ruling to the arbitrable.
    function execute(uint256 disputeID) external;

    /// @notice Voter, after the vote, executed or not: takes the locked tokens back.
    function unlock(uint256 disputeID) external returns (uint128 weight);

    /// @notice Voter for the ruling, once it is executed: takes a share of the dispensation,
    /// by weight, rounded down. What rounding leaves, less than a unit a voter, stays here.
    function claim(uint256 disputeID) external returns (uint256 amount);

    function commitPeriod_s() external view returns (uint40);
    function revealPeriod_s() external view returns (uint40);
    /// @notice The revealed tokens, of all choices together, without which nothing is ruled.
    function quorum() external view returns (uint128);

    function disputeCount() external view returns (uint256);
    function dispute(uint256 disputeID) external view returns (Dispute memory);
    function ballot(uint256 disputeID, address voter) external view returns (Ballot memory);
    /// @notice The revealed tokens for one choice.
    function weightOf(uint256 disputeID, uint256 choice) external view returns (uint128);

    /// @notice What to hand to `commit`. Draw 32 random bytes as the salt, and keep them: who
    /// knows the salt knows the vote, and without it nothing can be revealed.
    /// @dev keccak256(abi.encode(chain id, this contract, disputeID, voter, choice, salt))
    function commitmentOf(uint256 disputeID, address voter, uint256 choice, bytes32 salt)
        external
        view
        returns (bytes32);
}
