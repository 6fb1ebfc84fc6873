// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {NodeSignatures} from "./NodeSignatures.sol";
import {RegistryBase} from "./RegistryBase.sol";
import {Slots} from "./Slots.sol";
import {Binding, Status} from "./Types.sol";
import {KindWord, ProviderWord, ResourceWord, ResourceWords} from "./Words.sol";
import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

/// Listing servers and taking them off. A server is listed by its provider with its node key's
/// signature; each signature is good for one use, for which the word's nonce counts on, also
/// through removal.
abstract contract Resources is RegistryBase, NodeSignatures {
    /// On whose behalf servers are listed, and the domain that their keys signed in.
    struct Lister {
        uint32 id;
        uint32 epoch;
        bytes32 domain;
    }

    function addResource(uint32 id, Binding calldata binding) external {
        _add(_lister(id), _touch(binding.kind), binding);
    }

    function addResources(uint32 id, Binding[] calldata bindings) external {
        if (bindings.length == 0) revert EmptyBatch();
        Lister memory by = _lister(id);
        bytes32 kind = bindings[0].kind;
        KindWord limits = _touch(kind);
        for (uint256 i = 0; i < bindings.length; ++i) {
            Binding calldata binding = bindings[i];
            if (binding.kind != kind) {
                kind = binding.kind;
                limits = _touch(kind);
            }
            _add(by, limits, binding);
        }
    }

    function moveResource(uint32 toId, Binding calldata binding) external {
        bytes32 nodeId = _nodeId(binding);
        ResourceWord old = _listed(binding.kind, nodeId);
        _bind(_lister(toId), _touch(binding.kind), binding, nodeId, old);
    }

    function renew(bytes32 kind, bytes32[] calldata nodeIds, uint40 expiresAt) external {
        _requireTtl(_touch(kind), expiresAt);
        uint32 checkedId = _requireBatch(nodeIds);
        for (uint256 i = 0; i < nodeIds.length; ++i) {
            ResourceWord word = _listed(kind, nodeIds[i]);
            checkedId = _requireProvider(word.providerId(), checkedId);
            _store(kind, nodeIds[i], word.withExpiresAt(expiresAt));
        }
    }

    function setResourceFlags(bytes32 kind, bytes32[] calldata nodeIds, uint24 flags) external {
        _touch(kind);
        uint32 checkedId = _requireBatch(nodeIds);
        for (uint256 i = 0; i < nodeIds.length; ++i) {
            ResourceWord word = _listed(kind, nodeIds[i]);
            checkedId = _requireProvider(word.providerId(), checkedId);
            _store(kind, nodeIds[i], word.withFlags(flags));
        }
    }

    function removeResources(bytes32 kind, bytes32[] calldata nodeIds) external {
        _touch(kind);
        uint32 checkedId = _requireBatch(nodeIds);
        for (uint256 i = 0; i < nodeIds.length; ++i) {
            ResourceWord word = _listed(kind, nodeIds[i]);
            checkedId = _requireProvider(word.providerId(), checkedId);
            _unlist(kind, nodeIds[i], word, word.nonce());
        }
    }

    function releaseBySig(bytes32 kind, bytes32 nodeId, uint256 deadline, bytes calldata sig)
        external
    {
        ResourceWord word = _listed(kind, nodeId);
        _requireSignature(nodeId, _releaseDigestOf(kind, nodeId, word, deadline), deadline, sig);
        _touch(kind);
        _unlist(kind, nodeId, word, word.nonce() + 1);
    }

    function bindingDigest(bytes32 kind, bytes32 nodeId, uint32 id, uint24 flags, uint256 deadline)
        external
        view
        returns (bytes32)
    {
        uint48 nonce = Slots.state().resources[kind][nodeId].nonce();
        return _bindingDigest(_domainSeparator(), kind, nodeId, id, flags, nonce, deadline);
    }

    function releaseDigest(bytes32 kind, bytes32 nodeId, uint256 deadline)
        external
        view
        returns (bytes32)
    {
        return _releaseDigestOf(kind, nodeId, Slots.state().resources[kind][nodeId], deadline);
    }

    // -------------------------------------------------------------------------------- checks

    /// The caller, who must act for provider `id`, which must be one that may list servers.
    function _lister(uint32 id) private view returns (Lister memory) {
        ProviderWord by = _liveProvider(id);
        _requireOwnerOrOperator(id, by);
        if (!by.inGoodStanding()) revert ProviderNotActive(id);
        return Lister({id: id, epoch: by.epoch(), domain: _domainSeparator()});
    }

    /// The caller acts for provider `id`, retired or not; asked once for a run of equal ids.
    function _requireProvider(uint32 id, uint32 checkedId) private view returns (uint32) {
        if (id != checkedId) _requireOwnerOrOperator(id, Slots.state().providers[id]);
        return id;
    }

    /// Refuses an empty batch. Returns a provider id that no server has.
    function _requireBatch(bytes32[] calldata nodeIds) private pure returns (uint32) {
        if (nodeIds.length == 0) revert EmptyBatch();
        return 0;
    }

    function _requireTtl(KindWord limits, uint40 expiresAt) private view {
        uint40 ttl = _ttl(expiresAt);
        // 0 is how "no limit" is stored: nothing is compared with a time here.
        // slither-disable-start incorrect-equality
        uint40 min = limits.minTtl() == 0 ? 1 : limits.minTtl();
        uint40 max = limits.maxTtl() == 0 ? type(uint40).max : limits.maxTtl();
        // slither-disable-end incorrect-equality
        if (ttl < min || ttl > max) revert TtlOutOfRange(ttl, min, max);
    }

    function _requireSignature(
        bytes32 nodeId,
        bytes32 digest,
        uint256 deadline,
        bytes calldata sig
    ) private view {
        if (block.timestamp > deadline) revert SignatureExpired(deadline);
        (bool ok, address signer) = _signedBy(nodeId, digest, sig);
        if (!ok) revert BadNodeSignature(nodeId, signer);
    }

    function _listed(bytes32 kind, bytes32 nodeId) private view returns (ResourceWord word) {
        word = Slots.state().resources[kind][nodeId];
        if (word.status() != Status.Active) revert NotListed(kind, nodeId);
    }

    // ------------------------------------------------------------------------------- changes

    /// Lists a server that no provider lists, or whose provider's epoch dropped it.
    function _add(Lister memory by, KindWord limits, Binding calldata binding) private {
        bytes32 nodeId = _nodeId(binding);
        ResourceWord old = Slots.state().resources[binding.kind][nodeId];
        if (
            old.status() == Status.Active
                && old.epoch() == Slots.state().providers[old.providerId()].epoch()
        ) revert AlreadyListed(binding.kind, nodeId);
        _bind(by, limits, binding, nodeId, old);
    }

    function _bind(
        Lister memory by,
        KindWord limits,
        Binding calldata binding,
        bytes32 nodeId,
        ResourceWord old
    ) private {
        _requireTtl(limits, binding.expiresAt);
        _requireSignature(
            nodeId, _digest(by, binding, nodeId, old.nonce()), binding.deadline, binding.sig
        );
        ResourceWord word = ResourceWords.pack(
            by.id,
            by.epoch,
            Status.Active,
            binding.flags,
            uint40(block.timestamp),
            binding.expiresAt,
            old.nonce() + 1,
            old.status() == Status.Active ? old.index() : _enlist(binding.kind, nodeId)
        );
        _store(binding.kind, nodeId, word);
        emit ResourceKey(nodeId, bytes.concat(binding.x, binding.y), binding.enr);
    }

    function _enlist(bytes32 kind, bytes32 nodeId) private returns (uint32 index) {
        bytes32[] storage nodeIds = Slots.state().nodeIds[kind];
        index = uint32(nodeIds.length); // 2^32 listings cost more gas than all blocks to come hold
        nodeIds.push(nodeId);
    }

    /// Leaves a tombstone and closes the gap in the enumeration with its last node.
    function _unlist(bytes32 kind, bytes32 nodeId, ResourceWord word, uint48 nonce) private {
        Slots.State storage $ = Slots.state();
        bytes32[] storage nodeIds = $.nodeIds[kind];
        bytes32 last = nodeIds[nodeIds.length - 1];
        if (last != nodeId) {
            nodeIds[word.index()] = last;
            $.resources[kind][last] = $.resources[kind][last].withIndex(word.index());
        }
        nodeIds.pop();

        ResourceWord tombstone = ResourceWords.tombstone(nonce);
        $.resources[kind][nodeId] = tombstone;
        emit ResourceChanged(kind, nodeId, word.providerId(), ResourceWord.unwrap(tombstone));
    }

    function _store(bytes32 kind, bytes32 nodeId, ResourceWord word) private {
        Slots.state().resources[kind][nodeId] = word;
        emit ResourceChanged(kind, nodeId, word.providerId(), ResourceWord.unwrap(word));
    }

    // ------------------------------------------------------------------------------- helpers

    function _nodeId(Binding calldata binding) private pure returns (bytes32) {
        return Hashes.efficientKeccak256(binding.x, binding.y);
    }

    function _digest(Lister memory by, Binding calldata b, bytes32 nodeId, uint48 nonce)
        private
        pure
        returns (bytes32)
    {
        return _bindingDigest(by.domain, b.kind, nodeId, by.id, b.flags, nonce, b.deadline);
    }

    function _releaseDigestOf(bytes32 kind, bytes32 nodeId, ResourceWord word, uint256 deadline)
        private
        view
        returns (bytes32)
    {
        return _releaseDigest(
            _domainSeparator(), kind, nodeId, word.providerId(), word.nonce(), deadline
        );
    }
}
