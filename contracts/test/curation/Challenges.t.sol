// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Status} from "../../src/Types.sol";
import {Phase, Request} from "../../src/curation/CurationTypes.sol";
import {IArbitrable} from "../../src/curation/interfaces/IArbitrator.sol";
import {IStakeCuration} from "../../src/curation/interfaces/IStakeCuration.sol";
import {vm} from "../support/Vm.sol";
import {StakeTest} from "./support/StakeTest.sol";

contract ChallengesTest is StakeTest {
    // --------------------------------------------------------------------------- of applications

    function testAChallengeStakesAsMuchAndOpensADispute() public {
        uint256 requestId = applied();
        vm.expectEmit(address(curation));
        emit IStakeCuration.Challenged(
            requestId, id, BOB, Phase.AppliedChallenged, multisig, 1, NOW + RULING_S, "why"
        );
        uint256 disputeId = challenged(requestId);
        eq(curation.requestOf(multisig, disputeId), requestId);
        eq(token.balanceOf(BOB), PURSE - DEPOSIT);
        holds(2 * DEPOSIT);
        eq(status(), Status.Pending);

        Request memory r = curation.request(requestId);
        eq(r.challenger, BOB);
        eq(r.disputeId, disputeId);
        eq(r.deadline, NOW + RULING_S);
        refused(
            ALICE,
            abi.encodeCall(curation.execute, (requestId)),
            wrongPhase(requestId, Phase.AppliedChallenged)
        );
    }

    function testAnApplicationIsChallengedInItsPeriodAndOnce() public {
        uint256 requestId = applied();
        bytes memory call = abi.encodeCall(curation.challenge, (requestId, 0, ""));
        uint256 start = vm.snapshotState();
        pass(CHALLENGE_S);
        refused(
            BOB,
            call,
            abi.encodeWithSelector(IStakeCuration.TooLate.selector, requestId, NOW + CHALLENGE_S)
        );
        vm.revertToState(start);
        pass(CHALLENGE_S - 1);
        challenged(requestId);
        refused(BOB, call, wrongPhase(requestId, Phase.AppliedChallenged));
        refused(BOB, abi.encodeCall(curation.challenge, (9, 0, "")), wrongPhase(9, Phase.None));
    }

    function testARequesterThatWinsIsListedAndPaid() public {
        uint256 requestId = applied();
        uint256 disputeId = challenged(requestId);
        vm.expectEmit(address(curation));
        emit IArbitrable.Ruling(multisig, disputeId, REQUESTER_WINS);
        vm.expectEmit(address(curation));
        emit IStakeCuration.Credited(ALICE, DEPOSIT, DEPOSIT);
        vm.expectEmit(address(curation));
        emit IStakeCuration.Listed(requestId, id);
        vm.expectEmit(address(curation));
        emit IStakeCuration.ChallengeEnded(requestId, id, BOB, REQUESTER_WINS, Phase.Listed, 0);
        ruled(disputeId, REQUESTER_WINS);
        eq(status(), Status.Active);
        due(DEPOSIT, 0);
        holds(DEPOSIT);
        eq(curation.requestOf(multisig, disputeId), 0);
        eq(curation.request(requestId).challenger, address(0));
    }

    function testAChallengerThatWinsTakesBothStakes() public {
        uint256 requestId = applied();
        ruled(challenged(requestId), CHALLENGER_WINS);
        closed(requestId);
        eq(status(), Status.Pending);
        due(0, 2 * DEPOSIT);
        holds(0);
        applied(); // at the price of another deposit
    }

    function testARefusedRulingLeavesAllAsItWas() public {
        uint256 requestId = applied();
        ruled(challenged(requestId), 0);
        closed(requestId);
        eq(status(), Status.Pending);
        due(DEPOSIT, DEPOSIT);
        holds(0);
    }

    function testAnActiveApplicantKeepsTrustUntilItHasLost() public {
        decide(Status.Active);
        uint256 requestId = applied();
        uint256 disputeId = challenged(requestId);
        eq(status(), Status.Challenged);
        uint256 open = vm.snapshotState();
        ruled(disputeId, 0);
        eq(status(), Status.Active);
        vm.revertToState(open);
        ruled(disputeId, REQUESTER_WINS);
        eq(status(), Status.Active);
        vm.revertToState(open);
        ruled(disputeId, CHALLENGER_WINS);
        eq(status(), Status.Pending);
    }

    // ------------------------------------------------------------------------------- of listings

    function testAListingUnderChallengeIsStillTrusted() public {
        uint256 requestId = listed();
        bytes32 server = list(id, ALICE, KIND, 7);
        pass(365 days);
        uint256 disputeId = challenged(requestId);
        eq(phase(requestId), Phase.ListedChallenged);
        eq(status(), Status.Challenged);
        eq(trusted(server), true);
        holds(2 * DEPOSIT);

        uint256 open = vm.snapshotState();
        ruled(disputeId, REQUESTER_WINS);
        eq(phase(requestId), Phase.Listed);
        eq(status(), Status.Active);
        due(DEPOSIT, 0);
        holds(DEPOSIT);

        vm.revertToState(open);
        ruled(disputeId, 0);
        eq(phase(requestId), Phase.Listed);
        eq(status(), Status.Active);
        due(0, DEPOSIT);
        holds(DEPOSIT);

        vm.revertToState(open);
        ruled(disputeId, CHALLENGER_WINS);
        closed(requestId);
        eq(status(), Status.Pending);
        eq(trusted(server), false);
        due(0, 2 * DEPOSIT);
        holds(0);
    }

    function testAListingIsChallengedAgainAndAgain() public {
        uint256 requestId = listed();
        for (uint256 i = 1; i <= 3; ++i) {
            ruled(challenged(requestId), REQUESTER_WINS);
            due(i * DEPOSIT, 0);
            holds(DEPOSIT);
        }
        ruled(challenged(requestId), CHALLENGER_WINS);
        due(3 * DEPOSIT, 2 * DEPOSIT);
    }

    // ----------------------------------------------------------------------------------- rulings

    function testOnlyTheDisputesArbitratorRulesAndOnce() public {
        uint256 disputeId = challenged(applied());
        bytes memory call = abi.encodeCall(curation.rule, (disputeId, REQUESTER_WINS));
        bytes4 unknown = IStakeCuration.UnknownDispute.selector;
        refused(JUDGE, call, abi.encodeWithSelector(unknown, JUDGE, disputeId));
        refused(GOVERNANCE, call, abi.encodeWithSelector(unknown, GOVERNANCE, disputeId));
        refused(address(vote), call, abi.encodeWithSelector(unknown, vote, disputeId));
        vm.prank(address(multisig));
        curation.rule(disputeId, REQUESTER_WINS);
        refused(address(multisig), call, abi.encodeWithSelector(unknown, multisig, disputeId));
    }

    function testThereAreThreeRulings() public {
        uint256 disputeId = challenged(applied());
        refused(
            address(multisig),
            abi.encodeCall(curation.rule, (disputeId, 3)),
            abi.encodeWithSelector(IStakeCuration.BadRuling.selector, 3)
        );
    }

    function testADisputeNumberIsNotUsedTwice() public {
        uint256 first = challenged(applied());
        id = register(ALICE);
        uint256 second = applied();
        vm.store(address(multisig), bytes32(uint256(2)), bytes32(first - 1)); // its counter
        refused(
            BOB,
            abi.encodeCall(curation.challenge, (second, 0, "")),
            abi.encodeWithSelector(IStakeCuration.DisputeTaken.selector, multisig, first)
        );
    }

    // ------------------------------------------------------------------------------------- lapse

    function testAnArbitratorThatIsSilentChangesNothing() public {
        uint256 requestId = listed();
        uint256 disputeId = challenged(requestId);
        bytes memory call = abi.encodeCall(curation.lapse, (requestId));
        pass(RULING_S - 1);
        refused(
            BOB,
            call,
            abi.encodeWithSelector(
                IStakeCuration.TooEarly.selector, requestId, uint40(block.timestamp + 1)
            )
        );
        pass(1);
        curation.lapse(requestId);
        eq(phase(requestId), Phase.Listed);
        eq(status(), Status.Active);
        due(0, DEPOSIT);
        refused(BOB, call, wrongPhase(requestId, Phase.Listed));

        bytes memory late =
            abi.encodeWithSelector(IStakeCuration.UnknownDispute.selector, multisig, disputeId);
        refused(
            JUDGE, address(multisig), abi.encodeCall(multisig.giveRuling, (disputeId, 2, "")), late
        );
    }

    function testAnApplicationsDisputeLapsesToo() public {
        uint256 requestId = applied();
        challenged(requestId);
        pass(RULING_S);
        curation.lapse(requestId);
        closed(requestId);
        due(DEPOSIT, DEPOSIT);
    }

    function testALateRulingCountsUntilSomeoneLetsItLapse() public {
        uint256 requestId = applied();
        uint256 disputeId = challenged(requestId);
        pass(RULING_S + 1);
        ruled(disputeId, REQUESTER_WINS);
        eq(phase(requestId), Phase.Listed);
    }

    // ----------------------------------------------------------------- suspended, retired, deposed

    function testNoRulingLiftsASuspension() public {
        uint256 requestId = applied();
        uint256 disputeId = challenged(requestId);
        suspend(id);
        ruled(disputeId, REQUESTER_WINS);
        eq(status(), Status.Suspended);
        closed(requestId);
        due(2 * DEPOSIT, 0);

        decide(Status.Pending);
        requestId = listed();
        suspend(id);
        disputeId = challenged(requestId);
        for (uint256 ruling = 0; ruling <= 2; ++ruling) {
            uint256 open = vm.snapshotState();
            ruled(disputeId, ruling);
            eq(status(), Status.Suspended);
            vm.revertToState(open);
        }
        ruled(disputeId, REQUESTER_WINS);
        eq(phase(requestId), Phase.Listed);
        decide(Status.Active);
        eq(status(), Status.Active);
    }

    function testASuspensionDuringAChallengeStandsAfterIt() public {
        uint256 requestId = listed();
        uint256 disputeId = challenged(requestId);
        suspend(id);
        ruled(disputeId, REQUESTER_WINS);
        eq(status(), Status.Suspended);
        eq(phase(requestId), Phase.Listed);
    }

    function testRetiringSavesNobodyFromARuling() public {
        uint256 requestId = listed();
        uint256 disputeId = challenged(requestId);
        retire();
        uint256 open = vm.snapshotState();
        for (uint256 ruling = 0; ruling <= 2; ++ruling) {
            ruled(disputeId, ruling);
            eq(status(), Status.Removed);
            if (ruling == 2) due(0, 2 * DEPOSIT);
            vm.revertToState(open);
        }
    }

    function testDisputesOutliveTheOffice() public {
        uint256 requestId = listed();
        uint256 disputeId = challenged(requestId);
        handOver(address(curation), CURATOR);
        uint256 open = vm.snapshotState();
        ruled(disputeId, CHALLENGER_WINS);
        due(0, 2 * DEPOSIT);
        eq(status(), Status.Challenged); // the next curator's business
        vm.revertToState(open);
        ruled(disputeId, REQUESTER_WINS);
        due(DEPOSIT, 0);
        eq(status(), Status.Challenged);
        refused(
            BOB,
            abi.encodeCall(curation.challenge, (requestId, 0, "")),
            abi.encodeWithSelector(IStakeCuration.NotCurator.selector)
        );
        exiting(requestId);
        pass(EXIT_S);
        curation.finalizeExit(requestId);
        due(2 * DEPOSIT, 0);
    }

    function testADismissedChallengeDoesNotUndoADecision() public {
        uint256 requestId = listed();
        uint256 disputeId = challenged(requestId);
        decide(Status.Pending);
        ruled(disputeId, REQUESTER_WINS);
        eq(status(), Status.Pending);
        eq(phase(requestId), Phase.Listed);
    }
}
