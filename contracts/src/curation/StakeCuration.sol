// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Provider, Status} from "../Types.sol";
import {IServerRegistry} from "../interfaces/IServerRegistry.sol";
import {Parameters, Phase, Request} from "./CurationTypes.sol";
import {Office} from "./Office.sol";
import {StakeLedger} from "./StakeLedger.sol";
import {IArbitrator} from "./interfaces/IArbitrator.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title The registry's curator, by stake: silence accepts, a challenge is ruled
/// @dev Not to be taken for ../Curation.sol, which is the registry's side: what any curator may
/// do there. This contract is one such curator. See IStakeCuration for the rules.
///
/// What it holds at any time: the deposit of each request that is not Closed, a stake more for
/// each that is challenged, all credits, and the dispensations that were not collected yet.
contract StakeCuration is Office {
    uint256 private constant REQUESTER_WINS = 1;
    uint256 private constant CHALLENGER_WINS = 2;
    uint256 private constant CHOICES = 2;

    uint256 public requestCount;
    mapping(uint256 requestId => Request) private requests;
    mapping(uint32 providerId => uint256 requestId) private openRequest;
    mapping(IArbitrator arbitrator => mapping(uint256 disputeID => uint256)) public requestOf;

    /// @param registry_ The registry whose CURATOR_ROLE this contract is to be granted.
    /// @param token_ What is staked; an arbitrator by vote counts the same token.
    /// @param owner_ Governance: sets terms and may decide; changes hands in two steps.
    /// @param parameters_ The first terms, which have number 0.
    constructor(
        IServerRegistry registry_,
        IERC20 token_,
        address owner_,
        Parameters memory parameters_
    ) Office(registry_) StakeLedger(token_) Ownable(owner_) {
        _setParameters(parameters_);
    }

    // -------------------------------------------------------------------------------- requests

    function applyFor(
        uint32 providerId,
        uint32 termsId,
        bytes32 evidenceHash,
        string calldata evidenceURI
    ) external nonReentrant returns (uint256 requestId) {
        _requireOffice();
        _requireCurrent(termsId);
        _requireMayApply(providerId);
        Parameters storage p = _terms(termsId);
        requestId = ++requestCount;
        Request storage r = requests[requestId];
        (r.requester, r.providerId, r.termsId) = (msg.sender, providerId, termsId);
        r.phase = Phase.Applied;
        r.deadline = _after(p.challengePeriod_s);
        openRequest[providerId] = requestId;
        emit Applied(
            requestId,
            providerId,
            msg.sender,
            termsId,
            p.deposit,
            r.deadline,
            evidenceHash,
            evidenceURI
        );
        _stake(p.deposit);
    }

    function challenge(uint256 requestId, uint32 termsId, string calldata reason)
        external
        nonReentrant
        returns (uint256 disputeID)
    {
        _requireOffice();
        Request storage r = requests[requestId];
        Parameters storage p = _terms(r.termsId);
        if (r.phase == Phase.Applied) {
            if (block.timestamp >= r.deadline) revert TooLate(requestId, r.deadline);
            r.phase = Phase.AppliedChallenged;
        } else {
            _requirePhase(requestId, r, Phase.Listed);
            r.phase = Phase.ListedChallenged;
        }
        if (termsId != r.termsId) revert TermsChanged(termsId, r.termsId);
        (r.challenger, r.deadline) = (msg.sender, _after(p.rulingPeriod_s));
        _markChallenged(r.providerId);
        _stake(p.deposit);
        // Its number comes from the arbitrator, so it can only be stored after that call.
        // slither-disable-next-line reentrancy-no-eth
        disputeID = _openDispute(requestId, r, p.arbitrator);
        emit Challenged(
            requestId,
            r.providerId,
            msg.sender,
            r.phase,
            p.arbitrator,
            disputeID,
            r.deadline,
            reason
        );
    }

    function submitEvidence(uint256 requestId, string calldata evidence) external {
        Request storage r = requests[requestId];
        if (r.phase == Phase.None || r.phase == Phase.Closed) {
            revert WrongPhase(requestId, r.phase);
        }
        emit Evidence(_terms(r.termsId).arbitrator, requestId, msg.sender, evidence);
    }

    function execute(uint256 requestId) external nonReentrant {
        Request storage r = requests[requestId];
        _requirePhase(requestId, r, Phase.Applied);
        _requireReached(requestId, r.deadline);
        _list(requestId, r);
    }

    function rule(uint256 disputeID, uint256 ruling) external nonReentrant {
        if (ruling > CHOICES) revert BadRuling(ruling);
        IArbitrator arbitrator = IArbitrator(msg.sender);
        uint256 requestId = requestOf[arbitrator][disputeID];
        if (requestId == 0) revert UnknownDispute(msg.sender, disputeID);
        emit Ruling(arbitrator, disputeID, ruling);
        _endChallenge(requestId, ruling);
    }

    function lapse(uint256 requestId) external nonReentrant {
        Request storage r = requests[requestId];
        if (r.phase != Phase.AppliedChallenged && r.phase != Phase.ListedChallenged) {
            revert WrongPhase(requestId, r.phase);
        }
        _requireReached(requestId, r.deadline);
        _endChallenge(requestId, 0);
    }

    function startExit(uint256 requestId) external nonReentrant {
        Request storage r = requests[requestId];
        _requirePhase(requestId, r, Phase.Listed);
        if (msg.sender != r.requester && msg.sender != registry.provider(r.providerId).owner) {
            revert NotRequester(requestId, msg.sender);
        }
        if (r.exitAt != 0) revert ExitStartedAlready(requestId, r.exitAt);
        r.exitAt = _after(_terms(r.termsId).exitDelay_s);
        emit ExitStarted(requestId, r.providerId, r.exitAt);
    }

    function finalizeExit(uint256 requestId) external nonReentrant {
        Request storage r = requests[requestId];
        _requirePhase(requestId, r, Phase.Listed);
        if (r.exitAt == 0) revert ExitNotStarted(requestId);
        _requireReached(requestId, r.exitAt);
        _close(requestId, r);
        _settle(r.providerId, Status.Pending, "exit");
    }

    function adoptTerms(uint256 requestId, uint32 termsId) external nonReentrant {
        Request storage r = requests[requestId];
        _requirePhase(requestId, r, Phase.Listed);
        if (msg.sender != r.requester) revert NotRequester(requestId, msg.sender);
        if (r.exitAt != 0) revert ExitStartedAlready(requestId, r.exitAt);
        _requireCurrent(termsId);
        (uint256 old, uint256 due) = (_terms(r.termsId).deposit, _terms(termsId).deposit);
        r.termsId = termsId;
        emit TermsAdopted(requestId, r.providerId, termsId);
        if (due > old) _stake(due - old);
        else _credit(msg.sender, old - due);
    }

    // ----------------------------------------------------------------------------------- reads

    function request(uint256 requestId) external view returns (Request memory) {
        return requests[requestId];
    }

    function listing(uint32 providerId)
        external
        view
        returns (uint256 requestId, Request memory r)
    {
        requestId = openRequest[providerId];
        r = requests[requestId];
    }

    // ----------------------------------------------------------------------------- transitions

    function _requireMayApply(uint32 providerId) private view {
        Provider memory provider = registry.provider(providerId);
        if (msg.sender != provider.owner) revert NotProviderOwner(providerId, msg.sender);
        if (provider.status != Status.Pending && provider.status != Status.Active) {
            revert NotEligible(providerId, provider.status);
        }
        uint256 open = openRequest[providerId];
        if (open != 0) revert AlreadyOpen(providerId, open);
    }

    /// Accepts an application; if its provider cannot be Active any more, gives it back. The
    /// registry, which calls nobody, says which of the two before the phase can be set.
    // slither-disable-next-line reentrancy-no-eth
    function _list(uint256 requestId, Request storage r) private {
        r.deadline = 0;
        if (_settle(r.providerId, Status.Active, "listed")) {
            r.phase = Phase.Listed;
            emit Listed(requestId, r.providerId);
        } else {
            _close(requestId, r);
        }
    }

    /// Ends a request for good; its deposit goes back to the requester.
    function _close(uint256 requestId, Request storage r) private {
        _forfeit(requestId, r);
        _credit(r.requester, _terms(r.termsId).deposit);
    }

    /// Ends a request for good; its deposit is the caller's to credit.
    function _forfeit(uint256 requestId, Request storage r) private {
        r.phase = Phase.Closed;
        delete openRequest[r.providerId];
        emit Closed(requestId, r.providerId);
    }

    /// The arbitrator is called last; what it does meanwhile finds the guard shut.
    function _openDispute(uint256 requestId, Request storage r, IArbitrator arbitrator)
        private
        returns (uint256 disputeID)
    {
        disputeID = arbitrator.createDispute(CHOICES, "");
        if (requestOf[arbitrator][disputeID] != 0) {
            revert DisputeTaken(address(arbitrator), disputeID);
        }
        requestOf[arbitrator][disputeID] = requestId;
        r.disputeId = disputeID;
    }

    /// Pays out a challenge and moves its request on. Ruling 0 is the state before it.
    function _endChallenge(uint256 requestId, uint256 ruling) private {
        Request storage r = requests[requestId];
        Parameters storage p = _terms(r.termsId);
        (address challenger, uint256 disputeID) = (r.challenger, r.disputeId);
        bool wasListed = r.phase == Phase.ListedChallenged;
        uint256 left = ruling == 0 ? 0 : _dispensationOf(p);
        delete requestOf[p.arbitrator][disputeID];
        if (left != 0) dispensation[p.arbitrator][disputeID] = left;
        (r.challenger, r.deadline, r.disputeId) = (address(0), 0, 0);

        if (ruling == CHALLENGER_WINS) {
            _forfeit(requestId, r);
            _credit(challenger, 2 * uint256(p.deposit) - left);
            _settle(r.providerId, Status.Pending, "challenge upheld");
        } else {
            _credit(ruling == REQUESTER_WINS ? r.requester : challenger, p.deposit - left);
            if (wasListed) r.phase = Phase.Listed;
            else if (ruling == REQUESTER_WINS) _list(requestId, r);
            else _close(requestId, r);
            _unmark(r.providerId);
        }
        emit ChallengeEnded(requestId, r.providerId, challenger, ruling, r.phase, left);
    }

    function _requirePhase(uint256 requestId, Request storage r, Phase phase) private view {
        if (r.phase != phase) revert WrongPhase(requestId, r.phase);
    }

    function _requireReached(uint256 requestId, uint40 time) private view {
        if (block.timestamp < time) revert TooEarly(requestId, time);
    }

    function _after(uint40 period_s) private view returns (uint40) {
        return uint40(block.timestamp) + period_s;
    }
}
