// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Parameters} from "../src/curation/CurationTypes.sol";
import {MultisigArbitrator} from "../src/curation/MultisigArbitrator.sol";
import {StakeCuration} from "../src/curation/StakeCuration.sol";
import {TokenVoteArbitrator} from "../src/curation/TokenVoteArbitrator.sol";
import {IArbitrator} from "../src/curation/interfaces/IArbitrator.sol";
import {IServerRegistry} from "../src/interfaces/IServerRegistry.sol";
import {vm} from "../test/support/Vm.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// Deploys a curation with its arbitrators. The first terms name the multisig's; governance names
/// the other by `setParameters` when its token has found its holders. The registry's admin then
/// grants the curation CURATOR_ROLE, and takes it from whoever held it.
/// `REGISTRY=0x... TOKEN=0x... forge script script/DeployCuration.s.sol --rpc-url ... --broadcast`
contract DeployCurationScript {
    struct Plan {
        IServerRegistry registry;
        IERC20 token;
        address governance; // owns the curation
        address judge; // owns the multisig arbitrator
        uint128 deposit; // token units
        uint40 challengePeriod_s;
        uint40 commitPeriod_s;
        uint40 revealPeriod_s;
        uint128 quorum; // token units
    }

    /// A vote takes its two periods; somebody then has this long to execute it.
    uint40 public constant EXECUTION_S = 7 days;

    function run() external returns (StakeCuration, MultisigArbitrator, TokenVoteArbitrator) {
        Plan memory plan = Plan({
            registry: IServerRegistry(vm.envAddress("REGISTRY")),
            token: IERC20(vm.envAddress("TOKEN")),
            governance: vm.envAddress("GOVERNANCE"),
            judge: vm.envAddress("JUDGE"),
            deposit: uint128(vm.envUint("DEPOSIT")),
            challengePeriod_s: uint40(vm.envUint("CHALLENGE_PERIOD_S")),
            commitPeriod_s: uint40(vm.envUint("COMMIT_PERIOD_S")),
            revealPeriod_s: uint40(vm.envUint("REVEAL_PERIOD_S")),
            quorum: uint128(vm.envUint("QUORUM"))
        });
        vm.startBroadcast();
        (StakeCuration curation, MultisigArbitrator multisig, TokenVoteArbitrator vote) =
            deploy(plan);
        vm.stopBroadcast();
        return (curation, multisig, vote);
    }

    function deploy(Plan memory plan)
        public
        returns (StakeCuration curation, MultisigArbitrator multisig, TokenVoteArbitrator vote)
    {
        multisig = new MultisigArbitrator(plan.judge);
        vote = new TokenVoteArbitrator(
            plan.token, plan.commitPeriod_s, plan.revealPeriod_s, plan.quorum
        );
        curation = new StakeCuration(
            plan.registry, plan.token, plan.governance, terms(plan, multisig, 0)
        );
    }

    /// Terms whose ruling period leaves a vote enough time.
    function terms(Plan memory plan, IArbitrator arbitrator, uint16 dispensation_bps)
        public
        pure
        returns (Parameters memory)
    {
        return Parameters({
            deposit: plan.deposit,
            challengePeriod_s: plan.challengePeriod_s,
            rulingPeriod_s: plan.commitPeriod_s + plan.revealPeriod_s + EXECUTION_S,
            exitDelay_s: plan.challengePeriod_s,
            dispensation_bps: dispensation_bps,
            arbitrator: arbitrator
        });
    }
}
