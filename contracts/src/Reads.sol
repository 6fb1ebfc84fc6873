// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RegistryBase} from "./RegistryBase.sol";
import {Slots} from "./Slots.sol";
import {Provider, Resource, Status} from "./Types.sol";
import {KindWord, ProviderWord, RegistryWord, ResourceWord} from "./Words.sol";

/// What anyone may read. Nothing here reverts for what is unknown.
abstract contract Reads is RegistryBase {
    // ----------------------------------------------------------------------------- batch reads

    function snapshot(bytes32 kind, bytes32[] calldata nodeIds, uint32[] calldata providerIds)
        external
        view
        returns (
            uint256 context,
            uint256 registryWord,
            uint256 kindWord_,
            uint256[] memory resourceWords_,
            uint256[] memory providerWords_
        )
    {
        context = block.number << 64 | block.timestamp;
        registryWord = RegistryWord.unwrap(Slots.state().registry);
        kindWord_ = kindWord(kind);
        resourceWords_ = resourceWords(kind, nodeIds);
        providerWords_ = providerWords(providerIds);
    }

    function resourceWords(bytes32 kind, bytes32[] calldata nodeIds)
        public
        view
        returns (uint256[] memory words)
    {
        mapping(bytes32 => ResourceWord) storage ofKind = Slots.state().resources[kind];
        words = new uint256[](nodeIds.length);
        for (uint256 i = 0; i < nodeIds.length; ++i) {
            words[i] = ResourceWord.unwrap(ofKind[nodeIds[i]]);
        }
    }

    function resourceWordsMulti(bytes32[] calldata kinds, bytes32[] calldata nodeIds)
        external
        view
        returns (uint256[] memory words)
    {
        if (kinds.length != nodeIds.length) revert LengthMismatch();
        words = new uint256[](nodeIds.length);
        for (uint256 i = 0; i < nodeIds.length; ++i) {
            words[i] = ResourceWord.unwrap(Slots.state().resources[kinds[i]][nodeIds[i]]);
        }
    }

    function providerWords(uint32[] calldata ids) public view returns (uint256[] memory words) {
        words = new uint256[](ids.length);
        for (uint256 i = 0; i < ids.length; ++i) {
            words[i] = ProviderWord.unwrap(Slots.state().providers[ids[i]]);
        }
    }

    function isTrusted(bytes32 kind, bytes32 nodeId, uint32[] calldata providerIds)
        external
        view
        returns (bool)
    {
        if (Slots.state().registry.halted()) return false;
        ResourceWord word = Slots.state().resources[kind][nodeId];
        ProviderWord by = Slots.state().providers[word.providerId()];
        return word.status() == Status.Active && by.inGoodStanding() && word.epoch() == by.epoch()
            && _ttl(word.expiresAt()) != 0 && _ttl(by.validUntil()) != 0
            && _contains(providerIds, word.providerId());
    }

    function extsload(bytes32[] calldata slots) external view returns (bytes32[] memory values) {
        values = new bytes32[](slots.length);
        for (uint256 i = 0; i < slots.length; ++i) {
            bytes32 slot = slots[i];
            bytes32 value;
            assembly ("memory-safe") {
                value := sload(slot)
            }
            values[i] = value;
        }
    }

    // ------------------------------------------------------------------- single and paged reads

    function provider(uint32 id) public view returns (Provider memory) {
        ProviderWord word = Slots.state().providers[id];
        return Provider({
            id: id,
            owner: word.owner(),
            pendingOwner: Slots.state().pendingOwner[id],
            status: word.status(),
            epoch: word.epoch(),
            validUntil: word.validUntil(),
            flags: word.flags(),
            metadataHash: Slots.state().metadataHash[id]
        });
    }

    function resource(bytes32 kind, bytes32 nodeId) external view returns (Resource memory) {
        ResourceWord word = Slots.state().resources[kind][nodeId];
        return Resource({
            kind: kind,
            nodeId: nodeId,
            providerId: word.providerId(),
            epoch: word.epoch(),
            status: word.status(),
            flags: word.flags(),
            registeredAt: word.registeredAt(),
            expiresAt: word.expiresAt(),
            nonce: word.nonce()
        });
    }

    function isOperator(uint32 id, address op) external view returns (bool) {
        return _isOperator(id, Slots.state().providers[id], op);
    }

    function providerCount() public view returns (uint32) {
        return Slots.state().registry.providerCount();
    }

    function providers(uint32 cursor, uint32 limit)
        external
        view
        returns (Provider[] memory page, uint32 next)
    {
        uint32 total = providerCount();
        uint32 first = cursor == 0 ? 1 : cursor;
        if (first > total) return (page, 0);
        uint32 left = total - first + 1;
        uint32 count = limit < left ? limit : left;
        page = new Provider[](count);
        for (uint32 i = 0; i < count; ++i) {
            page[i] = provider(first + i);
        }
        next = count < left ? first + count : 0;
    }

    function resourceCount(bytes32 kind) external view returns (uint256) {
        return Slots.state().nodeIds[kind].length;
    }

    function resources(bytes32 kind, uint256 cursor, uint256 limit)
        external
        view
        returns (bytes32[] memory nodeIds, uint256[] memory words, uint256 next)
    {
        bytes32[] storage all = Slots.state().nodeIds[kind];
        mapping(bytes32 => ResourceWord) storage ofKind = Slots.state().resources[kind];
        if (cursor >= all.length) return (nodeIds, words, 0);
        uint256 left = all.length - cursor;
        uint256 count = limit < left ? limit : left;
        nodeIds = new bytes32[](count);
        words = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            bytes32 nodeId = all[cursor + i];
            nodeIds[i] = nodeId;
            words[i] = ResourceWord.unwrap(ofKind[nodeId]);
        }
        next = count < left ? cursor + count : 0;
    }

    function kindWord(bytes32 kind) public view returns (uint256) {
        return KindWord.unwrap(Slots.state().kinds[kind]);
    }

    function resourceSlot(bytes32 kind, bytes32 nodeId) external pure returns (bytes32) {
        return Slots.ofResource(kind, nodeId);
    }

    function providerSlot(uint32 id) external pure returns (bytes32) {
        return Slots.ofProvider(id);
    }

    function successor() external view returns (address) {
        return Slots.state().successor;
    }

    // --------------------------------------------------------------------------------- helpers

    function _contains(uint32[] calldata ids, uint32 id) private pure returns (bool) {
        for (uint256 i = 0; i < ids.length; ++i) {
            if (ids[i] == id) return true;
        }
        return false;
    }
}
