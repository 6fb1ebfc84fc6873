// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Binding, Provider, Resource, Status} from "../Types.sol";

/// @title Registry of servers that decentralised apps find on the discovery network
/// @notice Providers list servers, each with its node key's consent; a curator vouches for
/// providers. The registry holds facts, one packed word each (see Words.sol): which providers a
/// user trusts is the user's own business, so there is no default provider to be changed here.
/// @dev A server is trusted when all of this holds: the registry is not halted; its word and its
/// provider's word are Active (a provider may be Challenged); both carry the same epoch; neither
/// time has passed (0 = none set); and the user trusts the provider.
interface IServerRegistry {
    // ---------------------------------------------------------------------------------- events
    // Each carries the whole new word, so that a reader of logs never has to ask for it.

    event ProviderRegistered(
        uint32 indexed id,
        address indexed owner,
        uint256 word,
        bytes32 metadataHash,
        string metadataURI
    );
    event ProviderChanged(uint32 indexed id, uint256 word, bytes32 reason);
    event ProviderMetadata(uint32 indexed id, bytes32 hash, string uri);
    event ProviderTransferStarted(uint32 indexed id, address indexed from, address indexed to);
    event ProviderTransferred(uint32 indexed id, address indexed from, address indexed to);
    event OperatorSet(uint32 indexed id, address indexed op, bool ok);
    event ResourceChanged(
        bytes32 indexed kind, bytes32 indexed nodeId, uint32 indexed providerId, uint256 word
    );
    /// @param enr The node's record as its provider handed it in: not checked.
    event ResourceKey(bytes32 indexed nodeId, bytes pubkey, bytes enr);
    event KindChanged(bytes32 indexed kind, uint256 word);
    event Halted(bool halted);
    event Deprecated(address successor);

    // ---------------------------------------------------------------------------------- errors

    error NotAuthorized(uint32 id, address caller);
    error UnknownProvider(uint32 id);
    error BadStatus(Status status);
    error ProviderNotActive(uint32 id);
    error NotPendingOwner(uint32 id, address caller);
    error BadNodeSignature(bytes32 nodeId, address recovered);
    error SignatureExpired(uint256 deadline);
    error AlreadyListed(bytes32 kind, bytes32 nodeId);
    error NotListed(bytes32 kind, bytes32 nodeId);
    /// A lifetime in seconds outside its limits; `given` is 0 for a time that is not ahead.
    error TtlOutOfRange(uint40 given, uint40 min, uint40 max);
    error LengthMismatch();
    error EmptyBatch();
    error ZeroAddress();
    error Deprecated_();

    // ------------------------------------------------------------------------------- providers

    /// @notice Registers the caller as the owner of a new provider, which starts Pending.
    /// @param metadataHash keccak256 of the document behind `metadataURI`.
    function registerProvider(bytes32 metadataHash, string calldata metadataURI)
        external
        returns (uint32 id);

    /// @notice Owner: points to a new description of the provider.
    function setProviderMetadata(uint32 id, bytes32 hash, string calldata uri) external;

    /// @notice Owner: offers the provider to `newOwner`, who must accept; zero takes it back.
    function transferProvider(uint32 id, address newOwner) external;

    /// @notice Pending owner: takes the provider over. The old owner's operators lose their place,
    /// until that owner comes back.
    function acceptProvider(uint32 id) external;

    /// @notice Owner: lets `op` list, renew and remove servers and send heartbeats, or stops it.
    function setOperator(uint32 id, address op, bool ok) external;

    /// @notice Owner or operator: the provider and its servers lapse at `validUntil` (0: never).
    function heartbeat(uint32 id, uint40 validUntil) external;

    /// @notice Owner or curator: drops every server that the provider listed before.
    function bumpEpoch(uint32 id) external returns (uint32 epoch);

    /// @notice Owner: ends the provider for ever and drops its servers.
    function retireProvider(uint32 id) external;

    // -------------------------------------------------------------------------------- curation

    /// @notice Curator: sets a provider Pending, Active or Suspended, or, when Active, Challenged.
    function setProviderStatus(uint32 id, Status status, bytes32 reason) external;

    /// @notice Guardian: suspends a provider. Only the curator restores it.
    function suspendProvider(uint32 id, bytes32 reason) external;

    /// @notice Guardian: nothing here is trusted until the admin, and no one else, clears it.
    function setHalted(bool halted) external;

    /// @notice Curator: limits the lifetimes of a kind's listings, in seconds (`maxTtl` 0: none).
    function setKind(bytes32 kind, uint40 minTtl, uint40 maxTtl, uint16 flags) external;

    /// @notice Admin, once: names the registry that takes this one's place.
    // The name is part of the ABI, and an interface has no code that could take one for the other.
    // slither-disable-next-line shadowing-local
    function deprecate(address successor) external;

    // ------------------------------------------------------------------------------- resources

    /// @notice Owner or operator of an active provider: lists a server.
    function addResource(uint32 id, Binding calldata binding) external;

    /// @notice Lists many servers, all or none. About 270 fit under a transaction's gas cap.
    function addResources(uint32 id, Binding[] calldata bindings) external;

    /// @notice Owner or operator of `toId`: takes over a listed server; its node key signs for it.
    function moveResource(uint32 toId, Binding calldata binding) external;

    /// @notice Owner or operator: sets when the listings expire (0: never).
    function renew(bytes32 kind, bytes32[] calldata nodeIds, uint40 expiresAt) external;

    /// @notice Owner or operator: sets the flags of listed servers.
    function setResourceFlags(bytes32 kind, bytes32[] calldata nodeIds, uint24 flags) external;

    /// @notice Owner or operator: removes listed servers, also those dropped by an epoch.
    function removeResources(bytes32 kind, bytes32[] calldata nodeIds) external;

    /// @notice Anyone, with the node key's signature: the server leaves its provider.
    function releaseBySig(bytes32 kind, bytes32 nodeId, uint256 deadline, bytes calldata sig)
        external;

    // ----------------------------------------------------------------------------- batch reads
    // No read reverts for what is unknown: its word is zero.

    /// @notice Everything that a verdict on these servers needs, from one block.
    /// @return context block number << 64 | block timestamp
    function snapshot(bytes32 kind, bytes32[] calldata nodeIds, uint32[] calldata providerIds)
        external
        view
        returns (
            uint256 context,
            uint256 registryWord,
            uint256 kindWord_,
            uint256[] memory resourceWords_,
            uint256[] memory providerWords_
        );

    /// @notice The words of servers of one kind.
    function resourceWords(bytes32 kind, bytes32[] calldata nodeIds)
        external
        view
        returns (uint256[] memory);

    /// @notice The words of servers, each of its own kind.
    function resourceWordsMulti(bytes32[] calldata kinds, bytes32[] calldata nodeIds)
        external
        view
        returns (uint256[] memory);

    /// @notice The words of providers.
    function providerWords(uint32[] calldata ids) external view returns (uint256[] memory);

    /// @notice The verdict for a user who trusts `providerIds`.
    function isTrusted(bytes32 kind, bytes32 nodeId, uint32[] calldata providerIds)
        external
        view
        returns (bool);

    /// @notice Raw storage.
    function extsload(bytes32[] calldata slots) external view returns (bytes32[] memory);

    // ------------------------------------------------------------------- single and paged reads

    /// @notice A provider, unpacked.
    function provider(uint32 id) external view returns (Provider memory);

    /// @notice A server, unpacked; one that left keeps its nonce.
    function resource(bytes32 kind, bytes32 nodeId) external view returns (Resource memory);

    /// @notice Whether `op` may act for the provider now.
    function isOperator(uint32 id, address op) external view returns (bool);

    /// @notice How many providers were ever registered; their ids are 1 to this.
    function providerCount() external view returns (uint32);

    /// @notice Up to `limit` (at least 1) providers from id `cursor` on (0 and 1 are the first).
    /// @return page The providers.
    /// @return next The cursor of the next page, 0 at the end.
    function providers(uint32 cursor, uint32 limit)
        external
        view
        returns (Provider[] memory page, uint32 next);

    /// @notice How many servers of a kind are listed, trusted or not.
    function resourceCount(bytes32 kind) external view returns (uint256);

    /// @notice Up to `limit` (at least 1) listed servers of a kind from place `cursor` on, trusted
    /// or not. A removal moves the last one into the gap: page at one block, or compare kindWord.
    /// @return nodeIds The node ids.
    /// @return words Their words.
    /// @return next The cursor of the next page, 0 at the end.
    function resources(bytes32 kind, uint256 cursor, uint256 limit)
        external
        view
        returns (bytes32[] memory nodeIds, uint256[] memory words, uint256 next);

    /// @notice The kind's word: its version rises with every change of a listing or of its limits.
    function kindWord(bytes32 kind) external view returns (uint256);

    /// @notice Where a server's word lies in storage.
    function resourceSlot(bytes32 kind, bytes32 nodeId) external pure returns (bytes32);

    /// @notice Where a provider's word lies in storage.
    function providerSlot(uint32 id) external pure returns (bytes32);

    /// @notice The registry that takes this one's place; zero while there is none.
    function successor() external view returns (address);

    /// @notice What the node key signs so that provider `id` may list it, with its current nonce.
    function bindingDigest(bytes32 kind, bytes32 nodeId, uint32 id, uint24 flags, uint256 deadline)
        external
        view
        returns (bytes32);

    /// @notice What the node key signs to leave its provider, with its current nonce.
    function releaseDigest(bytes32 kind, bytes32 nodeId, uint256 deadline)
        external
        view
        returns (bytes32);
}
