// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DeployCurationScript} from "../../script/DeployCuration.s.sol";
import {Parameters, Phase} from "../../src/curation/CurationTypes.sol";
import {StakeTest} from "./support/StakeTest.sol";

contract DeployCurationTest is StakeTest {
    /// What the script deploys can be appointed, lists a provider, and then votes.
    function testTheDeployedCurationWorksOnceItIsAppointed() public {
        DeployCurationScript script = new DeployCurationScript();
        DeployCurationScript.Plan memory plan = DeployCurationScript.Plan({
            registry: registry,
            token: token,
            governance: GOVERNANCE,
            judge: JUDGE,
            deposit: DEPOSIT,
            challengePeriod_s: CHALLENGE_S,
            commitPeriod_s: COMMIT_S,
            revealPeriod_s: REVEAL_S,
            quorum: QUORUM
        });
        address before = address(curation);
        (curation, multisig, vote) = script.deploy(plan);
        handOver(before, address(curation));
        approve(ALICE);
        approve(BOB);
        eq(curation.owner(), GOVERNANCE);
        eq(multisig.owner(), JUDGE);

        uint256 requestId = listed();
        ruled(challenged(requestId), REQUESTER_WINS);
        eq(phase(requestId), Phase.Listed);
        Parameters memory later = script.terms(plan, vote, DISPENSATION_BPS);
        eq(later.rulingPeriod_s > COMMIT_S + REVEAL_S, true);
        eq(setTerms(later), 1);
    }
}
