// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Status} from "../src/Types.sol";
import {
    KindWord,
    KindWords,
    ProviderWord,
    ProviderWords,
    RegistryWord,
    RegistryWords,
    ResourceWord,
    ResourceWords
} from "../src/Words.sol";
import {RegistryTest} from "./support/RegistryTest.sol";
import {vm} from "./support/Vm.sol";

/// Packing and unpacking are each other's inverse, and a change of one field leaves the others.
/// The expected words are built here with multiplication, apart from the library's shifts.
contract WordsTest is RegistryTest {
    function setUp() public override {}

    function testFuzzRegistryWord(uint16 version, bool halted, uint32 count, uint64 deployBlock)
        public
        pure
    {
        RegistryWord word = RegistryWords.pack(version, halted, count, deployBlock);
        uint256 expected = uint256(version) + (halted ? 2 ** 16 : 0) + uint256(count) * 2 ** 24
            + uint256(deployBlock) * 2 ** 56;
        eq(RegistryWord.unwrap(word), expected);
        eq(word.version(), version);
        eq(word.halted(), halted);
        eq(word.providerCount(), count);
        eq(word.deployBlock(), deployBlock);
    }

    function testFuzzRegistryChanges(uint256 raw, bool halted, uint32 count) public pure {
        RegistryWord word = RegistryWord.wrap(raw);
        only(raw, RegistryWord.unwrap(word.withHalted(halted)), 16, 8, halted ? 1 : 0);
        only(raw, RegistryWord.unwrap(word.withProviderCount(count)), 24, 32, count);
    }

    function testFuzzProviderWord(
        address owner,
        uint8 status,
        uint32 epoch,
        uint40 validUntil,
        uint16 flags
    ) public pure {
        status %= 6;
        ProviderWord word = ProviderWords.pack(owner, Status(status), epoch, validUntil, flags);
        uint256 expected = uint256(uint160(owner)) + uint256(status) * 2 ** 160 + uint256(epoch)
            * 2 ** 168 + uint256(validUntil) * 2 ** 200 + uint256(flags) * 2 ** 240;
        eq(ProviderWord.unwrap(word), expected);
        eq(word.owner(), owner);
        eq(word.status(), Status(status));
        eq(word.epoch(), epoch);
        eq(word.validUntil(), validUntil);
        eq(word.flags(), flags);
        eq(word.inGoodStanding(), status == 2 || status == 5);
    }

    function testFuzzProviderChanges(
        uint256 raw,
        address owner,
        uint8 status,
        uint32 epoch,
        uint40 validUntil
    ) public pure {
        ProviderWord word = ProviderWord.wrap(raw);
        status %= 6;
        only(raw, ProviderWord.unwrap(word.withOwner(owner)), 0, 160, uint160(owner));
        only(raw, ProviderWord.unwrap(word.withStatus(Status(status))), 160, 8, status);
        only(raw, ProviderWord.unwrap(word.withEpoch(epoch)), 168, 32, epoch);
        only(raw, ProviderWord.unwrap(word.withValidUntil(validUntil)), 200, 40, validUntil);
    }

    function testFuzzResourceWord(
        uint32 providerId,
        uint32 epoch,
        uint8 status,
        uint24 flags,
        uint40 registeredAt,
        uint40 expiresAt,
        uint48 nonce,
        uint32 index
    ) public pure {
        status %= 6;
        ResourceWord word = ResourceWords.pack(
            providerId, epoch, Status(status), flags, registeredAt, expiresAt, nonce, index
        );
        uint256 expected = uint256(providerId) + uint256(epoch) * 2 ** 32 + uint256(status) * 2
            ** 64 + uint256(flags) * 2 ** 72 + uint256(registeredAt) * 2 ** 96;
        expected += uint256(expiresAt) * 2 ** 136 + uint256(nonce) * 2 ** 176 + uint256(index) * 2
        ** 224;
        eq(ResourceWord.unwrap(word), expected);
        eq(word.providerId(), providerId);
        eq(word.epoch(), epoch);
        eq(word.status(), Status(status));
        eq(word.flags(), flags);
        eq(word.registeredAt(), registeredAt);
        eq(word.expiresAt(), expiresAt);
        eq(word.nonce(), nonce);
        eq(word.index(), index);
    }

    function testFuzzResourceChanges(uint256 raw, uint24 flags, uint40 expiresAt, uint32 index)
        public
        pure
    {
        ResourceWord word = ResourceWord.wrap(raw);
        only(raw, ResourceWord.unwrap(word.withFlags(flags)), 72, 24, flags);
        only(raw, ResourceWord.unwrap(word.withExpiresAt(expiresAt)), 136, 40, expiresAt);
        only(raw, ResourceWord.unwrap(word.withIndex(index)), 224, 32, index);
    }

    function testFuzzTombstone(uint48 nonce) public pure {
        eq(ResourceWord.unwrap(ResourceWords.tombstone(nonce)), 4 << 64 | uint256(nonce) << 176);
    }

    function testFuzzKindWord(
        uint64 version,
        uint64 lastBlock,
        uint40 minTtl,
        uint40 maxTtl,
        uint16 flags,
        uint64 nextBlock
    ) public pure {
        vm.assume(version != type(uint64).max);
        KindWord word = KindWords.pack(version, lastBlock, minTtl, maxTtl, flags);
        uint256 expected = uint256(version) + uint256(lastBlock) * 2 ** 64 + uint256(minTtl) * 2
            ** 128 + uint256(maxTtl) * 2 ** 168 + uint256(flags) * 2 ** 208;
        eq(KindWord.unwrap(word), expected);
        eq(word.version(), version);
        eq(word.lastBlock(), lastBlock);
        eq(word.minTtl(), minTtl);
        eq(word.maxTtl(), maxTtl);
        eq(word.flags(), flags);
        KindWord next = KindWords.pack(version + 1, nextBlock, minTtl, maxTtl, flags);
        eq(KindWord.unwrap(word.next(nextBlock)), KindWord.unwrap(next));
    }

    /// `changed` differs from `raw` in the field of `width` bits at `offset` alone.
    function only(uint256 raw, uint256 changed, uint256 offset, uint256 width, uint256 value)
        private
        pure
    {
        uint256 mask = (2 ** width - 1) * 2 ** offset;
        eq(changed & mask, value * 2 ** offset);
        eq(changed & ~mask, raw & ~mask);
    }
}
