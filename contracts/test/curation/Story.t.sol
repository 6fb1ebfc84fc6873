// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Status} from "../../src/Types.sol";
import {Phase} from "../../src/curation/CurationTypes.sol";
import {vm} from "../support/Vm.sol";
import {StakeTest} from "./support/StakeTest.sol";

/// A registry grows up: a multisig curates, then stakes with a judge, then the token's holders.
contract StoryTest is StakeTest {
    function testFromOneCuratorToTheHoldersOfAToken() public {
        // Phase 0: before the curation is appointed, a multisig holds the role.
        handOver(address(curation), CURATOR);
        eq(curation.inOffice(), false);
        uint32 first = provider(OWNER, Status.Active);
        bytes32 early = list(first, OWNER, KIND, 20);

        // Phase 1: stakes, and a judge.
        handOver(CURATOR, address(curation));
        eq(curation.inOffice(), true);
        eq(registry.provider(first).status, Status.Active); // nobody loses trust by the change
        uint256 requestId = listed();
        bytes32 server = list(id, ALICE, KIND, 7);
        eq(trusts(server), true);

        // Phase 2: the holders of the token. The listing moves on without leaving.
        setTerms(byVote());
        vm.prank(ALICE);
        curation.adoptTerms(requestId, 1);
        eq(trusts(server), true);
        eq(trusts(early), true);
        uint256 disputeId = challenged(requestId);
        eq(address(vote.dispute(disputeId).arbitrable), address(curation));
    }

    function testAnOutsiderAppliesIsChallengedAndWinsByVote() public {
        setTerms(byVote());
        uint256 requestId = applied();
        uint256 disputeId = challenged(requestId);
        vm.prank(BOB);
        curation.submitEvidence(requestId, "ipfs://it-logs-its-users");
        vm.prank(ALICE);
        curation.submitEvidence(requestId, "ipfs://it-does-not");

        commit(CAROL, disputeId, CHALLENGER_WINS, 300 ether);
        commit(CAROL, disputeId, REQUESTER_WINS, 0); // read Alice's evidence
        commit(DAVE, disputeId, REQUESTER_WINS, 100 ether);
        commit(ERIN, disputeId, CHALLENGER_WINS, 200 ether);
        pass(COMMIT_S);
        reveal(CAROL, disputeId, REQUESTER_WINS);
        reveal(DAVE, disputeId, REQUESTER_WINS);
        reveal(ERIN, disputeId, CHALLENGER_WINS);
        pass(REVEAL_S);
        vm.prank(STRANGER);
        vote.execute(disputeId);

        eq(phase(requestId), Phase.Listed);
        eq(status(), Status.Active);
        eq(trusts(list(id, ALICE, KIND, 7)), true);
        eq(vote.currentRuling(disputeId), REQUESTER_WINS);

        // Bob's stake: four fifths to Alice, one to those who voted for her, by weight.
        paid(ALICE, PURSE - LEFT);
        vm.prank(CAROL);
        eq(vote.claim(disputeId), LEFT * 3 / 4);
        vm.prank(DAVE);
        eq(vote.claim(disputeId), LEFT / 4);
        unlocked(CAROL, disputeId, PURSE + LEFT * 3 / 4);
        unlocked(DAVE, disputeId, PURSE + LEFT / 4);
        unlocked(ERIN, disputeId, PURSE);
        eq(token.balanceOf(BOB), PURSE - DEPOSIT);
        eq(token.balanceOf(address(vote)), 0);
        eq(token.balanceOf(address(curation)), DEPOSIT);

        // The guardian may still stop the provider; it leaves, and stays stopped.
        suspend(id);
        exiting(requestId);
        pass(EXIT_S);
        curation.finalizeExit(requestId);
        paid(ALICE, PURSE + DEPOSIT - LEFT);
        eq(status(), Status.Suspended);
        eq(token.balanceOf(address(curation)), 0);
    }

    function testWhenNobodyVotesEverybodyHasHisStakeBack() public {
        setTerms(byVote());
        uint256 requestId = listed();
        uint256 disputeId = challenged(requestId);
        commit(CAROL, disputeId, CHALLENGER_WINS, QUORUM - 1);
        pass(COMMIT_S);
        reveal(CAROL, disputeId, CHALLENGER_WINS);
        pass(REVEAL_S);
        vote.execute(disputeId);
        eq(phase(requestId), Phase.Listed);
        eq(status(), Status.Active);
        due(0, DEPOSIT);
        unlocked(CAROL, disputeId, PURSE);
    }

    function testAVoteThatComesTooLateStillFreesItsTokens() public {
        setTerms(byVote());
        uint256 requestId = listed();
        uint256 disputeId = challenged(requestId);
        commit(CAROL, disputeId, CHALLENGER_WINS, QUORUM);
        pass(COMMIT_S);
        reveal(CAROL, disputeId, CHALLENGER_WINS);
        pass(RULING_S);
        curation.lapse(requestId);
        vm.expectRevert();
        vote.execute(disputeId);
        unlocked(CAROL, disputeId, PURSE);
        due(0, DEPOSIT);
    }

    /// For a user who trusts the first four providers.
    function trusts(bytes32 server) private view returns (bool) {
        uint32[] memory ids = new uint32[](4);
        (ids[0], ids[1], ids[2], ids[3]) = (1, 2, 3, 4);
        return registry.isTrusted(KIND, server, ids);
    }

    function paid(address account, uint256 balance) private {
        vm.prank(account);
        curation.withdraw(account);
        eq(token.balanceOf(account), balance);
    }

    function unlocked(address voter, uint256 disputeId, uint256 balance) private {
        vm.prank(voter);
        vote.unlock(disputeId);
        eq(token.balanceOf(voter), balance);
    }
}
