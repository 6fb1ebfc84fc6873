// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Status} from "../../src/Types.sol";
import {Parameters, Phase, Request} from "../../src/curation/CurationTypes.sol";
import {IStakeCuration} from "../../src/curation/interfaces/IStakeCuration.sol";
import {vm} from "../support/Vm.sol";
import {StakeTest} from "./support/StakeTest.sol";

contract ApplicationsTest is StakeTest {
    function apply_(uint32 providerId, uint32 termsId) private view returns (bytes memory) {
        return abi.encodeCall(curation.applyFor, (providerId, termsId, 0, ""));
    }

    // ------------------------------------------------------------------------------------ apply

    function testAnApplicationStakesTheDepositAndWaits() public {
        vm.expectEmit(address(curation));
        emit IStakeCuration.Applied(
            1, id, ALICE, 0, DEPOSIT, NOW + CHALLENGE_S, keccak256("evidence"), "ipfs://evidence"
        );
        uint256 requestId = applied();
        eq(requestId, 1);
        eq(curation.requestCount(), 1);
        eq(token.balanceOf(ALICE), PURSE - DEPOSIT);
        holds(DEPOSIT);
        eq(status(), Status.Pending);

        (uint256 open, Request memory r) = curation.listing(id);
        eq(open, 1);
        eq(r.requester, ALICE);
        eq(r.providerId, id);
        eq(r.termsId, 0);
        eq(r.phase, Phase.Applied);
        eq(r.deadline, NOW + CHALLENGE_S);
        eq(r.exitAt, 0);
        eq(r.challenger, address(0));
    }

    function testOnlyTheProvidersOwnerApplies() public {
        bytes memory notOwner =
            abi.encodeWithSelector(IStakeCuration.NotProviderOwner.selector, id, BOB);
        refused(BOB, apply_(id, 0), notOwner);
        vm.prank(ALICE);
        registry.setOperator(id, BOB, true);
        refused(BOB, apply_(id, 0), notOwner);
        refused(
            ALICE,
            apply_(99, 0),
            abi.encodeWithSelector(IStakeCuration.NotProviderOwner.selector, 99, ALICE)
        );
    }

    function testOnlyThePendingAndTheActiveApply() public {
        suspend(id);
        refused(ALICE, apply_(id, 0), notEligible(Status.Suspended));
        retire();
        refused(ALICE, apply_(id, 0), notEligible(Status.Removed));

        // One that another curator left in dispute: governance has to decide first.
        id = register(ALICE);
        handOver(address(curation), CURATOR);
        vm.startPrank(CURATOR);
        registry.setProviderStatus(id, Status.Active, "");
        registry.setProviderStatus(id, Status.Challenged, "");
        vm.stopPrank();
        handOver(CURATOR, address(curation));
        refused(ALICE, apply_(id, 0), notEligible(Status.Challenged));
        decide(Status.Active);
        applied();
    }

    function testAProviderHasOneOpenRequest() public {
        uint256 requestId = applied();
        bytes memory open =
            abi.encodeWithSelector(IStakeCuration.AlreadyOpen.selector, id, requestId);
        refused(ALICE, apply_(id, 0), open);
        pass(CHALLENGE_S);
        curation.execute(requestId);
        refused(ALICE, apply_(id, 0), open);
    }

    function testNobodyAppliesUnderTermsThatWereNotSeen() public {
        setTerms(byVote());
        bytes4 changed = IStakeCuration.TermsChanged.selector;
        refused(ALICE, apply_(id, 0), abi.encodeWithSelector(changed, 0, 1));
        refused(ALICE, apply_(id, 2), abi.encodeWithSelector(changed, 2, 1));
        applied();
    }

    function testWithoutTheRoleNobodyApplies() public {
        handOver(address(curation), CURATOR);
        eq(curation.inOffice(), false);
        refused(ALICE, apply_(id, 0), abi.encodeWithSelector(IStakeCuration.NotCurator.selector));
    }

    function testWithoutTheDepositNobodyApplies() public {
        vm.prank(ALICE);
        token.approve(address(curation), DEPOSIT - 1);
        vm.prank(ALICE);
        vm.expectRevert();
        curation.applyFor(id, 0, 0, "");
        eq(curation.requestCount(), 0);
    }

    // ---------------------------------------------------------------------------------- execute

    function testSilenceAccepts() public {
        uint256 requestId = applied();
        pass(CHALLENGE_S);
        vm.expectEmit(address(curation));
        emit IStakeCuration.Listed(requestId, id);
        vm.prank(STRANGER);
        curation.execute(requestId);
        eq(phase(requestId), Phase.Listed);
        eq(status(), Status.Active);
        due(0, 0);
        holds(DEPOSIT);
    }

    function testSilenceTakesTheWholePeriodAndCountsOnce() public {
        uint256 requestId = applied();
        bytes memory call = abi.encodeCall(curation.execute, (requestId));
        pass(CHALLENGE_S - 1);
        refused(
            ALICE,
            call,
            abi.encodeWithSelector(IStakeCuration.TooEarly.selector, requestId, NOW + CHALLENGE_S)
        );
        pass(1);
        curation.execute(requestId);
        refused(ALICE, call, wrongPhase(requestId, Phase.Listed));
        refused(ALICE, abi.encodeCall(curation.execute, (9)), wrongPhase(9, Phase.None));
    }

    function testASuspensionEndsAnApplicationAndStands() public {
        uint256 requestId = applied();
        suspend(id);
        pass(CHALLENGE_S);
        vm.expectEmit(address(curation));
        emit IStakeCuration.StatusLeft(id, Status.Suspended, Status.Active);
        curation.execute(requestId);
        closed(requestId);
        eq(status(), Status.Suspended);
        due(DEPOSIT, 0);
    }

    function testAnApplicantThatRetiredHasItsDepositBack() public {
        uint256 requestId = applied();
        retire();
        pass(CHALLENGE_S);
        curation.execute(requestId);
        closed(requestId);
        due(DEPOSIT, 0);
    }

    function testACuratorOutOfOfficeGivesBackDeposits() public {
        uint256 requestId = applied();
        handOver(address(curation), CURATOR);
        pass(CHALLENGE_S);
        curation.execute(requestId);
        closed(requestId);
        eq(status(), Status.Pending);
        due(DEPOSIT, 0);
    }

    function testAnEpochAndATransferDoNotHoldAnApplication() public {
        uint256 requestId = applied();
        vm.prank(ALICE);
        registry.bumpEpoch(id);
        transferTo(BOB);
        pass(CHALLENGE_S);
        curation.execute(requestId);
        eq(phase(requestId), Phase.Listed);
        eq(curation.request(requestId).requester, ALICE);
    }

    function testOneThatWasActiveBeforeStaysSo() public {
        decide(Status.Active);
        uint256 requestId = applied();
        eq(status(), Status.Active);
        pass(CHALLENGE_S);
        curation.execute(requestId);
        eq(status(), Status.Active);
        eq(phase(requestId), Phase.Listed);
    }

    // --------------------------------------------------------------------------------- evidence

    function testAnyoneGivesEvidenceWhileARequestIsOpen() public {
        uint256 requestId = applied();
        vm.expectEmit(address(curation));
        emit IStakeCuration.Evidence(multisig, requestId, STRANGER, "ipfs://seen");
        vm.prank(STRANGER);
        curation.submitEvidence(requestId, "ipfs://seen");

        ruled(challenged(requestId), CHALLENGER_WINS);
        bytes memory late = abi.encodeCall(curation.submitEvidence, (requestId, ""));
        refused(STRANGER, late, wrongPhase(requestId, Phase.Closed));
        refused(
            STRANGER, abi.encodeCall(curation.submitEvidence, (9, "")), wrongPhase(9, Phase.None)
        );
    }

    function notEligible(Status status_) private view returns (bytes memory) {
        return abi.encodeWithSelector(IStakeCuration.NotEligible.selector, id, status_);
    }
}
