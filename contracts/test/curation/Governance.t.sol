// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Status} from "../../src/Types.sol";
import {KindWord} from "../../src/Words.sol";
import {Parameters, Phase} from "../../src/curation/CurationTypes.sol";
import {FixedSupplyToken} from "../../src/curation/FixedSupplyToken.sol";
import {StakeCuration} from "../../src/curation/StakeCuration.sol";
import {TokenVoteArbitrator} from "../../src/curation/TokenVoteArbitrator.sol";
import {IArbitrator} from "../../src/curation/interfaces/IArbitrator.sol";
import {IStakeCuration} from "../../src/curation/interfaces/IStakeCuration.sol";
import {IServerRegistry} from "../../src/interfaces/IServerRegistry.sol";
import {vm} from "../support/Vm.sol";
import {StakeTest} from "./support/StakeTest.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

contract GovernanceTest is StakeTest {
    function notOwner(address caller) private pure returns (bytes memory) {
        return abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, caller);
    }

    // ------------------------------------------------------------------------------- parameters

    function testTermsAreAddedNeverChanged() public {
        Parameters memory terms = byVote();
        vm.expectEmit(address(curation));
        emit IStakeCuration.ParametersSet(1, terms);
        eq(setTerms(terms), 1);
        (uint32 current, Parameters memory got) = curation.parameters();
        eq(current, 1);
        eq(keccak256(abi.encode(got)), keccak256(abi.encode(terms)));
        eq(keccak256(abi.encode(curation.parametersAt(0))), keccak256(abi.encode(byMultisig())));
        refused(
            ALICE,
            abi.encodeCall(curation.parametersAt, (2)),
            abi.encodeWithSelector(IStakeCuration.UnknownTerms.selector, 2)
        );
    }

    function testTermsHaveLimits() public {
        uint40 year = 365 days;
        uint40[4] memory bad = [0, year + 1, CHALLENGE_S - 1, year + 1];
        Parameters memory p;
        for (uint256 i = 0; i < 2; ++i) {
            p = byMultisig();
            p.challengePeriod_s = bad[i];
            refusedTerms(p, "challengePeriod_s", bad[i], 1, year);
            p = byMultisig();
            p.rulingPeriod_s = bad[i];
            refusedTerms(p, "rulingPeriod_s", bad[i], 1, year);
            p = byMultisig();
            p.exitDelay_s = bad[i + 2];
            refusedTerms(p, "exitDelay_s", bad[i + 2], CHALLENGE_S, year);
        }
        p = byMultisig();
        p.deposit = 0;
        refusedTerms(p, "deposit", 0, 1, type(uint128).max);
        p = byVote();
        p.dispensation_bps = 10_001;
        refusedTerms(p, "dispensation_bps", 10_001, 0, 10_000);
    }

    function refusedTerms(
        Parameters memory p,
        bytes32 name,
        uint256 given,
        uint256 min,
        uint256 max
    ) private {
        bytes4 refusal = IStakeCuration.ParameterOutOfRange.selector;
        refused(
            GOVERNANCE,
            abi.encodeCall(curation.setParameters, (p)),
            abi.encodeWithSelector(refusal, name, given, min, max)
        );
    }

    function testADispensationNeedsSomebodyToShareIt() public {
        Parameters memory p = byMultisig();
        p.dispensation_bps = 1;
        bytes4 refusal = IStakeCuration.DispensationNotTaken.selector;
        bytes memory call = abi.encodeCall(curation.setParameters, (p));
        refused(GOVERNANCE, call, abi.encodeWithSelector(refusal, multisig));

        IERC20 other = new FixedSupplyToken("Other", "OTH", 1, address(this));
        p.arbitrator = new TokenVoteArbitrator(other, COMMIT_S, REVEAL_S, QUORUM);
        call = abi.encodeCall(curation.setParameters, (p));
        refused(GOVERNANCE, call, abi.encodeWithSelector(refusal, p.arbitrator));

        p.arbitrator = IArbitrator(ALICE);
        call = abi.encodeCall(curation.setParameters, (p));
        refused(
            GOVERNANCE, call, abi.encodeWithSelector(IStakeCuration.NotAContract.selector, ALICE)
        );
    }

    function testAConstructionNeedsContracts() public {
        bytes memory refusal = abi.encodeWithSelector(IStakeCuration.NotAContract.selector, BOB);
        vm.expectRevert(refusal);
        new StakeCuration(IServerRegistry(BOB), token, GOVERNANCE, byMultisig());
        vm.expectRevert(refusal);
        new StakeCuration(registry, IERC20(BOB), GOVERNANCE, byMultisig());
    }

    function testOpenRequestsKeepTheirTerms() public {
        uint256 requestId = applied();
        Parameters memory harsh = byVote();
        (harsh.deposit, harsh.challengePeriod_s, harsh.exitDelay_s) =
        (10 * DEPOSIT, 30 days, 60 days);
        setTerms(harsh);

        uint256 before = vm.snapshotState();
        uint256 disputeId = challenged(requestId); // stakes the old deposit, asks the old judge
        eq(token.balanceOf(BOB), PURSE - DEPOSIT);
        setTerms(harsh);
        ruled(disputeId, REQUESTER_WINS);
        due(DEPOSIT, 0);
        vm.revertToState(before);

        pass(CHALLENGE_S);
        curation.execute(requestId);
        eq(status(), Status.Active); // a higher deposit delists nobody
        pass(365 days);
        challenged(requestId);
        pass(RULING_S);
        curation.lapse(requestId);
        eq(status(), Status.Active);
        exiting(requestId);
        pass(EXIT_S);
        curation.finalizeExit(requestId);
        due(DEPOSIT, DEPOSIT);
        holds(0);
    }

    // -------------------------------------------------------------------------------- adoption

    function adopt(uint256 requestId, uint32 termsId) private view returns (bytes memory) {
        return abi.encodeCall(curation.adoptTerms, (requestId, termsId));
    }

    function testAListingAdoptsNewTermsWithoutLeaving() public {
        uint256 requestId = listed();
        Parameters memory terms = byVote();
        terms.deposit = 3 * DEPOSIT;
        setTerms(terms);
        vm.expectEmit(address(curation));
        emit IStakeCuration.TermsAdopted(requestId, id, 1);
        vm.prank(ALICE);
        curation.adoptTerms(requestId, 1);
        eq(token.balanceOf(ALICE), PURSE - 3 * DEPOSIT);
        holds(3 * DEPOSIT);

        terms.deposit = DEPOSIT;
        setTerms(terms);
        vm.prank(ALICE);
        curation.adoptTerms(requestId, 2);
        due(2 * DEPOSIT, 0);
        holds(DEPOSIT);
        eq(status(), Status.Active);
        refused(
            BOB,
            abi.encodeCall(curation.challenge, (requestId, 1, "")), // has not seen it
            abi.encodeWithSelector(IStakeCuration.TermsChanged.selector, 1, 2)
        );
        challenged(requestId);
        eq(curation.requestOf(vote, 1), requestId);
    }

    function testOnlyTheRequesterOfAQuietListingAdoptsTerms() public {
        uint256 requestId = applied();
        refused(ALICE, adopt(requestId, 0), wrongPhase(requestId, Phase.Applied));
        pass(CHALLENGE_S);
        curation.execute(requestId);
        setTerms(byVote());
        bytes memory changed = abi.encodeWithSelector(IStakeCuration.TermsChanged.selector, 0, 1);
        refused(ALICE, adopt(requestId, 0), changed);
        refused(
            GOVERNANCE,
            adopt(requestId, 1),
            abi.encodeWithSelector(IStakeCuration.NotRequester.selector, requestId, GOVERNANCE)
        );
        exiting(requestId);
        uint40 exitAt = curation.request(requestId).exitAt;
        bytes4 leaving = IStakeCuration.ExitStartedAlready.selector;
        refused(ALICE, adopt(requestId, 1), abi.encodeWithSelector(leaving, requestId, exitAt));
        challenged(requestId);
        refused(ALICE, adopt(requestId, 1), wrongPhase(requestId, Phase.ListedChallenged));
    }

    // --------------------------------------------------------------------------------- decisions

    function testGovernanceDecidesAndMovesNoDeposit() public {
        uint256 requestId = listed();
        suspend(id);
        vm.expectEmit(address(curation));
        emit IStakeCuration.Decided(id, Status.Active, "decided");
        decide(Status.Active);
        eq(status(), Status.Active);
        decide(Status.Suspended);
        decide(Status.Pending);
        eq(phase(requestId), Phase.Listed);
        due(0, 0);
        holds(DEPOSIT);
        exiting(requestId);
        pass(EXIT_S);
        curation.finalizeExit(requestId);
        due(DEPOSIT, 0);
    }

    function testDecisionsAreThree() public {
        Status[3] memory others = [Status.None, Status.Removed, Status.Challenged];
        for (uint256 i = 0; i < others.length; ++i) {
            refused(
                GOVERNANCE,
                abi.encodeCall(curation.decide, (id, others[i], "")),
                abi.encodeWithSelector(IStakeCuration.BadDecision.selector, others[i])
            );
        }
    }

    function testGovernanceLimitsKinds() public {
        vm.prank(GOVERNANCE);
        curation.setKind(KIND, 1 hours, 1 days, 5);
        KindWord kind = KindWord.wrap(registry.kindWord(KIND));
        eq(kind.minTtl(), 1 hours);
        eq(kind.maxTtl(), 1 days);
        eq(kind.flags(), 5);
    }

    function testNobodyElseGoverns() public {
        address[4] memory others = [ALICE, JUDGE, ADMIN, GUARDIAN];
        for (uint256 i = 0; i < others.length; ++i) {
            bytes memory refusal = notOwner(others[i]);
            refused(others[i], abi.encodeCall(curation.decide, (id, Status.Active, "")), refusal);
            refused(others[i], abi.encodeCall(curation.setKind, (KIND, 0, 0, 0)), refusal);
            refused(others[i], abi.encodeCall(curation.setParameters, (byMultisig())), refusal);
            refused(others[i], abi.encodeCall(curation.transferOwnership, (ALICE)), refusal);
        }
    }

    function testGovernanceChangesHandsInTwoSteps() public {
        vm.prank(GOVERNANCE);
        curation.transferOwnership(SAFE);
        eq(curation.owner(), GOVERNANCE);
        refused(BOB, abi.encodeCall(curation.acceptOwnership, ()), notOwner(BOB));
        vm.prank(SAFE);
        curation.acceptOwnership();
        eq(curation.owner(), SAFE);
        refused(
            GOVERNANCE,
            abi.encodeCall(curation.setParameters, (byMultisig())),
            notOwner(GOVERNANCE)
        );
    }
}
