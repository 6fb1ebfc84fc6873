// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// The state of a provider or of a listed server. The numbers are part of the storage words.
enum Status {
    None, // never seen
    Pending, // registered, waits for the curator
    Active,
    Suspended,
    Removed, // final for a provider; for a server a tombstone that keeps the nonce
    Challenged // a provider under dispute: trusted until the curator rules
}

/// What a provider hands in to list one server. `sig` is the node key's EIP-712 signature.
struct Binding {
    bytes32 kind; // ASCII, padded with zeros on the right: "whisper.mailserver"
    bytes32 x; // the node's public key; node id = keccak256(x || y)
    bytes32 y;
    uint24 flags; // of the kind's own meaning
    uint40 expiresAt; // unix time in seconds, 0 = does not expire
    uint256 deadline; // unix time in seconds, the last at which `sig` may be used
    bytes sig; // r || s || v, 65 bytes
    bytes enr; // logged for readers of events; neither checked nor stored
}

struct Provider {
    uint32 id;
    address owner;
    address pendingOwner;
    Status status;
    uint32 epoch;
    uint40 validUntil; // unix time in seconds, 0 = does not lapse
    uint16 flags;
    bytes32 metadataHash;
}

struct Resource {
    bytes32 kind;
    bytes32 nodeId;
    uint32 providerId;
    uint32 epoch;
    Status status;
    uint24 flags;
    uint40 registeredAt;
    uint40 expiresAt;
    uint48 nonce;
}
