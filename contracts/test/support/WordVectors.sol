// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Slots} from "../../src/Slots.sol";
import {Status} from "../../src/Types.sol";
import {
    KindWord,
    KindWords,
    ProviderWord,
    ProviderWords,
    RegistryWord,
    RegistryWords,
    ResourceWord,
    ResourceWords
} from "../../src/Words.sol";
import {Json} from "./Json.sol";

/// The words of the shared vectors: each with its fields, its slot and itself. First an everyday
/// one, then one with every bit of every field set.
abstract contract WordVectors {
    using Json for string;

    string internal constant MAIL = "whisper.mailserver";
    string internal constant PUSH = "push.notify";
    uint40 internal constant NOW = 1_700_000_000;

    /// Node ids of the Discovery v5 wire test vectors.
    bytes32 internal constant NODE_A =
        0xaaaa8419e9f49d0083561b48287df592939a8d19947d8c0ef88f2a4856a69fbb;
    bytes32 internal constant NODE_B =
        0xbbbb9d047f0488c0b5a93c1c3f2d8bafc7c8ff337024a55434a0d0555de64db9;

    function namespace() internal pure returns (string memory) {
        return
            Json.object(
                string("").add("name", string("serverregistry.v1")).add("base", Slots.BASE)
            );
    }

    function registryWords() internal pure returns (string memory) {
        string[] memory rows = new string[](3);
        rows[0] = registryRow(1, false, 1, 1000);
        rows[1] = registryRow(1, true, 42, 21_000_000);
        rows[2] = registryRow(type(uint16).max, true, type(uint32).max, type(uint64).max);
        return Json.list(rows);
    }

    function registryRow(uint16 version, bool halted, uint32 count, uint64 deployBlock)
        private
        pure
        returns (string memory row)
    {
        RegistryWord word = RegistryWords.pack(version, halted, count, deployBlock);
        row = row.add("version", version).add("halted", halted).add("provider_count", count);
        row = row.add("deploy_block", deployBlock).add("slot", Slots.BASE);
        return Json.object(row.add("word", bytes32(RegistryWord.unwrap(word))));
    }

    function providerWords() internal pure returns (string memory) {
        address all = address(type(uint160).max);
        string[] memory rows = new string[](4);
        rows[0] = providerRow(1, address(0x01), Status.Active, 1, 0, 0);
        rows[1] = providerRow(7, address(0xBEEF), Status.Suspended, 3, NOW, 0x8001);
        rows[2] = providerRow(8, address(0xBEEF), Status.Challenged, 2, NOW, 0);
        rows[3] = providerRow(
            type(uint32).max, all, Status.Removed, type(uint32).max, type(uint40).max, 0xffff
        );
        return Json.list(rows);
    }

    function providerRow(
        uint32 id,
        address owner,
        Status status,
        uint32 epoch,
        uint40 validUntil,
        uint16 flags
    ) private pure returns (string memory row) {
        ProviderWord word = ProviderWords.pack(owner, status, epoch, validUntil, flags);
        row = row.add("id", id).add("owner", owner).add("status", uint256(status));
        row = row.add("epoch", epoch).add("valid_until", validUntil).add("flags", flags);
        row = row.add("slot", Slots.ofProvider(id));
        return Json.object(row.add("word", bytes32(ProviderWord.unwrap(word))));
    }

    function kindWords() internal pure returns (string memory) {
        string[] memory rows = new string[](2);
        rows[0] = kindRow(MAIL, 12, 345_678, 3600, 30 days, 0);
        rows[1] = kindRow(
            PUSH, type(uint64).max, type(uint64).max, type(uint40).max, type(uint40).max, 0xffff
        );
        return Json.list(rows);
    }

    function kindRow(
        string memory name,
        uint64 version,
        uint64 lastBlock,
        uint40 minTtl,
        uint40 maxTtl,
        uint16 flags
    ) private pure returns (string memory row) {
        KindWord word = KindWords.pack(version, lastBlock, minTtl, maxTtl, flags);
        row = row.add("name", name).add("kind", kindOf(name)).add("version", version);
        row = row.add("last_block", lastBlock).add("min_ttl_s", minTtl).add("max_ttl_s", maxTtl);
        row = row.add("flags", flags).add("slot", Slots.ofKind(kindOf(name)));
        return Json.object(row.add("word", bytes32(KindWord.unwrap(word))));
    }

    function resourceWords() internal pure returns (string memory) {
        string[] memory rows = new string[](3);
        rows[0] = resourceRow(
            MAIL,
            NODE_A,
            ResourceWords.pack(1, 1, Status.Active, 0x010203, NOW, NOW + 30 days, 1, 5)
        );
        rows[1] = resourceRow(PUSH, NODE_B, ResourceWords.tombstone(9));
        rows[2] = resourceRow(
            PUSH,
            NODE_A,
            ResourceWords.pack(
                type(uint32).max,
                type(uint32).max,
                Status.Challenged,
                type(uint24).max,
                type(uint40).max,
                type(uint40).max,
                type(uint48).max,
                type(uint32).max
            )
        );
        return Json.list(rows);
    }

    function resourceRow(string memory name, bytes32 nodeId, ResourceWord word)
        private
        pure
        returns (string memory row)
    {
        row = row.add("name", name).add("kind", kindOf(name)).add("node_id", nodeId);
        row = row.add("provider_id", word.providerId()).add("epoch", word.epoch());
        row = row.add("status", uint256(word.status())).add("flags", word.flags());
        row = row.add("registered_at", word.registeredAt()).add("expires_at", word.expiresAt());
        row = row.add("nonce", word.nonce()).add("index", word.index());
        row = row.add("slot", Slots.ofResource(kindOf(name), nodeId));
        return Json.object(row.add("word", bytes32(ResourceWord.unwrap(word))));
    }

    /// ASCII of at most 31 bytes, padded with zeros on the right.
    function kindOf(string memory name) internal pure returns (bytes32) {
        return bytes32(bytes(name));
    }
}
