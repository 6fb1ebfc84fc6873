// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Status} from "./Types.sol";

/// Every fact that a client judges by is one packed word, so that it can be read by `eth_call`,
/// by raw storage reads or by a storage proof alike. Fields are listed from the low bit up.

/// version:16 | halted:8 | providerCount:32 | deployBlock:64
type RegistryWord is uint256;

/// owner:160 | status:8 | epoch:32 | validUntil:40 | flags:16
type ProviderWord is uint256;

/// providerId:32 | epoch:32 | status:8 | flags:24
/// | registeredAt:40 | expiresAt:40 | nonce:48 | index:32
type ResourceWord is uint256;

/// version:64 | lastBlock:64 | minTtl:40 | maxTtl:40 | flags:16
type KindWord is uint256;

using RegistryWords for RegistryWord global;
using ProviderWords for ProviderWord global;
using ResourceWords for ResourceWord global;
using KindWords for KindWord global;

/// Replaces the field of `width` bits at bit `offset`.
function put(uint256 word, uint256 offset, uint256 width, uint256 value) pure returns (uint256) {
    uint256 mask = ((1 << width) - 1) << offset;
    return (word & ~mask) | (value << offset);
}

library RegistryWords {
    function pack(uint16 version_, bool halted_, uint32 providerCount_, uint64 deployBlock_)
        internal
        pure
        returns (RegistryWord)
    {
        return RegistryWord.wrap(
            version_ | uint256(halted_ ? 1 : 0) << 16 | uint256(providerCount_) << 24
                | uint256(deployBlock_) << 56
        );
    }

    function version(RegistryWord word) internal pure returns (uint16) {
        return uint16(RegistryWord.unwrap(word));
    }

    function halted(RegistryWord word) internal pure returns (bool) {
        return uint8(RegistryWord.unwrap(word) >> 16) != 0;
    }

    function providerCount(RegistryWord word) internal pure returns (uint32) {
        return uint32(RegistryWord.unwrap(word) >> 24);
    }

    function deployBlock(RegistryWord word) internal pure returns (uint64) {
        return uint64(RegistryWord.unwrap(word) >> 56);
    }

    function withHalted(RegistryWord word, bool value) internal pure returns (RegistryWord) {
        return RegistryWord.wrap(put(RegistryWord.unwrap(word), 16, 8, value ? 1 : 0));
    }

    function withProviderCount(RegistryWord word, uint32 value)
        internal
        pure
        returns (RegistryWord)
    {
        return RegistryWord.wrap(put(RegistryWord.unwrap(word), 24, 32, value));
    }
}

library ProviderWords {
    function pack(address owner_, Status status_, uint32 epoch_, uint40 validUntil_, uint16 flags_)
        internal
        pure
        returns (ProviderWord)
    {
        return ProviderWord.wrap(
            uint160(owner_) | uint256(status_) << 160 | uint256(epoch_) << 168
                | uint256(validUntil_) << 200 | uint256(flags_) << 240
        );
    }

    function owner(ProviderWord word) internal pure returns (address) {
        return address(uint160(ProviderWord.unwrap(word)));
    }

    function status(ProviderWord word) internal pure returns (Status) {
        return Status(uint8(ProviderWord.unwrap(word) >> 160));
    }

    function epoch(ProviderWord word) internal pure returns (uint32) {
        return uint32(ProviderWord.unwrap(word) >> 168);
    }

    function validUntil(ProviderWord word) internal pure returns (uint40) {
        return uint40(ProviderWord.unwrap(word) >> 200);
    }

    function flags(ProviderWord word) internal pure returns (uint16) {
        return uint16(ProviderWord.unwrap(word) >> 240);
    }

    /// Whether the curator lets the provider list servers: a challenge alone takes nothing away.
    function inGoodStanding(ProviderWord word) internal pure returns (bool) {
        Status s = word.status();
        return s == Status.Active || s == Status.Challenged;
    }

    function withOwner(ProviderWord word, address value) internal pure returns (ProviderWord) {
        return ProviderWord.wrap(put(ProviderWord.unwrap(word), 0, 160, uint160(value)));
    }

    function withStatus(ProviderWord word, Status value) internal pure returns (ProviderWord) {
        return ProviderWord.wrap(put(ProviderWord.unwrap(word), 160, 8, uint256(value)));
    }

    function withEpoch(ProviderWord word, uint32 value) internal pure returns (ProviderWord) {
        return ProviderWord.wrap(put(ProviderWord.unwrap(word), 168, 32, value));
    }

    function withValidUntil(ProviderWord word, uint40 value) internal pure returns (ProviderWord) {
        return ProviderWord.wrap(put(ProviderWord.unwrap(word), 200, 40, value));
    }
}

library ResourceWords {
    function pack(
        uint32 providerId_,
        uint32 epoch_,
        Status status_,
        uint24 flags_,
        uint40 registeredAt_,
        uint40 expiresAt_,
        uint48 nonce_,
        uint32 index_
    ) internal pure returns (ResourceWord) {
        return ResourceWord.wrap(
            providerId_ | uint256(epoch_) << 32 | uint256(status_) << 64 | uint256(flags_) << 72
                | uint256(registeredAt_) << 96 | uint256(expiresAt_) << 136 | uint256(nonce_)
                << 176 | uint256(index_) << 224
        );
    }

    /// What stays of a server that left: its nonce, so that no old signature lists it again.
    function tombstone(uint48 nonce_) internal pure returns (ResourceWord) {
        return ResourceWord.wrap(uint256(Status.Removed) << 64 | uint256(nonce_) << 176);
    }

    function providerId(ResourceWord word) internal pure returns (uint32) {
        return uint32(ResourceWord.unwrap(word));
    }

    function epoch(ResourceWord word) internal pure returns (uint32) {
        return uint32(ResourceWord.unwrap(word) >> 32);
    }

    function status(ResourceWord word) internal pure returns (Status) {
        return Status(uint8(ResourceWord.unwrap(word) >> 64));
    }

    function flags(ResourceWord word) internal pure returns (uint24) {
        return uint24(ResourceWord.unwrap(word) >> 72);
    }

    function registeredAt(ResourceWord word) internal pure returns (uint40) {
        return uint40(ResourceWord.unwrap(word) >> 96);
    }

    function expiresAt(ResourceWord word) internal pure returns (uint40) {
        return uint40(ResourceWord.unwrap(word) >> 136);
    }

    /// The number of signatures of the node key used up: the nonce that its next one must carry.
    function nonce(ResourceWord word) internal pure returns (uint48) {
        return uint48(ResourceWord.unwrap(word) >> 176);
    }

    /// The place in the kind's enumeration. Another server's removal may change it.
    function index(ResourceWord word) internal pure returns (uint32) {
        return uint32(ResourceWord.unwrap(word) >> 224);
    }

    function withFlags(ResourceWord word, uint24 value) internal pure returns (ResourceWord) {
        return ResourceWord.wrap(put(ResourceWord.unwrap(word), 72, 24, value));
    }

    function withExpiresAt(ResourceWord word, uint40 value) internal pure returns (ResourceWord) {
        return ResourceWord.wrap(put(ResourceWord.unwrap(word), 136, 40, value));
    }

    function withIndex(ResourceWord word, uint32 value) internal pure returns (ResourceWord) {
        return ResourceWord.wrap(put(ResourceWord.unwrap(word), 224, 32, value));
    }
}

library KindWords {
    function pack(
        uint64 version_,
        uint64 lastBlock_,
        uint40 minTtl_,
        uint40 maxTtl_,
        uint16 flags_
    ) internal pure returns (KindWord) {
        return KindWord.wrap(
            version_ | uint256(lastBlock_) << 64 | uint256(minTtl_) << 128 | uint256(maxTtl_)
                << 168 | uint256(flags_) << 208
        );
    }

    /// Rises with every change of the kind, so that a reader sees in one word that none happened.
    function version(KindWord word) internal pure returns (uint64) {
        return uint64(KindWord.unwrap(word));
    }

    function lastBlock(KindWord word) internal pure returns (uint64) {
        return uint64(KindWord.unwrap(word) >> 64);
    }

    /// The shortest lifetime of a listing in seconds.
    function minTtl(KindWord word) internal pure returns (uint40) {
        return uint40(KindWord.unwrap(word) >> 128);
    }

    /// The longest lifetime of a listing in seconds, 0 = no limit.
    function maxTtl(KindWord word) internal pure returns (uint40) {
        return uint40(KindWord.unwrap(word) >> 168);
    }

    function flags(KindWord word) internal pure returns (uint16) {
        return uint16(KindWord.unwrap(word) >> 208);
    }

    /// The word after one more change in block `lastBlock_`.
    function next(KindWord word, uint64 lastBlock_) internal pure returns (KindWord) {
        uint256 raw = put(KindWord.unwrap(word), 0, 64, word.version() + 1);
        return KindWord.wrap(put(raw, 64, 64, lastBlock_));
    }
}
