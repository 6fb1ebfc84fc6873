// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Status} from "../../../src/Types.sol";
import {Parameters, Phase, Request} from "../../../src/curation/CurationTypes.sol";
import {MultisigArbitrator} from "../../../src/curation/MultisigArbitrator.sol";
import {StakeCuration} from "../../../src/curation/StakeCuration.sol";
import {TokenVoteArbitrator} from "../../../src/curation/TokenVoteArbitrator.sol";
import {IArbitrator} from "../../../src/curation/interfaces/IArbitrator.sol";
import {IRegistry} from "../../support/IRegistry.sol";
import {vm} from "../../support/Vm.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// Random actions of everybody around one curation. Many are refused, which is as good: after
/// each one, done or not, nobody has lost or regained trust but by what may do that.
contract StakeActors {
    /// What an action may do to the standing of the provider that it is about.
    enum Effect {
        None, // trust is neither lost nor found
        List, // a Pending one may become trusted
        Unlist, // a trusted one may become Pending
        Any
    }

    uint32 public constant PROVIDERS = 2;
    uint256 public constant PEOPLE = 5;
    address private constant GOVERNANCE = address(0x60F);
    address private constant JUDGE = address(0x1D6E);

    IRegistry private immutable registry;
    StakeCuration private immutable curation;
    MultisigArbitrator private immutable multisig;
    TokenVoteArbitrator private immutable vote;
    address private immutable admin;
    address private immutable guardian;
    mapping(uint256 disputeId => mapping(address voter => uint256)) private choiceOf;
    mapping(string action => uint256) public done;

    error StandingChanged(string action, Status from, Status to);

    constructor(StakeCuration curation_, MultisigArbitrator multisig_, TokenVoteArbitrator vote_) {
        (curation, multisig, vote) = (curation_, multisig_, vote_);
        registry = IRegistry(address(curation_.registry()));
        (admin, guardian) = (address(0xAD), address(0x60));
        for (uint8 i = 0; i < PROVIDERS; ++i) {
            vm.prank(someone(i));
            registry.registerProvider(0, "");
        }
    }

    // -------------------------------------------------------------------------------- requests

    function applyFor(uint8 provider) external {
        uint32 id = some(provider);
        (uint32 termsId,) = curation.parameters();
        bytes memory call = abi.encodeCall(curation.applyFor, (id, termsId, 0, ""));
        act("apply", ownerOf(id), address(curation), call, id, Effect.None);
    }

    function challenge(uint8 provider, uint8 who) external {
        (uint256 requestId, uint32 id) = open(provider);
        uint32 termsId = curation.request(requestId).termsId;
        bytes memory call = abi.encodeCall(curation.challenge, (requestId, termsId, ""));
        act("challenge", someone(who), address(curation), call, id, Effect.None);
    }

    function execute(uint8 provider) external {
        (uint256 requestId, uint32 id) = open(provider);
        bytes memory call = abi.encodeCall(curation.execute, (requestId));
        act("execute", address(1), address(curation), call, id, Effect.List);
    }

    function lapse(uint8 provider, bool late) external {
        (uint256 requestId, uint32 id) = open(provider);
        uint40 deadline = curation.request(requestId).deadline;
        if (late && block.timestamp < deadline) vm.warp(deadline);
        bytes memory call = abi.encodeCall(curation.lapse, (requestId));
        act("lapse", address(1), address(curation), call, id, Effect.None);
    }

    function startExit(uint8 provider) external {
        (uint256 requestId, uint32 id) = open(provider);
        bytes memory call = abi.encodeCall(curation.startExit, (requestId));
        act("startExit", ownerOf(id), address(curation), call, id, Effect.None);
    }

    function finalizeExit(uint8 provider) external {
        (uint256 requestId, uint32 id) = open(provider);
        bytes memory call = abi.encodeCall(curation.finalizeExit, (requestId));
        act("finalizeExit", address(1), address(curation), call, id, Effect.Unlist);
    }

    function adoptTerms(uint8 provider) external {
        (uint256 requestId, uint32 id) = open(provider);
        (uint32 termsId,) = curation.parameters();
        address by = curation.request(requestId).requester;
        bytes memory call = abi.encodeCall(curation.adoptTerms, (requestId, termsId));
        act("adoptTerms", by, address(curation), call, id, Effect.None);
    }

    function withdraw(uint8 who) external {
        bytes memory call = abi.encodeCall(curation.withdraw, (someone(who)));
        act("withdraw", someone(who), address(curation), call, 2, Effect.None);
    }

    // ---------------------------------------------------------------------------------- rulings

    function ruleByJudge(uint8 provider, uint8 ruling) external {
        (uint256 requestId, uint32 id) = open(provider);
        Request memory r = curation.request(requestId);
        if (address(arbitratorOf(r)) != address(multisig)) return;
        bytes memory call = abi.encodeCall(multisig.giveRuling, (r.disputeId, ruling % 3, ""));
        Effect effect =
            ruling % 3 == 0 ? Effect.None : ruling % 3 == 1 ? Effect.List : Effect.Unlist;
        act("ruleByJudge", JUDGE, address(multisig), call, id, effect);
    }

    /// Two neighbours lock tokens.
    function commit(uint8 provider, uint8 who, uint8 choice, uint64 amount) external {
        (uint256 disputeId, uint32 id) = voteOf(provider);
        for (uint8 i = who % 8; i < who % 8 + 2; ++i) {
            uint256 side = choice % 16 == 0 ? 0 : 1 + choice % 2;
            bytes32 hash = vote.commitmentOf(disputeId, someone(i), side, "salt");
            bytes memory call = abi.encodeCall(vote.commit, (disputeId, hash, amount));
            if (act("commit", someone(i), address(vote), call, id, Effect.None)) {
                choiceOf[disputeId][someone(i)] = side;
            }
        }
    }

    /// The vote on a provider from its reveals to its end, with what each committed.
    function conclude(uint8 provider, uint8 silent) external {
        (uint256 disputeId, uint32 id) = voteOf(provider);
        if (disputeId == 0) return;
        uint40 commitUntil = vote.dispute(disputeId).commitUntil;
        if (block.timestamp < commitUntil) vm.warp(commitUntil);
        for (uint8 i = 0; i < PEOPLE; ++i) {
            if (i == silent % 8) continue;
            uint256 choice = choiceOf[disputeId][someone(i)];
            bytes memory reveal = abi.encodeCall(vote.reveal, (disputeId, choice, "salt"));
            act("reveal", someone(i), address(vote), reveal, id, Effect.None);
        }
        uint40 revealUntil = vote.dispute(disputeId).revealUntil;
        if (block.timestamp < revealUntil) vm.warp(revealUntil);
        uint256 ruling = vote.currentRuling(disputeId);
        Effect effect = ruling == 0 ? Effect.None : ruling == 1 ? Effect.List : Effect.Unlist;
        bytes memory call = abi.encodeCall(vote.execute, (disputeId));
        act("executeVote", address(1), address(vote), call, id, effect);
        if (silent % 2 == 0) share(disputeId, silent);
    }

    function unlock(uint8 seed, uint8 who) external {
        uint256 disputeId = seed % (vote.disputeCount() + 1);
        bytes memory call = abi.encodeCall(vote.unlock, (disputeId));
        act("unlock", someone(who), address(vote), call, 2, Effect.None);
    }

    function claim(uint8 seed, uint8 but) external {
        share(seed % (vote.disputeCount() + 1), but);
    }

    /// All but one ask for their share.
    function share(uint256 disputeId, uint8 but) private {
        bytes memory call = abi.encodeCall(vote.claim, (disputeId));
        for (uint8 i = 0; i < PEOPLE; ++i) {
            if (i == but % PEOPLE) continue;
            act("claim", someone(i), address(vote), call, 2, Effect.None);
        }
    }

    // ------------------------------------------------------------------- governance and registry

    function setParameters(uint64 deposit, uint8 days_, uint16 bps) external {
        bool byVote = days_ % 8 > 1;
        IArbitrator arbitrator = byVote ? IArbitrator(vote) : multisig;
        Parameters memory p = Parameters({
            deposit: 1 + uint128(deposit),
            challengePeriod_s: 1 days,
            rulingPeriod_s: 4 days,
            exitDelay_s: uint40(1 + days_ % 4) * 1 days,
            dispensation_bps: byVote ? bps % 10_001 : 0,
            arbitrator: arbitrator
        });
        bytes memory call = abi.encodeCall(curation.setParameters, (p));
        act("setParameters", GOVERNANCE, address(curation), call, 2, Effect.None);
    }

    function decide(uint8 provider, uint8 status) external {
        uint32 id = some(provider);
        bytes memory call = abi.encodeCall(curation.decide, (id, Status(1 + status % 8 / 3), ""));
        act("decide", GOVERNANCE, address(curation), call, id, Effect.Any);
    }

    function suspend(uint8 provider, uint8 rarely) external {
        uint32 id = some(provider);
        if (rarely % 4 != 0) return;
        bytes memory call = abi.encodeCall(registry.suspendProvider, (id, ""));
        act("suspend", guardian, address(registry), call, id, Effect.Any);
    }

    function retire(uint8 provider, uint8 rarely) external {
        uint32 id = some(provider);
        if (rarely % 32 != 0) return;
        bytes memory call = abi.encodeCall(registry.retireProvider, (id));
        act("retire", ownerOf(id), address(registry), call, id, Effect.Any);
    }

    function transfer(uint8 provider, uint8 to) external {
        uint32 id = some(provider);
        bytes memory call = abi.encodeCall(registry.transferProvider, (id, someone(to)));
        act("offer", ownerOf(id), address(registry), call, id, Effect.None);
        call = abi.encodeCall(registry.acceptProvider, (id));
        act("accept", someone(to), address(registry), call, id, Effect.None);
    }

    function bumpEpoch(uint8 provider) external {
        uint32 id = some(provider);
        bytes memory call = abi.encodeCall(registry.bumpEpoch, (id));
        act("bumpEpoch", ownerOf(id), address(registry), call, id, Effect.None);
    }

    function appoint(uint8 seed) external {
        bytes32 role = registry.CURATOR_ROLE();
        bytes memory call = seed % 8 == 0
            ? abi.encodeCall(registry.revokeRole, (role, address(curation)))
            : abi.encodeCall(registry.grantRole, (role, address(curation)));
        act("appoint", admin, address(registry), call, 2, Effect.None);
    }

    function wait(uint8 hours_) external {
        vm.warp(block.timestamp + uint256(hours_ % 48) * 1 hours);
    }

    // ---------------------------------------------------------------------------------- helpers

    function someone(uint8 seed) public pure returns (address) {
        return address(uint160(0xACE0 + seed % PEOPLE));
    }

    function arbitratorOf(Request memory r) public view returns (IArbitrator) {
        return curation.parametersAt(r.termsId).arbitrator;
    }

    function some(uint8 seed) private pure returns (uint32) {
        return 2 + seed % PROVIDERS;
    }

    function ownerOf(uint32 id) private view returns (address) {
        return registry.provider(id).owner;
    }

    function open(uint8 provider) private view returns (uint256 requestId, uint32 id) {
        id = some(provider);
        (requestId,) = curation.listing(id);
    }

    /// The dispute by vote on a provider, 0 if there is none.
    function voteOf(uint8 provider) private view returns (uint256 disputeId, uint32 id) {
        id = some(provider);
        (, Request memory r) = curation.listing(id);
        if (address(arbitratorOf(r)) == address(vote)) disputeId = r.disputeId;
    }

    function act(
        string memory action,
        address from,
        address target,
        bytes memory call,
        uint32 about,
        Effect effect
    ) private returns (bool ok) {
        Status[] memory before = standings();
        vm.prank(from);
        (ok,) = target.call(call);
        if (ok) ++done[action];
        Status[] memory afterwards = standings();
        for (uint32 i = 0; i < before.length; ++i) {
            Effect may = i + 2 == about ? effect : Effect.None;
            if (!allowed(before[i], afterwards[i], may)) {
                revert StandingChanged(action, before[i], afterwards[i]);
            }
        }
    }

    function standings() private view returns (Status[] memory list) {
        list = new Status[](PROVIDERS);
        for (uint32 i = 0; i < PROVIDERS; ++i) {
            list[i] = registry.provider(i + 2).status;
        }
    }

    function allowed(Status from, Status to, Effect may) private pure returns (bool) {
        if (from == to || may == Effect.Any) return true;
        bool was = from == Status.Active || from == Status.Challenged;
        bool is_ = to == Status.Active || to == Status.Challenged;
        if (was && is_) return true;
        if (may == Effect.List) return from == Status.Pending && is_;
        return may == Effect.Unlist && was && to == Status.Pending;
    }
}
