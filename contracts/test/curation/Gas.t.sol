// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {vm} from "../support/Vm.sol";
import {StakeTest} from "./support/StakeTest.sol";

/// What the transactions of curation cost, calldata and base fee included, for a provider and
/// accounts that have used none of it before. snapshots/Curation.json keeps the figures.
contract StakeGasTest is StakeTest {
    /// forge-config: default.isolate = true
    function testApplications() public {
        bytes memory call =
            abi.encodeCall(curation.applyFor, (id, 0, keccak256("e"), "ipfs://evidence"));
        note("apply", ALICE, address(curation), call);
        uint256 waiting = vm.snapshotState();
        pass(CHALLENGE_S);
        note("execute", BOB, address(curation), abi.encodeCall(curation.execute, (1)));
        call = abi.encodeCall(curation.challenge, (1, 0, "ipfs://reason"));
        note("challenge a listing", BOB, address(curation), call);
        call = abi.encodeCall(multisig.giveRuling, (1, REQUESTER_WINS, "ipfs://ruling"));
        note("rule by the multisig's owner", JUDGE, address(multisig), call);
        call = abi.encodeCall(curation.startExit, (1));
        note("start an exit", ALICE, address(curation), call);
        pass(EXIT_S);
        call = abi.encodeCall(curation.finalizeExit, (1));
        note("finalize an exit", BOB, address(curation), call);
        call = abi.encodeCall(curation.withdraw, (ALICE));
        note("withdraw", ALICE, address(curation), call);
        vm.revertToState(waiting);
        call = abi.encodeCall(curation.challenge, (1, 0, "ipfs://reason"));
        note("challenge an application", BOB, address(curation), call);
    }

    /// forge-config: default.isolate = true
    function testVotes() public {
        setTerms(byVote());
        uint256 disputeId = challenged(applied());
        bytes32 hash = vote.commitmentOf(disputeId, CAROL, REQUESTER_WINS, "salt");
        bytes memory call = abi.encodeCall(vote.commit, (disputeId, hash, QUORUM));
        note("commit a vote", CAROL, address(vote), call);
        pass(COMMIT_S);
        call = abi.encodeCall(vote.reveal, (disputeId, REQUESTER_WINS, "salt"));
        note("reveal a vote", CAROL, address(vote), call);
        pass(REVEAL_S);
        note("execute a vote", BOB, address(vote), abi.encodeCall(vote.execute, (disputeId)));
        note("claim a share", CAROL, address(vote), abi.encodeCall(vote.claim, (disputeId)));
        note("unlock", CAROL, address(vote), abi.encodeCall(vote.unlock, (disputeId)));
    }

    /// In isolation each call is a transaction of its own, and pays as one.
    function note(string memory what, address from, address to, bytes memory call) private {
        vm.prank(from);
        uint256 before = gasleft();
        (bool ok,) = to.call(call);
        uint256 gas = before - gasleft();
        eq(ok, true);
        vm.snapshotValue("Curation", what, gas);
    }
}
