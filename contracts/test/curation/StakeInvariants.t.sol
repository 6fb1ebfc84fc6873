// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Phase, Request} from "../../src/curation/CurationTypes.sol";
import {TokenVoteArbitrator} from "../../src/curation/TokenVoteArbitrator.sol";
import {ITokenVoteArbitrator} from "../../src/curation/interfaces/ITokenVoteArbitrator.sol";
import {vm} from "../support/Vm.sol";
import {StakeActors} from "./support/StakeActors.sol";
import {StakeTest} from "./support/StakeTest.sol";

/// What holds after any sequence of actions, and that everybody can leave after it.
contract StakeInvariantsTest is StakeTest {
    StakeActors private actors;

    function setUp() public override {
        super.setUp();
        // Only the actors' providers are of interest: 2 and 3.
        registry = deploy();
        useToken(token);
        vote = new TokenVoteArbitrator(token, COMMIT_S, REVEAL_S, 1 ether);
        setTerms(byVote());
        actors = new StakeActors(curation, multisig, vote);
        for (uint8 i = 0; i < actors.PEOPLE(); ++i) {
            token.transfer(actors.someone(i), 1_000 ether);
            approve(actors.someone(i));
        }
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(actors);
    }

    function invariant_theBooksAndTheRolesAreInOrder() public view {
        whatIsHeldIsOwed();
        aProviderHasOneOpenRequestAtMost();
        aChallengeIsKnownToItsArbitratorAlone();
        noRoleIsRaised();
    }

    function whatIsHeldIsOwed() private view {
        eq(token.balanceOf(address(curation)), staked() + credited() + leftToVoters());
        eq(token.balanceOf(address(vote)), lockedOrUnclaimed());
    }

    function aProviderHasOneOpenRequestAtMost() private view {
        uint256 open = 0;
        for (uint256 i = 1; i <= curation.requestCount(); ++i) {
            Request memory r = curation.request(i);
            if (r.phase == Phase.Closed) continue;
            (uint256 found,) = curation.listing(r.providerId);
            eq(found, i);
            ++open;
        }
        uint256 named = 0;
        for (uint32 p = 2; p < 2 + actors.PROVIDERS(); ++p) {
            (uint256 found,) = curation.listing(p);
            if (found != 0) ++named;
        }
        eq(named, open);
    }

    function aChallengeIsKnownToItsArbitratorAlone() private view {
        for (uint256 i = 1; i <= curation.requestCount(); ++i) {
            Request memory r = curation.request(i);
            if (isChallenged(r)) {
                eq(curation.requestOf(actors.arbitratorOf(r), r.disputeId), i);
            } else {
                eq(r.challenger, address(0));
                eq(r.disputeId, 0);
            }
        }
    }

    function noRoleIsRaised() private view {
        bytes32[2] memory roles = [registry.GUARDIAN_ROLE(), bytes32(0)];
        for (uint256 i = 0; i < roles.length; ++i) {
            eq(registry.hasRole(roles[i], address(curation)), false);
            eq(registry.hasRole(roles[i], address(vote)), false);
        }
        for (uint8 i = 0; i < actors.PEOPLE(); ++i) {
            eq(registry.hasRole(registry.CURATOR_ROLE(), actors.someone(i)), false);
        }
        eq(curation.owner(), GOVERNANCE);
        eq(curation.pendingOwner(), address(0));
    }

    /// At the end of each sequence everybody leaves, and nothing stays behind but dust.
    function afterInvariant() public {
        for (uint256 i = 1; i <= curation.requestCount(); ++i) {
            windUp(i);
        }
        uint256 dust = 0;
        for (uint256 d = 1; d <= vote.disputeCount(); ++d) {
            dust += everybodyTakes(d);
        }
        for (uint8 i = 0; i < actors.PEOPLE(); ++i) {
            address account = actors.someone(i);
            if (curation.withdrawable(account) == 0) continue;
            vm.prank(account);
            curation.withdraw(account);
        }
        eq(token.balanceOf(address(curation)), 0);
        eq(token.balanceOf(address(vote)), dust);
    }

    function windUp(uint256 requestId) private {
        Request memory r = curation.request(requestId);
        if (r.phase == Phase.Closed) return;
        if (block.timestamp < r.deadline) vm.warp(r.deadline);
        if (r.phase == Phase.Applied) curation.execute(requestId);
        if (isChallenged(r)) curation.lapse(requestId);
        r = curation.request(requestId);
        if (r.phase == Phase.Listed) {
            if (r.exitAt == 0) {
                vm.prank(r.requester);
                curation.startExit(requestId);
            }
            uint40 exitAt = curation.request(requestId).exitAt;
            if (block.timestamp < exitAt) vm.warp(exitAt);
            curation.finalizeExit(requestId);
        }
        eq(phase(requestId), Phase.Closed);
    }

    /// Every voter of a dispute takes what is his; less than a unit a voter stays.
    function everybodyTakes(uint256 disputeId) private returns (uint256 dust) {
        ITokenVoteArbitrator.Dispute memory d = vote.dispute(disputeId);
        if (block.timestamp < d.revealUntil) vm.warp(d.revealUntil);
        uint256 winners = 0;
        for (uint8 i = 0; i < actors.PEOPLE(); ++i) {
            address voter = actors.someone(i);
            ITokenVoteArbitrator.Ballot memory b = vote.ballot(disputeId, voter);
            if (won(disputeId, d, b)) {
                ++winners;
                if (!b.claimed && hasShare(disputeId)) {
                    vm.prank(voter);
                    vote.claim(disputeId);
                }
            }
            if (b.weight != 0 && !b.unlocked) {
                vm.prank(voter);
                vote.unlock(disputeId);
            }
        }
        dust = unclaimed(disputeId);
        eq(dust == 0 || dust < winners, true);
    }

    // ------------------------------------------------------------------------------ what is owed

    function isChallenged(Request memory r) private pure returns (bool) {
        return r.phase == Phase.AppliedChallenged || r.phase == Phase.ListedChallenged;
    }

    function staked() private view returns (uint256 sum) {
        for (uint256 i = 1; i <= curation.requestCount(); ++i) {
            Request memory r = curation.request(i);
            if (r.phase == Phase.Closed) continue;
            uint256 deposit = curation.parametersAt(r.termsId).deposit;
            sum += isChallenged(r) ? 2 * deposit : deposit;
        }
    }

    function credited() private view returns (uint256 sum) {
        for (uint8 i = 0; i < actors.PEOPLE(); ++i) {
            sum += curation.withdrawable(actors.someone(i));
        }
    }

    function leftToVoters() private view returns (uint256 sum) {
        for (uint256 d = 1; d <= vote.disputeCount(); ++d) {
            sum += curation.dispensation(vote, d);
        }
    }

    function lockedOrUnclaimed() private view returns (uint256 sum) {
        for (uint256 d = 1; d <= vote.disputeCount(); ++d) {
            for (uint8 i = 0; i < actors.PEOPLE(); ++i) {
                ITokenVoteArbitrator.Ballot memory b = vote.ballot(d, actors.someone(i));
                if (!b.unlocked) sum += b.weight;
            }
            sum += unclaimed(d);
        }
    }

    /// What is left of a dispensation that was collected.
    function unclaimed(uint256 disputeId) private view returns (uint256 left) {
        ITokenVoteArbitrator.Dispute memory d = vote.dispute(disputeId);
        left = d.dispensation;
        for (uint8 i = 0; i < actors.PEOPLE(); ++i) {
            ITokenVoteArbitrator.Ballot memory b = vote.ballot(disputeId, actors.someone(i));
            if (b.claimed) left -= uint256(d.dispensation) * b.weight / d.leadingWeight;
        }
    }

    function hasShare(uint256 disputeId) private view returns (bool) {
        return curation.dispensation(vote, disputeId) + vote.dispute(disputeId).dispensation != 0;
    }

    function won(
        uint256 disputeId,
        ITokenVoteArbitrator.Dispute memory d,
        ITokenVoteArbitrator.Ballot memory b
    ) private view returns (bool) {
        uint256 ruling = vote.currentRuling(disputeId);
        return d.executed && ruling != 0 && b.revealed && b.choice == ruling;
    }
}
