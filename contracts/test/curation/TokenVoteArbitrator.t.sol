// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TokenVoteArbitrator} from "../../src/curation/TokenVoteArbitrator.sol";
import {IArbitrator} from "../../src/curation/interfaces/IArbitrator.sol";
import {IDispensationTaker} from "../../src/curation/interfaces/IDispensation.sol";
import {ITokenVoteArbitrator} from "../../src/curation/interfaces/ITokenVoteArbitrator.sol";
import {vm} from "../support/Vm.sol";
import {VoteTest} from "./support/VoteTest.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

contract TokenVoteArbitratorTest is VoteTest {
    // ---------------------------------------------------------------------------------- disputes

    function testADisputeOpensTwoPeriods() public {
        vm.expectEmit(address(vote));
        emit IArbitrator.DisputeCreation(2, this);
        vm.expectEmit(address(vote));
        emit ITokenVoteArbitrator.VoteOpened(2, NOW + COMMIT_S, NOW + COMMIT_S + REVEAL_S);
        vote.createDispute(2, "");
        eq(vote.disputeCount(), 2);
        ITokenVoteArbitrator.Dispute memory d = vote.dispute(2);
        eq(address(d.arbitrable), address(this));
        eq(d.choices, 2);
        eq(d.commitUntil, NOW + COMMIT_S);
        eq(d.revealUntil, NOW + COMMIT_S + REVEAL_S);
    }

    function testWhatADisputeMustBe() public {
        bytes4 bad = ITokenVoteArbitrator.BadChoices.selector;
        refusedVote(
            BOB, abi.encodeCall(vote.createDispute, (0, "")), abi.encodeWithSelector(bad, 0)
        );
        refusedVote(
            BOB, abi.encodeCall(vote.createDispute, (256, "")), abi.encodeWithSelector(bad, 256)
        );
        eq(vote.arbitrationCost(""), 0);
        vm.expectRevert(abi.encodeWithSelector(ITokenVoteArbitrator.NoFeeIsTaken.selector, 1));
        vote.createDispute{value: 1}(2, "");
    }

    function testWhatAnArbitratorMustBe() public {
        vm.expectRevert(abi.encodeWithSelector(ITokenVoteArbitrator.NotAContract.selector, BOB));
        new TokenVoteArbitrator(IERC20(BOB), 1, 1, 1);
        vm.expectRevert(abi.encodeWithSelector(ITokenVoteArbitrator.ZeroQuorum.selector));
        new TokenVoteArbitrator(token, 1, 1, 0);
        uint40[2] memory bad = [uint40(0), 365 days + 1];
        for (uint256 i = 0; i < 2; ++i) {
            bytes memory refusal = abi.encodeWithSelector(
                ITokenVoteArbitrator.PeriodOutOfRange.selector, bad[i], 1, 365 days
            );
            vm.expectRevert(refusal);
            new TokenVoteArbitrator(token, bad[i], 1, 1);
            vm.expectRevert(refusal);
            new TokenVoteArbitrator(token, 1, bad[i], 1);
        }
    }

    function testItSaysWhatItIs() public view {
        eq(vote.supportsInterface(type(IArbitrator).interfaceId), true);
        eq(vote.supportsInterface(type(IDispensationTaker).interfaceId), true);
        eq(vote.supportsInterface(type(ITokenVoteArbitrator).interfaceId), true);
        eq(vote.supportsInterface(type(IERC165).interfaceId), true);
        eq(vote.supportsInterface(0xffffffff), false);
        eq(vote.commitPeriod_s(), COMMIT_S);
        eq(vote.revealPeriod_s(), REVEAL_S);
        eq(vote.quorum(), QUORUM);
    }

    // ----------------------------------------------------------------------------------- commits

    function testACommitLocksAndALaterOneReplacesIt() public {
        commit(CAROL, disputeId, 1, 600 ether);
        eq(token.balanceOf(CAROL), PURSE - 600 ether);
        bytes32 second = vote.commitmentOf(disputeId, CAROL, 2, "salt");
        vm.expectEmit(address(vote));
        emit ITokenVoteArbitrator.Committed(disputeId, CAROL, second, 600 ether);
        commit(CAROL, disputeId, 2, 0);
        commit(CAROL, disputeId, 2, 1 ether);
        eq(vote.ballot(disputeId, CAROL).weight, 601 ether);

        vm.warp(NOW + COMMIT_S);
        refusedVote(CAROL, revealCall(1, "salt"), wrongReveal());
        reveal(CAROL, disputeId, 2);
        eq(vote.weightOf(disputeId, 2), 601 ether);
        eq(vote.weightOf(disputeId, 1), 0);
    }

    function testCommitsAreTakenInTheirPeriodAlone() public {
        bytes memory call = abi.encodeCall(vote.commit, (disputeId, "hash", 1));
        vm.warp(NOW + COMMIT_S - 1);
        vm.prank(CAROL);
        vote.commit(disputeId, "hash", 1);
        vm.warp(NOW + COMMIT_S);
        refusedVote(
            CAROL,
            call,
            abi.encodeWithSelector(
                ITokenVoteArbitrator.CommitOver.selector, disputeId, NOW + COMMIT_S
            )
        );
        refusedVote(
            CAROL,
            abi.encodeCall(vote.commit, (9, "hash", 1)),
            abi.encodeWithSelector(ITokenVoteArbitrator.UnknownDispute.selector, 9)
        );
    }

    function testACommitNeedsTokens() public {
        refusedVote(
            CAROL,
            abi.encodeCall(vote.commit, (disputeId, "hash", 0)),
            abi.encodeWithSelector(ITokenVoteArbitrator.NothingLocked.selector, disputeId, CAROL)
        );
        vm.prank(CAROL);
        vm.expectRevert();
        vote.commit(disputeId, "hash", PURSE + 1);
    }

    function testACommitmentBindsEverything() public {
        bytes32 base = vote.commitmentOf(1, CAROL, 1, "salt");
        eq(
            base,
            keccak256(
                abi.encode(
                    block.chainid, address(vote), uint256(1), CAROL, uint256(1), bytes32("salt")
                )
            )
        );
        eq(base == vote.commitmentOf(2, CAROL, 1, "salt"), false);
        eq(base == vote.commitmentOf(1, DAVE, 1, "salt"), false);
        eq(base == vote.commitmentOf(1, CAROL, 2, "salt"), false);
        eq(base == vote.commitmentOf(1, CAROL, 1, "pepper"), false);
        TokenVoteArbitrator other = new TokenVoteArbitrator(token, COMMIT_S, REVEAL_S, QUORUM);
        eq(base == other.commitmentOf(1, CAROL, 1, "salt"), false);
        vm.chainId(block.chainid + 1);
        eq(base == vote.commitmentOf(1, CAROL, 1, "salt"), false);
    }

    function testNobodyVotesByCopyingACommitment() public {
        commit(CAROL, disputeId, 1, 1 ether);
        bytes32 copied = vote.ballot(disputeId, CAROL).commitment;
        vm.prank(DAVE);
        vote.commit(disputeId, copied, 1 ether);
        vm.warp(NOW + COMMIT_S);
        reveal(CAROL, disputeId, 1);
        refusedVote(DAVE, revealCall(1, "salt"), wrongReveal(DAVE));
    }

    // ----------------------------------------------------------------------------------- reveals

    function revealCall(uint256 choice, bytes32 salt) private view returns (bytes memory) {
        return abi.encodeCall(vote.reveal, (disputeId, choice, salt));
    }

    function wrongReveal() private view returns (bytes memory) {
        return wrongReveal(CAROL);
    }

    function wrongReveal(address voter) private view returns (bytes memory) {
        return abi.encodeWithSelector(ITokenVoteArbitrator.WrongReveal.selector, disputeId, voter);
    }

    function testRevealsAreTakenInTheirPeriodAlone() public {
        commit(CAROL, disputeId, 1, 1 ether);
        bytes memory closed_ = abi.encodeWithSelector(
            ITokenVoteArbitrator.RevealNotOpen.selector,
            disputeId,
            NOW + COMMIT_S,
            NOW + COMMIT_S + REVEAL_S
        );
        vm.warp(NOW + COMMIT_S - 1);
        refusedVote(CAROL, revealCall(1, "salt"), closed_);
        over();
        refusedVote(CAROL, revealCall(1, "salt"), closed_);
        vm.warp(NOW + COMMIT_S + REVEAL_S - 1);
        vm.expectEmit(address(vote));
        emit ITokenVoteArbitrator.Revealed(disputeId, CAROL, 1, 1 ether, 1 ether, 1 ether);
        reveal(CAROL, disputeId, 1);
        refusedVote(
            CAROL,
            revealCall(1, "salt"),
            abi.encodeWithSelector(ITokenVoteArbitrator.AlreadyRevealed.selector, disputeId, CAROL)
        );
    }

    function testOnlyWhatWasCommittedIsRevealed() public {
        commit(CAROL, disputeId, 3, 1 ether);
        vm.warp(NOW + COMMIT_S);
        refusedVote(CAROL, revealCall(1, "salt"), wrongReveal());
        refusedVote(CAROL, revealCall(1, "pepper"), wrongReveal());
        refusedVote(
            CAROL,
            revealCall(3, "salt"),
            abi.encodeWithSelector(ITokenVoteArbitrator.BadChoice.selector, disputeId, 3, 2)
        );
        refusedVote(
            DAVE,
            revealCall(1, "salt"),
            abi.encodeWithSelector(ITokenVoteArbitrator.NoCommitment.selector, disputeId, DAVE)
        );
    }

    // ------------------------------------------------------------------------------------ result

    function testMostTokensRule() public {
        cast([uint256(1), 2, 2], [uint128(400 ether), 300 ether, 101 ether]);
        eq(vote.currentRuling(disputeId), 2);
        vm.expectEmit(address(vote));
        emit ITokenVoteArbitrator.Executed(disputeId, 2, 401 ether, 801 ether);
        eq(execute(), 2);
        eq(vote.dispute(disputeId).executed, true);
    }

    function testATieIsNoRuling() public {
        cast([uint256(1), 2, 2], [uint128(400 ether), 300 ether, 100 ether]);
        eq(vote.dispute(disputeId).tied, true);
        eq(execute(), 0);
    }

    function testATieIsBrokenByALaterVote() public {
        cast([uint256(1), 2, 1], [uint128(400 ether), 400 ether, 1]);
        eq(execute(), 1);
    }

    function testTheQuorumIsReachedExactlyOrMissed() public {
        uint256 start = vm.snapshotState();
        cast([uint256(1), 2, 0], [QUORUM - 1, 1, 0]);
        eq(execute(), 1);
        vm.revertToState(start);
        cast([uint256(1), 2, 0], [QUORUM - 2, 1, 0]);
        eq(execute(), 0);
    }

    function testNobodyVotedIsNoRuling() public {
        eq(execute(), 0);
    }

    function testUnrevealedTokensDoNotCount() public {
        commit(CAROL, disputeId, 1, QUORUM);
        eq(execute(), 0);
    }

    function testVotersMayRefuseToRule() public {
        cast([uint256(0), 1, 0], [uint128(600 ether), 300 ether, 0]);
        eq(execute(), 0);
    }

    function testAVoteIsExecutedOnceWhenItIsOver() public {
        bytes memory call = abi.encodeCall(vote.execute, (disputeId));
        vm.warp(NOW + COMMIT_S + REVEAL_S - 1);
        bytes memory running = abi.encodeWithSelector(
            ITokenVoteArbitrator.VoteNotOver.selector, disputeId, NOW + COMMIT_S + REVEAL_S
        );
        refusedVote(BOB, call, running);
        execute();
        refusedVote(
            BOB,
            call,
            abi.encodeWithSelector(ITokenVoteArbitrator.AlreadyExecuted.selector, disputeId)
        );
        refusedVote(
            BOB,
            abi.encodeCall(vote.execute, (9)),
            abi.encodeWithSelector(ITokenVoteArbitrator.UnknownDispute.selector, 9)
        );
    }
}
