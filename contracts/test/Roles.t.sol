// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Binding, Status} from "../src/Types.sol";
import {RegistryTest} from "./support/RegistryTest.sol";
import {vm} from "./support/Vm.sol";

/// Who may call what: every function that changes anything, called by everybody, in a world in
/// which the call would succeed for the right caller.
contract RolesTest is RegistryTest {
    string private constant ARTIFACT = "../engine/waypost/trust/artifacts/ServerRegistry.json";

    address private constant OPERATOR = address(0x0FE7); // of provider 1
    address private constant OFFERED = address(0x0FFE); // to whom OWNER offered provider 1
    address private constant RIVAL = address(0x2222); // owns provider 2
    address private constant HEIR = address(0xADAD); // to whom ADMIN offered its role

    address[] private everybody =
        [STRANGER, OWNER, OPERATOR, OFFERED, RIVAL, CURATOR, GUARDIAN, ADMIN, HEIR];

    bytes32[] private ids; // the one listed server, of provider 1
    mapping(string name => bool) private seen;

    function setUp() public override {
        super.setUp();
        provider(RIVAL, Status.Active);
        ids = only(list(7));
        vm.startPrank(OWNER);
        registry.setOperator(1, OPERATOR, true);
        registry.transferProvider(1, OFFERED);
        vm.stopPrank();
        vm.prank(GUARDIAN);
        registry.setHalted(true);
        vm.prank(ADMIN);
        registry.beginDefaultAdminTransfer(HEIR);
        vm.warp(NOW + ADMIN_DELAY_S + 1);
    }

    /// This call of function `name` succeeds for `allowed` and for no one else.
    function obeys(string memory name, bytes memory call, address[] memory allowed) private {
        seen[name] = true;
        for (uint256 i = 0; i < everybody.length; ++i) {
            uint256 before = vm.snapshotState();
            vm.prank(everybody[i]);
            (bool ok,) = address(registry).call(call);
            if (ok != contains(allowed, everybody[i])) revert Wrong(name, everybody[i], ok);
            vm.revertToState(before);
        }
    }

    error Wrong(string name, address caller, bool succeeded);
    error Untried(string name);

    function contains(address[] memory list_, address who) private pure returns (bool) {
        for (uint256 i = 0; i < list_.length; ++i) {
            if (list_[i] == who) return true;
        }
        return false;
    }

    function to(address who) private pure returns (address[] memory allowed) {
        allowed = new address[](1);
        allowed[0] = who;
    }

    function to(address a, address b) private pure returns (address[] memory allowed) {
        allowed = new address[](2);
        (allowed[0], allowed[1]) = (a, b);
    }

    function toNobody() private pure returns (address[] memory) {}

    // ------------------------------------------------------------------------------- the matrix

    function testEveryFunctionObeysItsCallersAlone() public {
        providers();
        curation();
        servers();
        roles();

        string[] memory names = abi.decode(
            vm.parseJson(
                vm.readFile(ARTIFACT), "$.abi[?(@.stateMutability == 'nonpayable')].name"
            ),
            (string[])
        );
        eq(names.length != 0, true);
        for (uint256 i = 0; i < names.length; ++i) {
            if (!seen[names[i]]) revert Untried(names[i]);
        }
    }

    function providers() private {
        obeys("registerProvider", abi.encodeCall(registry.registerProvider, ("", "")), everybody);
        obeys(
            "setProviderMetadata",
            abi.encodeCall(registry.setProviderMetadata, (1, "", "")),
            to(OWNER)
        );
        obeys("transferProvider", abi.encodeCall(registry.transferProvider, (1, RIVAL)), to(OWNER));
        obeys("acceptProvider", abi.encodeCall(registry.acceptProvider, (1)), to(OFFERED));
        obeys("setOperator", abi.encodeCall(registry.setOperator, (1, RIVAL, true)), to(OWNER));
        obeys("heartbeat", abi.encodeCall(registry.heartbeat, (1, 0)), to(OWNER, OPERATOR));
        obeys("bumpEpoch", abi.encodeCall(registry.bumpEpoch, (1)), to(OWNER, CURATOR));
        obeys("retireProvider", abi.encodeCall(registry.retireProvider, (1)), to(OWNER));
    }

    function curation() private {
        for (uint256 i = 0; i < 6; ++i) {
            Status status = Status(i);
            bytes memory call = abi.encodeCall(registry.setProviderStatus, (1, status, ""));
            bool fits = status != Status.None && status != Status.Removed;
            obeys("setProviderStatus", call, fits ? to(CURATOR) : toNobody());
        }
        obeys("suspendProvider", abi.encodeCall(registry.suspendProvider, (1, "")), to(GUARDIAN));
        obeys("setHalted", abi.encodeCall(registry.setHalted, (true)), to(GUARDIAN));
        obeys("setHalted", abi.encodeCall(registry.setHalted, (false)), to(ADMIN));
        obeys("setKind", abi.encodeCall(registry.setKind, (KIND, 0, 0, 0)), to(CURATOR));
        obeys("deprecate", abi.encodeCall(registry.deprecate, (RIVAL)), to(ADMIN));
    }

    function servers() private {
        Binding memory binding = bind(1, KIND, 8);
        Binding[] memory bindings = new Binding[](1);
        bindings[0] = binding;
        address[] memory both = to(OWNER, OPERATOR);
        obeys("addResource", abi.encodeCall(registry.addResource, (1, binding)), both);
        obeys("addResources", abi.encodeCall(registry.addResources, (1, bindings)), both);
        binding = bind(2, KIND, 7);
        obeys("moveResource", abi.encodeCall(registry.moveResource, (2, binding)), to(RIVAL));
        obeys("renew", abi.encodeCall(registry.renew, (KIND, ids, 0)), both);
        obeys("setResourceFlags", abi.encodeCall(registry.setResourceFlags, (KIND, ids, 1)), both);
        obeys("removeResources", abi.encodeCall(registry.removeResources, (KIND, ids)), both);

        bytes memory sig = sign(7, registry.releaseDigest(KIND, ids[0], block.timestamp));
        bytes memory release =
            abi.encodeCall(registry.releaseBySig, (KIND, ids[0], block.timestamp, sig));
        obeys("releaseBySig", release, everybody);
    }

    /// The admin grants all roles but its own, which changes hands by offer, delay, acceptance.
    function roles() private {
        bytes32[3] memory all = [registry.CURATOR_ROLE(), registry.GUARDIAN_ROLE(), bytes32(0)];
        address[3] memory holders = [CURATOR, GUARDIAN, ADMIN];
        for (uint256 i = 0; i < all.length; ++i) {
            address[] memory admin = i == 2 ? toNobody() : to(ADMIN);
            obeys("grantRole", abi.encodeCall(registry.grantRole, (all[i], RIVAL)), admin);
            obeys("revokeRole", abi.encodeCall(registry.revokeRole, (all[i], holders[i])), admin);
            address[] memory holder = i == 2 ? toNobody() : to(holders[i]);
            bytes memory renounce = abi.encodeCall(registry.renounceRole, (all[i], holders[i]));
            obeys("renounceRole", renounce, holder);
        }
        obeys(
            "beginDefaultAdminTransfer",
            abi.encodeCall(registry.beginDefaultAdminTransfer, (RIVAL)),
            to(ADMIN)
        );
        obeys(
            "cancelDefaultAdminTransfer",
            abi.encodeCall(registry.cancelDefaultAdminTransfer, ()),
            to(ADMIN)
        );
        obeys(
            "acceptDefaultAdminTransfer",
            abi.encodeCall(registry.acceptDefaultAdminTransfer, ()),
            to(HEIR)
        );
        obeys(
            "changeDefaultAdminDelay",
            abi.encodeCall(registry.changeDefaultAdminDelay, (0)),
            to(ADMIN)
        );
        obeys(
            "rollbackDefaultAdminDelay",
            abi.encodeCall(registry.rollbackDefaultAdminDelay, ()),
            to(ADMIN)
        );
    }
}
