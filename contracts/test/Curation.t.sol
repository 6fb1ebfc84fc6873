// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Binding, Status} from "../src/Types.sol";
import {KindWord, RegistryWord} from "../src/Words.sol";
import {IServerRegistry} from "../src/interfaces/IServerRegistry.sol";
import {IRegistry} from "./support/IRegistry.sol";
import {RegistryTest} from "./support/RegistryTest.sol";
import {vm} from "./support/Vm.sol";
import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {
    IAccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/IAccessControlDefaultAdminRules.sol";

contract CurationTest is RegistryTest {
    address private constant NEWCOMER = address(0x2222);

    bytes32 private curatorRole;
    bytes32 private guardianRole;

    function setUp() public override {
        super.setUp();
        curatorRole = registry.CURATOR_ROLE();
        guardianRole = registry.GUARDIAN_ROLE();
    }

    function lacksRole(address who, bytes32 role) private pure returns (bytes memory) {
        return abi.encodeWithSelector(
            IAccessControl.AccessControlUnauthorizedAccount.selector, who, role
        );
    }

    function badStatus(Status status) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IServerRegistry.BadStatus.selector, status);
    }

    function setStatus(uint32 id, Status status) private pure returns (bytes memory) {
        return abi.encodeCall(IServerRegistry.setProviderStatus, (id, status, "why"));
    }

    // -------------------------------------------------------------------------- provider status

    function testTheCuratorActivatesAndSuspends() public {
        uint32 id = provider(NEWCOMER, Status.Pending);
        uint256 word = uint256(uint160(NEWCOMER)) | 2 << 160 | 1 << 168;
        vm.expectEmit(address(registry));
        emit IServerRegistry.ProviderChanged(id, word, "why");
        vm.prank(CURATOR);
        registry.setProviderStatus(id, Status.Active, "why");
        list(id, NEWCOMER, KIND, 7);
        eq(trusted(nodeId(7)), true);

        vm.prank(CURATOR);
        registry.setProviderStatus(id, Status.Suspended, "why");
        eq(trusted(nodeId(7)), false);
        vm.prank(CURATOR);
        registry.setProviderStatus(id, Status.Active, "why");
        eq(trusted(nodeId(7)), true);
    }

    function testAChallengeKeepsTrustButNeverGivesIt() public {
        bytes32 id = list(7);
        vm.prank(CURATOR);
        registry.setProviderStatus(1, Status.Challenged, "");
        eq(trusted(id), true);
        eq(trusted(list(8)), true);

        uint32 pending = provider(NEWCOMER, Status.Pending);
        refusedCall(CURATOR, setStatus(pending, Status.Challenged), badStatus(Status.Challenged));
        uint32 suspended = provider(NEWCOMER, Status.Suspended);
        bytes memory call = setStatus(suspended, Status.Challenged);
        refusedCall(CURATOR, call, badStatus(Status.Challenged));
    }

    function testTheCuratorCannotEndAProvider() public {
        refusedCall(CURATOR, setStatus(1, Status.None), badStatus(Status.None));
        refusedCall(CURATOR, setStatus(1, Status.Removed), badStatus(Status.Removed));
    }

    function testTheGuardianSuspendsAndCannotRestore() public {
        bytes32 id = list(7);
        vm.prank(GUARDIAN);
        registry.suspendProvider(1, "stolen key");
        eq(registry.provider(1).status, Status.Suspended);
        eq(trusted(id), false);
        refusedCall(GUARDIAN, setStatus(1, Status.Active), lacksRole(GUARDIAN, curatorRole));
    }

    function testAProviderOutOfStandingCannotList() public {
        uint32 pending = provider(NEWCOMER, Status.Pending);
        uint32 suspended = provider(NEWCOMER, Status.Suspended);
        refusedCall(
            NEWCOMER,
            abi.encodeCall(registry.addResource, (pending, bind(pending, KIND, 7))),
            abi.encodeWithSelector(IServerRegistry.ProviderNotActive.selector, pending)
        );
        refusedCall(
            NEWCOMER,
            abi.encodeCall(registry.addResource, (suspended, bind(suspended, KIND, 7))),
            abi.encodeWithSelector(IServerRegistry.ProviderNotActive.selector, suspended)
        );
    }

    // ------------------------------------------------------------------------------------- halt

    function testAHaltComesBeforeEverything() public {
        bytes32 id = list(7);
        vm.expectEmit(address(registry));
        emit IServerRegistry.Halted(true);
        vm.prank(GUARDIAN);
        registry.setHalted(true);
        eq(trusted(id), false);
        eq(registryWord().halted(), true);
        eq(registryWord().providerCount(), 1);

        vm.prank(ADMIN);
        registry.setHalted(false);
        eq(trusted(id), true);
        eq(RegistryWord.unwrap(registryWord()), 1 | 1 << 24 | 1000 << 56);
    }

    function testOnlyTheGuardianHaltsAndOnlyTheAdminClears() public {
        bytes memory halt = abi.encodeCall(registry.setHalted, (true));
        bytes memory clear = abi.encodeCall(registry.setHalted, (false));
        refusedCall(ADMIN, halt, lacksRole(ADMIN, guardianRole));
        refusedCall(CURATOR, halt, lacksRole(CURATOR, guardianRole));
        refusedCall(GUARDIAN, clear, lacksRole(GUARDIAN, 0));
        refusedCall(CURATOR, clear, lacksRole(CURATOR, 0));
    }

    // ------------------------------------------------------------------------------------ kinds

    function testAKindLimitsLifetimes() public {
        vm.prank(CURATOR);
        registry.setKind(KIND, 1 hours, 1 days, 5);
        KindWord kind = KindWord.wrap(registry.kindWord(KIND));
        eq(kind.minTtl(), 1 hours);
        eq(kind.maxTtl(), 1 days);
        eq(kind.flags(), 5);

        refusedExpiry(NOW + 1 hours - 1, 1 hours - 1);
        refusedExpiry(NOW + 1 days + 1, 1 days + 1);
        refusedExpiry(0, type(uint40).max); // "never" is longer than a day
        refusedExpiry(NOW, 0);
        addExpiring(7, NOW + 1 hours);
        addExpiring(8, NOW + 1 days);
        eq(trusted(nodeId(7)), true);
    }

    function testLimitsHoldForRenewalsAndForEachKindOfABatch() public {
        bytes32[] memory ids = only(list(7));
        vm.prank(CURATOR);
        registry.setKind(KIND, 1 hours, 1 days, 0);
        bytes memory never = abi.encodeWithSelector(
            IServerRegistry.TtlOutOfRange.selector, type(uint40).max, 1 hours, 1 days
        );
        refusedCall(OWNER, abi.encodeCall(registry.renew, (KIND, ids, 0)), never);

        Binding[] memory bindings = new Binding[](2);
        (bindings[0], bindings[1]) = (bind(1, OTHER_KIND, 7), bind(1, KIND, 8));
        refusedCall(OWNER, abi.encodeCall(registry.addResources, (1, bindings)), never);
    }

    function testLimitsMustLeaveRoom() public {
        refusedCall(
            CURATOR,
            abi.encodeCall(registry.setKind, (KIND, 2, 1, 0)),
            abi.encodeWithSelector(IServerRegistry.TtlOutOfRange.selector, 2, 0, 1)
        );
        vm.startPrank(CURATOR);
        registry.setKind(KIND, 2, 2, 0);
        registry.setKind(KIND, 2, 0, 0); // no upper limit
        vm.stopPrank();
    }

    function addExpiring(uint256 secret, uint40 expiresAt) private {
        vm.startPrank(OWNER);
        registry.addResource(1, bind(1, KIND, secret, 0, expiresAt));
        vm.stopPrank();
    }

    function refusedExpiry(uint40 expiresAt, uint40 ttl) private {
        refusedCall(
            OWNER,
            abi.encodeCall(registry.addResource, (1, bind(1, KIND, 9, 0, expiresAt))),
            abi.encodeWithSelector(IServerRegistry.TtlOutOfRange.selector, ttl, 1 hours, 1 days)
        );
    }

    // ------------------------------------------------------------------------------------ roles

    function testNobodyButTheRoleMayCurate() public {
        address[4] memory callers = [STRANGER, OWNER, ADMIN, GUARDIAN];
        for (uint256 i = 0; i < callers.length; ++i) {
            bytes memory lacks = lacksRole(callers[i], curatorRole);
            refusedCall(callers[i], setStatus(1, Status.Suspended), lacks);
            refusedCall(callers[i], abi.encodeCall(registry.setKind, (KIND, 0, 0, 0)), lacks);
        }
        callers[3] = CURATOR;
        for (uint256 i = 0; i < callers.length; ++i) {
            refusedCall(
                callers[i],
                abi.encodeCall(registry.suspendProvider, (1, "")),
                lacksRole(callers[i], guardianRole)
            );
        }
    }

    function testNoRoleRaisesItself() public {
        address[3] memory callers = [CURATOR, GUARDIAN, OWNER];
        bytes32[2] memory roles = [curatorRole, guardianRole];
        for (uint256 i = 0; i < callers.length; ++i) {
            for (uint256 j = 0; j < roles.length; ++j) {
                refusedCall(
                    callers[i],
                    abi.encodeCall(registry.grantRole, (roles[j], callers[i])),
                    lacksRole(callers[i], 0)
                );
            }
            refusedCall(
                callers[i],
                abi.encodeCall(registry.beginDefaultAdminTransfer, (callers[i])),
                lacksRole(callers[i], 0)
            );
        }
    }

    function testTheAdminGrantsRolesAndChangesHandsInTwoDelayedSteps() public {
        vm.startPrank(ADMIN);
        registry.grantRole(curatorRole, NEWCOMER);
        registry.revokeRole(curatorRole, CURATOR);
        registry.beginDefaultAdminTransfer(NEWCOMER);
        vm.stopPrank();
        eq(registry.hasRole(curatorRole, NEWCOMER), true);
        eq(registry.hasRole(curatorRole, CURATOR), false);

        refusedCall(
            NEWCOMER,
            abi.encodeCall(registry.acceptDefaultAdminTransfer, ()),
            abi.encodeWithSelector(
                IAccessControlDefaultAdminRules.AccessControlEnforcedDefaultAdminDelay.selector,
                NOW + ADMIN_DELAY_S
            )
        );
        vm.warp(NOW + ADMIN_DELAY_S + 1);
        vm.prank(NEWCOMER);
        registry.acceptDefaultAdminTransfer();
        eq(registry.defaultAdmin(), NEWCOMER);
    }

    function testRolesMayBeLeftOpenAtConstruction() public {
        IRegistry bare = deploy(0, address(0), address(0), OWNER);
        eq(bare.hasRole(curatorRole, address(0)), false);
        eq(bare.hasRole(guardianRole, address(0)), false);
        eq(bare.hasRole(0, ADMIN), true);
        vm.expectRevert();
        deploy(0, address(0), address(0), address(0));
    }

    // -------------------------------------------------------------------------------- successor

    function testASuccessorIsNamedOnce() public {
        bytes memory call = abi.encodeCall(registry.deprecate, (NEWCOMER));
        refusedCall(GUARDIAN, call, lacksRole(GUARDIAN, 0));
        refusedCall(
            ADMIN,
            abi.encodeCall(registry.deprecate, (address(0))),
            abi.encodeWithSelector(IServerRegistry.ZeroAddress.selector)
        );
        vm.expectEmit(address(registry));
        emit IServerRegistry.Deprecated(NEWCOMER);
        vm.prank(ADMIN);
        registry.deprecate(NEWCOMER);
        eq(registry.successor(), NEWCOMER);
        refusedCall(ADMIN, call, abi.encodeWithSelector(IServerRegistry.Deprecated_.selector));
    }
}
