// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Status} from "../../src/Types.sol";
import {Phase} from "../../src/curation/CurationTypes.sol";
import {IStakeCuration} from "../../src/curation/interfaces/IStakeCuration.sol";
import {vm} from "../support/Vm.sol";
import {StakeTest} from "./support/StakeTest.sol";

contract ExitsTest is StakeTest {
    function finalize(uint256 requestId) private view returns (bytes memory) {
        return abi.encodeCall(curation.finalizeExit, (requestId));
    }

    function tooEarly(uint256 requestId, uint256 from) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IStakeCuration.TooEarly.selector, requestId, from);
    }

    function testAnExitWaitsThenReturnsTheDeposit() public {
        uint256 requestId = listed();
        uint256 start = block.timestamp;
        vm.expectEmit(address(curation));
        emit IStakeCuration.ExitStarted(requestId, id, uint40(start + EXIT_S));
        exiting(requestId);
        eq(status(), Status.Active);
        pass(EXIT_S - 1);
        refused(ALICE, finalize(requestId), tooEarly(requestId, start + EXIT_S));
        pass(1);
        vm.expectEmit(address(curation));
        emit IStakeCuration.Closed(requestId, id);
        vm.prank(STRANGER);
        curation.finalizeExit(requestId);
        closed(requestId);
        eq(status(), Status.Pending);
        due(DEPOSIT, 0);
        holds(0);
        refused(ALICE, finalize(requestId), wrongPhase(requestId, Phase.Closed));
        applied(); // and it may come back
    }

    function testAnExitIsStartedOnce() public {
        uint256 requestId = listed();
        bytes memory notStarted =
            abi.encodeWithSelector(IStakeCuration.ExitNotStarted.selector, requestId);
        refused(ALICE, finalize(requestId), notStarted);
        exiting(requestId);
        uint40 exitAt = curation.request(requestId).exitAt;
        refused(
            ALICE,
            abi.encodeCall(curation.startExit, (requestId)),
            abi.encodeWithSelector(IStakeCuration.ExitStartedAlready.selector, requestId, exitAt)
        );
    }

    function testOnlyAListingIsLeft() public {
        uint256 requestId = applied();
        bytes memory call = abi.encodeCall(curation.startExit, (requestId));
        refused(ALICE, call, wrongPhase(requestId, Phase.Applied));
        refused(ALICE, finalize(requestId), wrongPhase(requestId, Phase.Applied));
        challenged(requestId);
        refused(ALICE, call, wrongPhase(requestId, Phase.AppliedChallenged));
    }

    function testOnlyRequesterAndOwnerLeave() public {
        uint256 requestId = listed();
        bytes memory call = abi.encodeCall(curation.startExit, (requestId));
        refused(
            BOB, call, abi.encodeWithSelector(IStakeCuration.NotRequester.selector, requestId, BOB)
        );
        transferTo(BOB);
        uint256 start = vm.snapshotState();
        for (uint256 i = 0; i < 2; ++i) {
            vm.prank(i == 0 ? ALICE : BOB);
            curation.startExit(requestId);
            pass(EXIT_S);
            curation.finalizeExit(requestId);
            due(DEPOSIT, 0); // to who paid it
            eq(status(), Status.Pending);
            vm.revertToState(start);
        }
    }

    function testNobodyRunsAwayFromAChallenge() public {
        uint256 requestId = listed();
        exiting(requestId);
        pass(EXIT_S); // even then, until it is finished
        uint256 disputeId = challenged(requestId);
        refused(ALICE, finalize(requestId), wrongPhase(requestId, Phase.ListedChallenged));

        uint256 open = vm.snapshotState();
        ruled(disputeId, CHALLENGER_WINS);
        due(0, 2 * DEPOSIT);
        vm.revertToState(open);

        ruled(disputeId, REQUESTER_WINS);
        curation.finalizeExit(requestId); // its delay is over
        due(2 * DEPOSIT, 0);
        eq(status(), Status.Pending);
    }

    function testASuspendedProviderLeavesAndStaysSuspended() public {
        uint256 requestId = listed();
        suspend(id);
        exiting(requestId);
        pass(EXIT_S);
        curation.finalizeExit(requestId);
        eq(status(), Status.Suspended);
        due(DEPOSIT, 0);
    }

    function testARetiredProviderLeaves() public {
        uint256 requestId = listed();
        retire();
        exiting(requestId);
        pass(EXIT_S);
        curation.finalizeExit(requestId);
        eq(status(), Status.Removed);
        due(DEPOSIT, 0);
    }

    function testAnExitAfterTheOfficeLeavesTheStatusToTheNextCurator() public {
        uint256 requestId = listed();
        handOver(address(curation), CURATOR);
        exiting(requestId);
        pass(EXIT_S);
        vm.expectEmit(address(curation));
        emit IStakeCuration.StatusLeft(id, Status.Active, Status.Pending);
        curation.finalizeExit(requestId);
        eq(status(), Status.Active);
        due(DEPOSIT, 0);
    }
}
