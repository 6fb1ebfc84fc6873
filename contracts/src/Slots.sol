// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {KindWord, ProviderWord, RegistryWord, ResourceWord} from "./Words.sol";
import {SlotDerivation} from "@openzeppelin/contracts/utils/SlotDerivation.sol";

/// Where the registry keeps its state: an ERC-7201 namespace, so that no change of a base
/// contract can move a slot under the clients that read storage directly.
library Slots {
    /// keccak256(abi.encode(uint256(keccak256("serverregistry.v1")) - 1)), its last byte cleared
    bytes32 internal constant BASE =
        0x94e81fc575710757b01e083892deda87352e8b4aa0cf013429fdd3adef7fad00;

    /// @custom:storage-location erc7201:serverregistry.v1
    struct State {
        RegistryWord registry;
        mapping(bytes32 kind => mapping(bytes32 nodeId => ResourceWord)) resources;
        mapping(uint32 providerId => ProviderWord) providers;
        mapping(bytes32 kind => KindWord) kinds;
        mapping(uint32 providerId => bytes32) metadataHash;
        mapping(uint32 providerId => address) pendingOwner;
        /// The owner who appointed the operator: it acts only while that owner has the provider.
        mapping(uint32 providerId => mapping(address operator => address)) operators;
        /// Every listed node id of a kind; a removal moves the last one into the gap.
        mapping(bytes32 kind => bytes32[]) nodeIds;
        address successor;
    }

    function state() internal pure returns (State storage $) {
        assembly ("memory-safe") {
            $.slot := BASE
        }
    }

    function ofResource(bytes32 kind, bytes32 nodeId) internal pure returns (bytes32) {
        bytes32 mapping_ = SlotDerivation.offset(BASE, 1);
        return SlotDerivation.deriveMapping(SlotDerivation.deriveMapping(mapping_, kind), nodeId);
    }

    function ofProvider(uint32 id) internal pure returns (bytes32) {
        return SlotDerivation.deriveMapping(SlotDerivation.offset(BASE, 2), uint256(id));
    }

    function ofKind(bytes32 kind) internal pure returns (bytes32) {
        return SlotDerivation.deriveMapping(SlotDerivation.offset(BASE, 3), kind);
    }
}
