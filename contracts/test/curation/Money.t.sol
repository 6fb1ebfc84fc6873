// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Parameters, Phase} from "../../src/curation/CurationTypes.sol";
import {ExactTransfers} from "../../src/curation/ExactTransfers.sol";
import {IArbitrator} from "../../src/curation/interfaces/IArbitrator.sol";
import {IStakeCuration} from "../../src/curation/interfaces/IStakeCuration.sol";
import {vm} from "../support/Vm.sol";
import {FeeToken, ReentrantToken} from "./support/OddTokens.sol";
import {StakeTest} from "./support/StakeTest.sol";
import {
    ReentrancyGuardTransient
} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

/// An arbitrator that rules the moment it is asked, as none should.
contract HastyArbitrator is IArbitrator {
    IStakeCuration private immutable curation;

    constructor(IStakeCuration curation_) {
        curation = curation_;
    }

    function createDispute(uint256, bytes calldata) external payable returns (uint256) {
        curation.rule(1, 2);
        return 1;
    }

    function arbitrationCost(bytes calldata) external pure returns (uint256) {
        return 0;
    }

    function currentRuling(uint256) external pure returns (uint256) {
        return 2;
    }
}

contract MoneyTest is StakeTest {
    // ------------------------------------------------------------------------------- withdrawals

    function testCreditsAreWithdrawnOnceToWhereTheAccountSays() public {
        ruled(challenged(applied()), CHALLENGER_WINS);
        bytes memory call = abi.encodeCall(curation.withdraw, (SAFE));
        bytes4 nothing = IStakeCuration.NothingToWithdraw.selector;
        refused(ALICE, call, abi.encodeWithSelector(nothing, ALICE));
        vm.expectEmit(address(curation));
        emit IStakeCuration.Withdrawn(BOB, SAFE, 2 * DEPOSIT);
        vm.prank(BOB);
        eq(curation.withdraw(SAFE), 2 * DEPOSIT);
        eq(token.balanceOf(SAFE), 2 * DEPOSIT);
        eq(token.balanceOf(address(curation)), 0);
        refused(BOB, call, abi.encodeWithSelector(nothing, BOB));
    }

    function testTheArbitratorAloneCollectsItsDispensationOnce() public {
        setTerms(byVote());
        uint256 disputeId = challenged(applied());
        vm.prank(address(vote));
        curation.rule(disputeId, CHALLENGER_WINS);
        due(0, 2 * DEPOSIT - LEFT);
        holds(LEFT);
        eq(curation.dispensation(vote, disputeId), LEFT);

        bytes memory call = abi.encodeCall(curation.collectDispensation, (disputeId));
        bytes4 nothing = IStakeCuration.NothingToWithdraw.selector;
        refused(BOB, call, abi.encodeWithSelector(nothing, BOB));
        vm.expectEmit(address(curation));
        emit IStakeCuration.DispensationCollected(vote, disputeId, LEFT);
        vm.prank(address(vote));
        eq(curation.collectDispensation(disputeId), LEFT);
        holds(0);
        refused(address(vote), call, abi.encodeWithSelector(nothing, vote));
    }

    function testARefusedRulingLeavesNoDispensation() public {
        setTerms(byVote());
        uint256 disputeId = challenged(applied());
        vm.prank(address(vote));
        curation.rule(disputeId, 0);
        eq(curation.dispensation(vote, disputeId), 0);
        due(DEPOSIT, DEPOSIT);
    }

    /// Whatever the deposit, the share and the ruling: what came in is owed to somebody.
    function testNothingIsLostOrMade(uint96 deposit, uint16 bps, uint8 ruling, bool ofListing)
        public
    {
        Parameters memory p = byVote();
        p.deposit = uint128(1 + uint256(deposit) % PURSE);
        p.dispensation_bps = bps % 10_001;
        setTerms(p);
        uint256 requestId = ofListing ? listed() : applied();
        uint256 disputeId = challenged(requestId);
        vm.prank(address(vote));
        curation.rule(disputeId, ruling % 3);

        uint256 kept = phase(requestId) == Phase.Listed ? p.deposit : 0;
        uint256 left = curation.dispensation(vote, disputeId);
        uint256 alice = curation.withdrawable(ALICE);
        uint256 bob = curation.withdrawable(BOB);
        eq(kept + left + alice + bob, 2 * uint256(p.deposit));
        eq(token.balanceOf(address(curation)), 2 * uint256(p.deposit));
        eq(left, ruling % 3 == 0 ? 0 : uint256(p.deposit) * p.dispensation_bps / 10_000);
        uint256 winnings = p.deposit - left;
        if (ruling % 3 == 0) eq(bob, p.deposit);
        else if (ruling % 3 == 1) eq(alice, winnings);
        else eq(bob, p.deposit + winnings);
    }

    // --------------------------------------------------------------------------------- odd tokens

    function testTokensThatKeepAFeeAreRefused() public {
        FeeToken fee = new FeeToken(1_000_000 ether);
        useToken(fee);
        fee.begin();
        bytes memory inexact =
            abi.encodeWithSelector(ExactTransfers.InexactTransfer.selector, DEPOSIT, DEPOSIT - 1);
        refused(ALICE, abi.encodeCall(curation.applyFor, (id, 0, 0, "")), inexact);

        uint256 disputeId = vote.createDispute(2, "");
        inexact = abi.encodeWithSelector(ExactTransfers.InexactTransfer.selector, 5, 4);
        refused(CAROL, address(vote), abi.encodeCall(vote.commit, (disputeId, "hash", 5)), inexact);
    }

    function testNoTransferIsAWayBackIntoTheCuration() public {
        ReentrantToken again = new ReentrantToken(1_000_000 ether);
        useToken(again);
        bytes[9] memory calls = [
            abi.encodeCall(curation.applyFor, (id, 0, 0, "")),
            abi.encodeCall(curation.challenge, (1, 0, "")),
            abi.encodeCall(curation.execute, (1)),
            abi.encodeCall(curation.lapse, (1)),
            abi.encodeCall(curation.startExit, (1)),
            abi.encodeCall(curation.finalizeExit, (1)),
            abi.encodeCall(curation.adoptTerms, (1, 0)),
            abi.encodeCall(curation.rule, (1, 2)),
            abi.encodeCall(curation.withdraw, (SAFE))
        ];
        uint256 fresh = vm.snapshotState();
        for (uint256 i = 0; i < calls.length; ++i) {
            again.arm(address(curation), calls[i]);
            uint256 requestId = applied();
            eq(again.calls(), 1);
            isShut(again);
            ruled(challenged(requestId), CHALLENGER_WINS);
            isShut(again);
            vm.prank(BOB);
            curation.withdraw(BOB);
            isShut(again);
            eq(token.balanceOf(address(curation)), 0);
            vm.revertToState(fresh);
        }
    }

    function testNoTransferIsAWayBackIntoTheVote() public {
        ReentrantToken again = new ReentrantToken(1_000_000 ether);
        useToken(again);
        uint256 disputeId = vote.createDispute(2, "");
        bytes[5] memory calls = [
            abi.encodeCall(vote.commit, (disputeId, "hash", 0)),
            abi.encodeCall(vote.reveal, (disputeId, 1, "salt")),
            abi.encodeCall(vote.unlock, (disputeId)),
            abi.encodeCall(vote.claim, (disputeId)),
            abi.encodeCall(vote.execute, (disputeId))
        ];
        uint256 fresh = vm.snapshotState();
        for (uint256 i = 0; i < calls.length; ++i) {
            again.arm(address(vote), calls[i]);
            commit(CAROL, disputeId, 1, 1 ether);
            isShut(again);
            pass(COMMIT_S + REVEAL_S);
            vm.prank(CAROL);
            vote.unlock(disputeId);
            isShut(again);
            vm.revertToState(fresh);
        }
    }

    function isShut(ReentrantToken again) private view {
        eq(again.succeeded(), false);
        eq(
            keccak256(again.answer()),
            keccak256(
                abi.encodeWithSelector(
                    ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector
                )
            )
        );
    }

    function testAnArbitratorCannotRuleWhileItIsAsked() public {
        Parameters memory p = byMultisig();
        p.arbitrator = new HastyArbitrator(curation);
        uint32 termsId = setTerms(p);
        uint256 requestId = applied();
        refused(
            BOB,
            abi.encodeCall(curation.challenge, (requestId, termsId, "")),
            abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector)
        );
    }
}
