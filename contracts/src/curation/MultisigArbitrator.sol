// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IArbitrable, IArbitrator} from "./interfaces/IArbitrator.sol";
import {IMultisigArbitrator} from "./interfaces/IMultisigArbitrator.sol";
import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {ERC165} from "@openzeppelin/contracts/utils/introspection/ERC165.sol";

/// @title One curator decides: the owner, typically a multisig wallet, rules
// Payable because the interface is; a call that brings ether is refused.
// slither-disable-next-line locked-ether
contract MultisigArbitrator is IMultisigArbitrator, Ownable2Step, ERC165 {
    uint256 public disputeCount;
    mapping(uint256 disputeID => Dispute) private disputes;

    constructor(address owner_) Ownable(owner_) {}

    function createDispute(uint256 choices, bytes calldata)
        external
        payable
        returns (uint256 disputeID)
    {
        if (msg.value != 0) revert NoFeeIsTaken(msg.value);
        disputeID = ++disputeCount;
        disputes[disputeID] = Dispute(IArbitrable(msg.sender), choices, false, 0);
        emit DisputeCreation(disputeID, IArbitrable(msg.sender));
    }

    function giveRuling(uint256 disputeID, uint256 ruling, string calldata reason)
        external
        onlyOwner
    {
        Dispute storage d = disputes[disputeID];
        if (address(d.arbitrable) == address(0)) revert UnknownDispute(disputeID);
        if (d.ruled) revert AlreadyRuled(disputeID);
        if (ruling > d.choices) revert BadRuling(disputeID, ruling, d.choices);
        (d.ruled, d.ruling) = (true, ruling);
        emit RulingGiven(disputeID, ruling, reason);
        d.arbitrable.rule(disputeID, ruling);
    }

    function arbitrationCost(bytes calldata) external pure returns (uint256) {
        return 0;
    }

    function currentRuling(uint256 disputeID) external view returns (uint256) {
        return disputes[disputeID].ruling;
    }

    function dispute(uint256 disputeID) external view returns (Dispute memory) {
        return disputes[disputeID];
    }

    function supportsInterface(bytes4 interfaceId) public view override returns (bool) {
        return interfaceId == type(IArbitrator).interfaceId
            || interfaceId == type(IMultisigArbitrator).interfaceId
            || super.supportsInterface(interfaceId);
    }
}
