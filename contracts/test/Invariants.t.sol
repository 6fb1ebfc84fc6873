// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Status} from "../src/Types.sol";
import {KindWord, ProviderWord, ResourceWord, ResourceWords} from "../src/Words.sol";
import {Actors} from "./support/Actors.sol";
import {RegistryTest} from "./support/RegistryTest.sol";

/// What holds after any sequence of actions. The actors' model says what was listed by whom.
contract InvariantsTest is RegistryTest {
    Actors private actors;

    function setUp() public override {
        super.setUp();
        actors = new Actors(registry, ADMIN, CURATOR, GUARDIAN);
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(actors);
    }

    function invariant_theRegistryAgreesWithTheModel() public view {
        enumerationIsExact();
        wordsAreTheModels();
        providersAreTheModels();
        theVerdictIsTheModels();
        everyChangeIsCounted();
    }

    /// Each listed server is enumerated once, at the place that its word names.
    function enumerationIsExact() private view {
        for (uint256 k = 0; k < 2; ++k) {
            bytes32 kind = actors.kinds(k);
            (bytes32[] memory ids, uint256[] memory words, uint256 next) =
                registry.resources(kind, 0, type(uint256).max);
            eq(next, 0);
            eq(ids.length, actors.listed(kind));
            for (uint256 i = 0; i < ids.length; ++i) {
                eq(ResourceWord.wrap(words[i]).index(), i);
                eq(ResourceWord.wrap(words[i]).status(), Status.Active);
            }
        }
    }

    /// A word holds what its last action gave it; a tombstone holds its nonce alone.
    function wordsAreTheModels() private view {
        for (uint256 k = 0; k < 2; ++k) {
            bytes32 kind = actors.kinds(k);
            for (uint8 n = 0; n < actors.NODES(); ++n) {
                bytes32 id = actors.idOf(n);
                ResourceWord got = ResourceWord.wrap(registry.resourceWords(kind, only(id))[0]);
                (bool listed, uint32 by, uint32 epoch, uint24 flags, uint40 expiry, uint48 nonce) =
                    actors.servers(kind, id);
                if (listed) {
                    eq(got.providerId(), by);
                    eq(got.epoch(), epoch);
                    eq(got.flags(), flags);
                    eq(got.expiresAt(), expiry);
                    eq(got.nonce(), nonce);
                } else if (nonce == 0) {
                    eq(ResourceWord.unwrap(got), 0);
                } else {
                    eq(
                        ResourceWord.unwrap(got),
                        ResourceWord.unwrap(ResourceWords.tombstone(nonce))
                    );
                }
            }
        }
    }

    function providersAreTheModels() private view {
        eq(registry.providerCount(), actors.providerCount());
        eq(registryWord().halted(), actors.halted());
        for (uint32 id = 1; id <= actors.providerCount(); ++id) {
            (address owner, Status status, uint32 epoch, uint40 validUntil) = actors.providers(id);
            ProviderWord got = providerWord(id);
            eq(got.owner(), owner);
            eq(got.status(), status);
            eq(got.epoch(), epoch);
            eq(got.validUntil(), validUntil);
        }
    }

    function theVerdictIsTheModels() private view {
        uint32[] memory trustedIds = new uint32[](3);
        (trustedIds[0], trustedIds[1], trustedIds[2]) = (1, 2, 3);
        for (uint256 k = 0; k < 2; ++k) {
            bytes32 kind = actors.kinds(k);
            for (uint8 n = 0; n < actors.NODES(); ++n) {
                bytes32 id = actors.idOf(n);
                eq(registry.isTrusted(kind, id, trustedIds), actors.trusted(kind, id));
            }
        }
    }

    /// No change of a kind goes by without its version: a reader of one word misses nothing.
    function everyChangeIsCounted() private view {
        for (uint256 k = 0; k < 2; ++k) {
            bytes32 kind = actors.kinds(k);
            eq(KindWord.wrap(registry.kindWord(kind)).version(), actors.version(kind));
        }
    }
}
