// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDispensationSource} from "../../src/curation/interfaces/IDispensation.sol";
import {ITokenVoteArbitrator} from "../../src/curation/interfaces/ITokenVoteArbitrator.sol";
import {vm} from "../support/Vm.sol";
import {VoteTest} from "./support/VoteTest.sol";

/// What voters get back, and what they get on top; this contract pays what `reward` says.
contract VoteRewardsTest is VoteTest, IDispensationSource {
    uint256 private reward;

    function collectDispensation(uint256) external returns (uint256) {
        token.transfer(msg.sender, reward);
        return type(uint256).max; // what it says is not believed
    }

    function testLocksOpenWhenTheVoteIsOverRevealedOrNot() public {
        commit(CAROL, disputeId, 1, 1 ether);
        commit(DAVE, disputeId, 1, 2 ether);
        bytes memory call = abi.encodeCall(vote.unlock, (disputeId));
        vm.warp(NOW + COMMIT_S + REVEAL_S - 1);
        reveal(CAROL, disputeId, 1);
        bytes memory running = abi.encodeWithSelector(
            ITokenVoteArbitrator.VoteNotOver.selector, disputeId, NOW + COMMIT_S + REVEAL_S
        );
        refusedVote(CAROL, call, running);
        over();
        vm.expectEmit(address(vote));
        emit ITokenVoteArbitrator.Unlocked(disputeId, DAVE, 2 ether);
        vm.prank(DAVE);
        vote.unlock(disputeId);
        vm.prank(CAROL);
        eq(vote.unlock(disputeId), 1 ether);
        eq(token.balanceOf(CAROL), PURSE);
        eq(token.balanceOf(DAVE), PURSE);
        bytes4 nothing = ITokenVoteArbitrator.NothingLocked.selector;
        refusedVote(CAROL, call, abi.encodeWithSelector(nothing, disputeId, CAROL));
        refusedVote(ERIN, call, abi.encodeWithSelector(nothing, disputeId, ERIN));
    }

    function testTheWinningSideSharesByWeight() public {
        reward = 10;
        cast([uint256(1), 1, 2], [uint128(400 ether), 200 ether, 100 ether]);
        refusedVote(
            CAROL,
            abi.encodeCall(vote.claim, (disputeId)),
            abi.encodeWithSelector(ITokenVoteArbitrator.NotExecuted.selector, disputeId)
        );
        execute();
        vm.expectEmit(address(vote));
        emit ITokenVoteArbitrator.DispensationShared(disputeId, 10);
        vm.prank(CAROL);
        eq(vote.claim(disputeId), 6);
        vm.expectEmit(address(vote));
        emit ITokenVoteArbitrator.Claimed(disputeId, DAVE, 3);
        vm.prank(DAVE);
        vote.claim(disputeId); // the tenth unit stays
        refusedClaim(CAROL);
        refusedClaim(ERIN);
        refusedClaim(BOB);
        eq(vote.dispute(disputeId).dispensation, 10);
    }

    function testTheUnrevealedShareNothing() public {
        cast([uint256(1), 0, 0], [QUORUM, 0, 0]);
        vm.warp(NOW);
        commit(DAVE, disputeId, 1, 1);
        execute();
        refusedClaim(DAVE);
    }

    function testNobodySharesARefusal() public {
        cast([uint256(0), 1, 0], [uint128(600 ether), 300 ether, 0]);
        execute();
        refusedClaim(CAROL);
        refusedClaim(DAVE);
    }

    function refusedClaim(address voter) private {
        refusedVote(
            voter,
            abi.encodeCall(vote.claim, (disputeId)),
            abi.encodeWithSelector(ITokenVoteArbitrator.NothingToClaim.selector, disputeId, voter)
        );
    }

    function testClaimsAreExactAndNeverExceedTheReward(
        uint128 reward_,
        uint96[3] memory weights,
        uint8 side
    ) public {
        reward = reward_ % 1000 ether;
        uint256[3] memory choices;
        uint128[3] memory bounded;
        for (uint256 i = 0; i < 3; ++i) {
            choices[i] = 1 + (side >> i) % 2;
            bounded[i] = uint128(uint256(weights[i]) % PURSE + 1);
        }
        cast(choices, bounded);
        uint256 ruling = execute();
        uint256 held = token.balanceOf(address(vote));
        address[3] memory voters = [CAROL, DAVE, ERIN];
        uint256 paid = 0;
        uint256 winners = 0;
        for (uint256 i = 0; i < 3; ++i) {
            if (ruling == 0 || choices[i] != ruling) {
                refusedClaim(voters[i]);
                continue;
            }
            vm.prank(voters[i]);
            uint256 share = vote.claim(disputeId);
            eq(share, reward * bounded[i] / vote.weightOf(disputeId, ruling));
            paid += share;
            ++winners;
        }
        if (winners != 0) {
            eq(paid <= reward && reward - paid < winners, true);
            eq(token.balanceOf(address(vote)), held + reward - paid);
        }
        for (uint256 i = 0; i < 3; ++i) {
            vm.prank(voters[i]);
            eq(vote.unlock(disputeId), bounded[i]);
        }
    }
}
