// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MultisigArbitrator} from "../../src/curation/MultisigArbitrator.sol";
import {IArbitrable, IArbitrator} from "../../src/curation/interfaces/IArbitrator.sol";
import {IMultisigArbitrator} from "../../src/curation/interfaces/IMultisigArbitrator.sol";
import {vm} from "../support/Vm.sol";
import {StakeTest} from "./support/StakeTest.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

contract MultisigArbitratorTest is StakeTest, IArbitrable {
    uint256 private lastRuling = 99;

    function rule(uint256, uint256 ruling) external {
        lastRuling = ruling;
    }

    function give(uint256 disputeId, uint256 ruling) private view returns (bytes memory) {
        return abi.encodeCall(multisig.giveRuling, (disputeId, ruling, "because"));
    }

    function testTheOwnerRulesOnce() public {
        vm.expectEmit(address(multisig));
        emit IArbitrator.DisputeCreation(1, this);
        uint256 disputeId = multisig.createDispute(2, "");
        eq(multisig.disputeCount(), 1);
        eq(address(multisig.dispute(disputeId).arbitrable), address(this));
        eq(multisig.dispute(disputeId).choices, 2);
        eq(multisig.currentRuling(disputeId), 0);

        vm.expectEmit(address(multisig));
        emit IMultisigArbitrator.RulingGiven(disputeId, 2, "because");
        ruled(disputeId, 2);
        eq(lastRuling, 2);
        eq(multisig.currentRuling(disputeId), 2);
        eq(multisig.dispute(disputeId).ruled, true);
        refused(
            JUDGE,
            address(multisig),
            give(disputeId, 1),
            abi.encodeWithSelector(IMultisigArbitrator.AlreadyRuled.selector, disputeId)
        );
    }

    function testRefusesStrangersAndWhatIsUnknown() public {
        uint256 disputeId = multisig.createDispute(2, "");
        refused(
            BOB,
            address(multisig),
            give(disputeId, 1),
            abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, BOB)
        );
        refused(
            JUDGE,
            address(multisig),
            give(9, 1),
            abi.encodeWithSelector(IMultisigArbitrator.UnknownDispute.selector, 9)
        );
        refused(
            JUDGE,
            address(multisig),
            give(disputeId, 3),
            abi.encodeWithSelector(IMultisigArbitrator.BadRuling.selector, disputeId, 3, 2)
        );
        eq(lastRuling, 99);
    }

    function testItTakesNoFee() public {
        eq(multisig.arbitrationCost(""), 0);
        vm.expectRevert(abi.encodeWithSelector(IMultisigArbitrator.NoFeeIsTaken.selector, 1));
        multisig.createDispute{value: 1}(2, "");
    }

    function testItSaysWhatItIs() public view {
        eq(multisig.supportsInterface(type(IArbitrator).interfaceId), true);
        eq(multisig.supportsInterface(type(IMultisigArbitrator).interfaceId), true);
        eq(multisig.supportsInterface(type(IERC165).interfaceId), true);
        eq(multisig.supportsInterface(0xffffffff), false);
    }
}
