// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IArbitrable} from "../../../src/curation/interfaces/IArbitrator.sol";
import {StakeTest} from "./StakeTest.sol";
import {vm} from "../../support/Vm.sol";

/// The vote by itself, with one dispute open; this contract is the arbitrable.
abstract contract VoteTest is StakeTest, IArbitrable {
    uint256 internal lastRuling = 99;
    uint256 internal disputeId;

    function setUp() public virtual override {
        super.setUp();
        disputeId = vote.createDispute(2, "");
    }

    function rule(uint256, uint256 ruling) external {
        lastRuling = ruling;
    }

    function refusedVote(address from, bytes memory call, bytes memory expected) internal {
        refused(from, address(vote), call, expected);
    }

    function over() internal {
        vm.warp(NOW + COMMIT_S + REVEAL_S);
    }

    function execute() internal returns (uint256) {
        over();
        vote.execute(disputeId);
        return lastRuling;
    }

    /// Each votes with so much, and reveals.
    function cast(uint256[3] memory choices, uint128[3] memory weights) internal {
        address[3] memory voters = [CAROL, DAVE, ERIN];
        for (uint256 i = 0; i < 3; ++i) {
            if (weights[i] != 0) commit(voters[i], disputeId, choices[i], weights[i]);
        }
        vm.warp(NOW + COMMIT_S);
        for (uint256 i = 0; i < 3; ++i) {
            if (weights[i] != 0) reveal(voters[i], disputeId, choices[i]);
        }
    }
}
