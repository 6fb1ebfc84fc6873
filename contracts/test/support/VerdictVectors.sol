// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Slots} from "../../src/Slots.sol";
import {Status} from "../../src/Types.sol";
import {
    ProviderWord,
    ProviderWords,
    RegistryWord,
    RegistryWords,
    ResourceWord,
    ResourceWords
} from "../../src/Words.sol";
import {IRegistry} from "./IRegistry.sol";
import {Json} from "./Json.sol";
import {vm} from "./Vm.sol";
import {WordVectors} from "./WordVectors.sol";

/// The verdicts of the shared vectors: words, the time, the user's providers, and what
/// `isTrusted` makes of them on a registry whose storage holds those words.
abstract contract VerdictVectors is WordVectors {
    using Json for string;

    IRegistry private constant REGISTRY =
        IRegistry(address(uint160(uint256(keccak256("a registry")))));

    struct Case {
        string name;
        bool halted;
        ResourceWord resource;
        ProviderWord provider;
        uint32 trustedId;
    }

    string[] private rows;

    function cases() internal returns (string memory) {
        delete rows;
        vm.warp(NOW);
        vm.etch(address(REGISTRY), vm.getDeployedCode("ServerRegistry.sol:ServerRegistry"));
        Case memory good = Case({
            name: "good",
            halted: false,
            resource: ResourceWords.pack(3, 4, Status.Active, 0, NOW - 9, 0, 1, 0),
            provider: ProviderWords.pack(address(0x01), Status.Active, 4, 0, 0),
            trustedId: 3
        });
        write(good);
        halts(good);
        statuses(good);
        times(good);
        epochs(good);
        return Json.list(rows);
    }

    function halts(Case memory good) private {
        Case memory c = copy(good, "halted");
        c.halted = true;
        write(c);
        c = copy(good, "provider not trusted by the user");
        c.trustedId = 2;
        write(c);
        c = copy(good, "never listed, provider 0 in the set");
        c.resource = ResourceWord.wrap(0);
        c.trustedId = 0;
        write(c);
        c = copy(good, "removed");
        c.resource = ResourceWords.tombstone(2);
        write(c);
        c = copy(good, "unknown provider");
        c.provider = ProviderWord.wrap(0);
        write(c);
    }

    function statuses(Case memory good) private {
        for (uint256 i = 0; i < 6; ++i) {
            Case memory c = copy(good, string.concat("server of status ", vm.toString(i)));
            c.resource = ResourceWords.pack(3, 4, Status(i), 0, NOW - 9, 0, 1, 0);
            write(c);
            c = copy(good, string.concat("provider of status ", vm.toString(i)));
            c.provider = good.provider.withStatus(Status(i));
            write(c);
        }
    }

    function times(Case memory good) private {
        uint40[4] memory times_s = [uint40(1), NOW - 1, NOW, NOW + 1];
        for (uint256 i = 0; i < times_s.length; ++i) {
            Case memory c =
                copy(good, string.concat("server expires at ", vm.toString(times_s[i])));
            c.resource = good.resource.withExpiresAt(times_s[i]);
            write(c);
            c = copy(good, string.concat("provider valid until ", vm.toString(times_s[i])));
            c.provider = good.provider.withValidUntil(times_s[i]);
            write(c);
        }
    }

    function epochs(Case memory good) private {
        Case memory c = copy(good, "listed in an older epoch");
        c.provider = good.provider.withEpoch(5);
        write(c);
        c = copy(good, "listed in a newer epoch");
        c.provider = good.provider.withEpoch(3);
        write(c);
        c = copy(good, "place, flags and nonce do not matter");
        c.resource = good.resource.withFlags(type(uint24).max).withIndex(type(uint32).max);
        write(c);
    }

    function copy(Case memory c, string memory name) private pure returns (Case memory) {
        return Case(name, c.halted, c.resource, c.provider, c.trustedId);
    }

    function write(Case memory c) private {
        bytes32 registryWord =
            bytes32(RegistryWord.unwrap(RegistryWords.pack(1, c.halted, 9, 1000)));
        bytes32 resourceWord = bytes32(ResourceWord.unwrap(c.resource));
        bytes32 providerWord = bytes32(ProviderWord.unwrap(c.provider));
        vm.store(address(REGISTRY), Slots.BASE, registryWord);
        vm.store(address(REGISTRY), Slots.ofResource(kindOf(MAIL), NODE_A), resourceWord);
        vm.store(address(REGISTRY), Slots.ofProvider(c.resource.providerId()), providerWord);
        uint32[] memory trustedIds = new uint32[](1);
        trustedIds[0] = c.trustedId;
        bool trusted = REGISTRY.isTrusted(kindOf(MAIL), NODE_A, trustedIds);

        string memory row = string("").add("name", c.name).add("now", NOW);
        row = row.add("registry_word", registryWord).add("resource_word", resourceWord);
        row = row.add("provider_word", providerWord).add("trusted_provider_id", c.trustedId);
        rows.push(Json.object(row.add("trusted", trusted)));
    }
}
