// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IServerRegistry} from "../../interfaces/IServerRegistry.sol";
import {Status} from "../../Types.sol";
import {Parameters, Phase, Request} from "../CurationTypes.sol";
import {IArbitrable, IArbitrator} from "./IArbitrator.sol";
import {IDispensationSource} from "./IDispensation.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title The registry's curator, by stake: silence accepts, a challenge is ruled
/// @notice A provider's owner applies with a deposit. Unchallenged, it is listed (Active in the
/// registry). A challenger stakes as much, and the arbitrator of the request's terms rules:
/// 1 for the requester, 2 for the challenger; the loser's stake goes to the winner, less the
/// arbitrator's dispensation. Ruling 0, or none in time, leaves all as it was before the
/// challenge and gives back the stakes. A listing may be challenged at any time, with the same
/// terms, and stays trusted until it has lost.
/// @dev A request moves Applied -> Listed -> Closed, each of the first two by way of its
/// challenged phase and back. It holds one deposit until it is Closed and one stake more while
/// challenged; nobody, governance included, can move either but by these rules. Nothing is sent
/// but by `withdraw` and `collectDispensation`.
///
/// A provider that is Suspended stays so, whatever is ruled here: the guardian's word is lifted
/// by `decide` alone. Losing a challenge and leaving make a provider Pending, so that it may
/// apply again. Once this contract has lost the curator role it changes no status, and takes
/// no application and no challenge; each deposit still finds its way out.
interface IStakeCuration is IArbitrable, IDispensationSource {
    // ---------------------------------------------------------------------------------- events

    event Applied(
        uint256 indexed requestId,
        uint32 indexed providerId,
        address indexed requester,
        uint32 termsId,
        uint128 deposit,
        uint40 challengeUntil,
        bytes32 evidenceHash,
        string evidenceURI
    );
    event Challenged(
        uint256 indexed requestId,
        uint32 indexed providerId,
        address indexed challenger,
        Phase phase,
        IArbitrator arbitrator,
        uint256 disputeID,
        uint40 ruleUntil,
        string reason
    );
    /// As ERC-1497 has it; the group is the request.
    event Evidence(
        IArbitrator indexed arbitrator,
        uint256 indexed evidenceGroupID,
        address indexed party,
        string evidence
    );
    event ChallengeEnded(
        uint256 indexed requestId,
        uint32 indexed providerId,
        address indexed challenger,
        uint256 ruling,
        Phase phase,
        uint256 dispensation
    );
    event Listed(uint256 indexed requestId, uint32 indexed providerId);
    event ExitStarted(uint256 indexed requestId, uint32 indexed providerId, uint40 exitAt);
    event TermsAdopted(uint256 indexed requestId, uint32 indexed providerId, uint32 termsId);
    event Closed(uint256 indexed requestId, uint32 indexed providerId);

    /// @param balance What the account may withdraw now.
    event Credited(address indexed account, uint256 amount, uint256 balance);
    event Withdrawn(address indexed account, address indexed to, uint256 amount);
    event DispensationCollected(
        IArbitrator indexed arbitrator, uint256 indexed disputeID, uint256 amount
    );

    event ParametersSet(uint32 indexed termsId, Parameters parameters);
    event Decided(uint32 indexed providerId, Status status, bytes32 reason);
    /// A status that was not set, because the provider is Suspended or Removed, or because this
    /// contract is no longer the registry's curator.
    event StatusLeft(uint32 indexed providerId, Status is_, Status wanted);

    // ---------------------------------------------------------------------------------- errors

    error NotProviderOwner(uint32 providerId, address caller);
    error NotRequester(uint256 requestId, address caller);
    /// Only a Pending or an Active provider may apply.
    error NotEligible(uint32 providerId, Status status);
    error AlreadyOpen(uint32 providerId, uint256 requestId);
    error WrongPhase(uint256 requestId, Phase phase);
    error TooEarly(uint256 requestId, uint40 from);
    error TooLate(uint256 requestId, uint40 until);
    error ExitNotStarted(uint256 requestId);
    error ExitStartedAlready(uint256 requestId, uint40 exitAt);
    error TermsChanged(uint32 given, uint32 current);
    error UnknownTerms(uint32 termsId);
    error UnknownDispute(address arbitrator, uint256 disputeID);
    error DisputeTaken(address arbitrator, uint256 disputeID);
    error BadRuling(uint256 ruling);
    error BadDecision(Status status);
    error NotCurator();
    error NothingToWithdraw(address account);
    error ParameterOutOfRange(bytes32 name, uint256 given, uint256 min, uint256 max);
    error NotAContract(address given);
    /// Only an arbitrator that says it shares out this token may have a dispensation.
    error DispensationNotTaken(address arbitrator);

    // -------------------------------------------------------------------------------- requests

    /// @notice Provider's owner: applies with the deposit of the current terms, which the caller
    /// has approved. A Pending or an Active provider may; one with an open request may not.
    /// @param termsId The terms that the caller agrees to; refused if they are not the current.
    /// @param evidenceHash keccak256 of the document behind `evidenceURI`.
    function applyFor(
        uint32 providerId,
        uint32 termsId,
        bytes32 evidenceHash,
        string calldata evidenceURI
    ) external returns (uint256 requestId);

    /// @notice Anyone: stakes as much as the request's deposit against it, while its challenge
    /// period runs or once it is listed. An Active provider turns Challenged, which keeps trust.
    /// @param termsId The terms that the caller knows the request to be under; else refused.
    /// @param reason A URI or a sentence: logged.
    function challenge(uint256 requestId, uint32 termsId, string calldata reason)
        external
        returns (uint256 disputeID);

    /// @notice Anyone, until the request is closed: puts evidence on the log.
    function submitEvidence(uint256 requestId, string calldata evidence) external;

    /// @notice Anyone: lists an application whose challenge period passed without a challenge.
    /// If the provider was suspended or retired meanwhile, it gives the deposit back instead.
    function execute(uint256 requestId) external;

    /// @notice Anyone: ends a challenge that was not ruled in time, as ruling 0 would.
    function lapse(uint256 requestId) external;

    /// @notice Requester or the provider's owner: leaves the list after the exit delay. The
    /// provider is trusted, and may be challenged, until then; a challenge holds the deposit.
    function startExit(uint256 requestId) external;

    /// @notice Anyone, after the exit delay: the provider turns Pending, the deposit goes back.
    function finalizeExit(uint256 requestId) external;

    /// @notice Requester of an unchallenged listing: puts it under the current terms, and pays
    /// or gets back the difference between the deposits.
    function adoptTerms(uint256 requestId, uint32 termsId) external;

    /// @notice Anyone: sends all that is credited to the caller to `to`.
    function withdraw(address to) external returns (uint256 amount);

    // ------------------------------------------------------------------------------ governance

    /// @notice Owner: sets the terms of the requests to come. Those made keep their own.
    function setParameters(Parameters calldata parameters_) external returns (uint32 termsId);

    /// @notice Owner: sets a provider Pending, Active or Suspended. No deposit moves.
    function decide(uint32 providerId, Status status, bytes32 reason) external;

    /// @notice Owner: limits the lifetimes of a kind's listings, as the registry's curator may.
    function setKind(bytes32 kind, uint40 minTtl, uint40 maxTtl, uint16 flags) external;

    // ----------------------------------------------------------------------------------- reads
    // None reverts for what is unknown, but for `parametersAt`.

    function registry() external view returns (IServerRegistry);
    function token() external view returns (IERC20);
    /// @notice Whether this contract holds the registry's curator role.
    function inOffice() external view returns (bool);

    /// @notice The terms for who applies now, and their number.
    function parameters() external view returns (uint32 termsId, Parameters memory);
    function parametersAt(uint32 termsId) external view returns (Parameters memory);

    /// @notice How many requests were ever made; they are numbered from 1.
    function requestCount() external view returns (uint256);
    function request(uint256 requestId) external view returns (Request memory);
    /// @notice The provider's open request, or zeros.
    function listing(uint32 providerId) external view returns (uint256 requestId, Request memory);
    /// @notice The request whose dispute this is, 0 once it is ruled.
    function requestOf(IArbitrator arbitrator, uint256 disputeID) external view returns (uint256);

    /// @notice What an account may withdraw.
    function withdrawable(address account) external view returns (uint256);
    /// @notice What a ruled dispute left to its arbitrator and was not collected yet.
    function dispensation(IArbitrator arbitrator, uint256 disputeID)
        external
        view
        returns (uint256);
}
