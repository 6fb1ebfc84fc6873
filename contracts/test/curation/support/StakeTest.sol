// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Status} from "../../../src/Types.sol";
import {Parameters, Phase, Request} from "../../../src/curation/CurationTypes.sol";
import {FixedSupplyToken} from "../../../src/curation/FixedSupplyToken.sol";
import {MultisigArbitrator} from "../../../src/curation/MultisigArbitrator.sol";
import {StakeCuration} from "../../../src/curation/StakeCuration.sol";
import {TokenVoteArbitrator} from "../../../src/curation/TokenVoteArbitrator.sol";
import {IStakeCuration} from "../../../src/curation/interfaces/IStakeCuration.sol";
import {RegistryTest} from "../../support/RegistryTest.sol";
import {vm} from "../../support/Vm.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// A registry whose curator is a StakeCuration, with both arbitrators and its own cast.
abstract contract StakeTest is RegistryTest {
    uint128 internal constant DEPOSIT = 100 ether;
    uint128 internal constant PURSE = 10_000 ether; // what each of the cast has
    uint40 internal constant CHALLENGE_S = 3 days;
    uint40 internal constant RULING_S = 10 days;
    uint40 internal constant EXIT_S = 5 days;
    uint40 internal constant COMMIT_S = 2 days;
    uint40 internal constant REVEAL_S = 1 days;
    uint128 internal constant QUORUM = 500 ether;
    uint16 internal constant DISPENSATION_BPS = 2000;
    uint256 internal constant LEFT = uint256(DEPOSIT) * DISPENSATION_BPS / 10_000;

    uint256 internal constant REQUESTER_WINS = 1;
    uint256 internal constant CHALLENGER_WINS = 2;

    address internal constant GOVERNANCE = address(0x60F);
    address internal constant JUDGE = address(0x1D6E); // owns the multisig arbitrator
    address internal constant ALICE = address(0xA11CE); // owns `id`
    address internal constant BOB = address(0xB0B); // challenges
    address internal constant CAROL = address(0xCA201); // votes, as do the next
    address internal constant DAVE = address(0xDA7E);
    address internal constant ERIN = address(0xE219);
    address internal constant SAFE = address(0x5AFE); // where money is sent

    IERC20 internal token;
    MultisigArbitrator internal multisig;
    TokenVoteArbitrator internal vote;
    StakeCuration internal curation;
    uint32 internal id; // Alice's provider, Pending

    function setUp() public virtual override {
        super.setUp();
        useToken(new FixedSupplyToken("Stake", "STK", 1_000_000 ether, address(this)));
        id = register(ALICE);
    }

    /// The world with this token, of which this contract holds the supply.
    function useToken(IERC20 token_) internal {
        token = token_;
        multisig = new MultisigArbitrator(JUDGE);
        vote = new TokenVoteArbitrator(token, COMMIT_S, REVEAL_S, QUORUM);
        curation = new StakeCuration(registry, token, GOVERNANCE, byMultisig());
        address[6] memory cast = [ALICE, BOB, CAROL, DAVE, ERIN, OWNER];
        for (uint256 i = 0; i < cast.length; ++i) {
            token.transfer(cast[i], PURSE);
            approve(cast[i]);
        }
        handOver(CURATOR, address(curation));
    }

    function approve(address account) internal {
        vm.startPrank(account);
        token.approve(address(curation), type(uint256).max);
        token.approve(address(vote), type(uint256).max);
        vm.stopPrank();
    }

    // ------------------------------------------------------------------------------------ terms

    function byMultisig() internal view returns (Parameters memory) {
        return Parameters(DEPOSIT, CHALLENGE_S, RULING_S, EXIT_S, 0, multisig);
    }

    function byVote() internal view returns (Parameters memory) {
        return Parameters(DEPOSIT, CHALLENGE_S, RULING_S, EXIT_S, DISPENSATION_BPS, vote);
    }

    function setTerms(Parameters memory terms) internal returns (uint32) {
        vm.prank(GOVERNANCE);
        return curation.setParameters(terms);
    }

    /// The registry's admin moves the curator role.
    function handOver(address from, address to) internal {
        bytes32 role = registry.CURATOR_ROLE();
        vm.startPrank(ADMIN);
        registry.revokeRole(role, from);
        registry.grantRole(role, to);
        vm.stopPrank();
    }

    // ---------------------------------------------------------------------------------- actions

    function register(address owner) internal returns (uint32) {
        vm.prank(owner);
        return registry.registerProvider(0, "");
    }

    function applied() internal returns (uint256) {
        (uint32 termsId,) = curation.parameters();
        vm.prank(ALICE);
        return curation.applyFor(id, termsId, keccak256("evidence"), "ipfs://evidence");
    }

    function listed() internal returns (uint256 requestId) {
        requestId = applied();
        pass(CHALLENGE_S);
        curation.execute(requestId);
    }

    function challenged(uint256 requestId) internal returns (uint256) {
        uint32 termsId = curation.request(requestId).termsId;
        vm.prank(BOB);
        return curation.challenge(requestId, termsId, "why");
    }

    function ruled(uint256 disputeId, uint256 ruling) internal {
        vm.prank(JUDGE);
        multisig.giveRuling(disputeId, ruling, "because");
    }

    function exiting(uint256 requestId) internal {
        vm.prank(ALICE);
        curation.startExit(requestId);
    }

    function suspend(uint32 providerId) internal {
        vm.prank(GUARDIAN);
        registry.suspendProvider(providerId, "emergency");
    }

    function retire() internal {
        vm.prank(ALICE);
        registry.retireProvider(id);
    }

    function decide(Status status_) internal {
        vm.prank(GOVERNANCE);
        curation.decide(id, status_, "decided");
    }

    function transferTo(address owner) internal {
        vm.prank(ALICE);
        registry.transferProvider(id, owner);
        vm.prank(owner);
        registry.acceptProvider(id);
    }

    function pass(uint256 time_s) internal {
        vm.warp(block.timestamp + time_s);
    }

    function commit(address voter, uint256 disputeId, uint256 choice, uint128 weight) internal {
        bytes32 commitment = vote.commitmentOf(disputeId, voter, choice, "salt");
        vm.prank(voter);
        vote.commit(disputeId, commitment, weight);
    }

    function reveal(address voter, uint256 disputeId, uint256 choice) internal {
        vm.prank(voter);
        vote.reveal(disputeId, choice, "salt");
    }

    // ------------------------------------------------------------------------------- assertions

    function eq(Phase got, Phase wanted) internal pure {
        eq(uint256(got), uint256(wanted));
    }

    function phase(uint256 requestId) internal view returns (Phase) {
        return curation.request(requestId).phase;
    }

    function status() internal view returns (Status) {
        return registry.provider(id).status;
    }

    /// What Alice and Bob may withdraw.
    function due(uint256 alice, uint256 bob) internal view {
        eq(curation.withdrawable(ALICE), alice);
        eq(curation.withdrawable(BOB), bob);
    }

    /// The request is over and its provider may apply again.
    function closed(uint256 requestId) internal view {
        eq(phase(requestId), Phase.Closed);
        (uint256 open,) = curation.listing(id);
        eq(open, 0);
    }

    /// The contract holds this much, beside what it owes to the two.
    function holds(uint256 amount) internal view {
        uint256 owed = curation.withdrawable(ALICE) + curation.withdrawable(BOB);
        eq(token.balanceOf(address(curation)), owed + amount);
    }

    function refused(address from, address target, bytes memory call, bytes memory expected)
        internal
    {
        vm.prank(from);
        (bool ok, bytes memory reason) = target.call(call);
        eq(ok, false);
        eq(keccak256(reason), keccak256(expected));
    }

    /// The curation refuses this call with exactly this error.
    function refused(address from, bytes memory call, bytes memory expected) internal {
        refused(from, address(curation), call, expected);
    }

    function wrongPhase(uint256 requestId, Phase phase_) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IStakeCuration.WrongPhase.selector, requestId, phase_);
    }
}
