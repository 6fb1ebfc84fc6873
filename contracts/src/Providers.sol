// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RegistryBase} from "./RegistryBase.sol";
import {Slots} from "./Slots.sol";
import {Status} from "./Types.sol";
import {ProviderWord, ProviderWords, RegistryWord} from "./Words.sol";

/// What anyone, and then a provider's owner and operators, may do with a provider.
abstract contract Providers is RegistryBase {
    uint32 private constant FIRST_EPOCH = 1; // so that no zeroed word matches a provider's epoch

    function registerProvider(bytes32 metadataHash, string calldata metadataURI)
        external
        returns (uint32 id)
    {
        return _register(msg.sender, Status.Pending, metadataHash, metadataURI);
    }

    function setProviderMetadata(uint32 id, bytes32 hash, string calldata uri) external {
        _requireOwner(id, _liveProvider(id));
        Slots.state().metadataHash[id] = hash;
        emit ProviderMetadata(id, hash, uri);
    }

    function transferProvider(uint32 id, address newOwner) external {
        _requireOwner(id, _liveProvider(id));
        Slots.state().pendingOwner[id] = newOwner;
        emit ProviderTransferStarted(id, msg.sender, newOwner);
    }

    function acceptProvider(uint32 id) external {
        ProviderWord word = _liveProvider(id);
        if (msg.sender != Slots.state().pendingOwner[id]) revert NotPendingOwner(id, msg.sender);
        delete Slots.state().pendingOwner[id];
        emit ProviderTransferred(id, word.owner(), msg.sender);
        _storeProvider(id, word.withOwner(msg.sender), "transfer");
    }

    function setOperator(uint32 id, address op, bool ok) external {
        _requireOwner(id, _liveProvider(id));
        Slots.state().operators[id][op] = ok ? msg.sender : address(0);
        emit OperatorSet(id, op, ok);
    }

    function heartbeat(uint32 id, uint40 validUntil) external {
        ProviderWord word = _liveProvider(id);
        _requireOwnerOrOperator(id, word);
        // `_ttl` is 0 for every time that is not ahead, so no one can miss the equality.
        // slither-disable-next-line incorrect-equality
        if (_ttl(validUntil) == 0) revert TtlOutOfRange(0, 1, type(uint40).max);
        _storeProvider(id, word.withValidUntil(validUntil), "heartbeat");
    }

    function bumpEpoch(uint32 id) external returns (uint32 epoch) {
        ProviderWord word = _liveProvider(id);
        if (!hasRole(CURATOR_ROLE, msg.sender)) _requireOwner(id, word);
        epoch = word.epoch() + 1; // checked: one that wrapped would bring servers back
        _storeProvider(id, word.withEpoch(epoch), "epoch");
    }

    function retireProvider(uint32 id) external {
        ProviderWord word = _liveProvider(id);
        _requireOwner(id, word);
        word = word.withStatus(Status.Removed).withEpoch(word.epoch() + 1);
        _storeProvider(id, word, "retired");
    }

    function _register(address owner_, Status status, bytes32 metadataHash, string memory uri)
        internal
        returns (uint32 id)
    {
        if (owner_ == address(0)) revert ZeroAddress();
        Slots.State storage $ = Slots.state();
        RegistryWord registry = $.registry;
        id = registry.providerCount() + 1;
        $.registry = registry.withProviderCount(id);

        ProviderWord word = ProviderWords.pack(owner_, status, FIRST_EPOCH, 0, 0);
        $.providers[id] = word;
        $.metadataHash[id] = metadataHash;
        emit ProviderRegistered(id, owner_, ProviderWord.unwrap(word), metadataHash, uri);
    }
}
