// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Slots} from "../src/Slots.sol";
import {Provider, Status} from "../src/Types.sol";
import {KindWord, ResourceWord} from "../src/Words.sol";
import {IServerRegistry} from "../src/interfaces/IServerRegistry.sol";
import {RegistryTest} from "./support/RegistryTest.sol";
import {vm} from "./support/Vm.sol";
import {
    IAccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/IAccessControlDefaultAdminRules.sol";
import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

contract ReadsTest is RegistryTest {
    address private constant OTHER = address(0x2222); // owns provider 2

    // ----------------------------------------------------------------------------- batch reads

    function testASnapshotIsEverythingOfOneBlock() public {
        bytes32[] memory ids = listMany(1, 2);
        bytes32[] memory asked = new bytes32[](3);
        (asked[0], asked[1], asked[2]) = (ids[1], "unknown", ids[0]);
        uint32[] memory providers = new uint32[](2);
        (providers[0], providers[1]) = (1, 99);
        vm.roll(1234);
        vm.warp(NOW + 5);

        (
            uint256 context,
            uint256 registry_,
            uint256 kind,
            uint256[] memory res,
            uint256[] memory prov
        ) = registry.snapshot(KIND, asked, providers);
        eq(context >> 64, 1234);
        eq(uint64(context), NOW + 5);
        eq(registry_, 1 | 1 << 24 | 1000 << 56);
        eq(kind, registry.kindWord(KIND));
        eq(res.length, 3);
        eq(res[0], ResourceWord.unwrap(word(ids[1])));
        eq(res[1], 0);
        eq(res[2], ResourceWord.unwrap(word(ids[0])));
        eq(prov.length, 2);
        eq(prov[0], uint256(uint160(OWNER)) | 2 << 160 | 1 << 168);
        eq(prov[1], 0);
    }

    function testTheLayoutOfASnapshotIsFixed() public view {
        uint32[] memory providers = new uint32[](1);
        providers[0] = 1;
        (bool ok, bytes memory answer) = address(registry)
            .staticcall(abi.encodeCall(registry.snapshot, (KIND, only("x"), providers)));
        eq(ok, true);
        eq(answer.length, 9 * 32); // 3 words, 2 offsets, 2 lengths, 2 items
        uint256[9] memory words = abi.decode(answer, (uint256[9]));
        eq(words[3], 5 * 32);
        eq(words[4], 7 * 32);
        eq(words[5], 1);
        eq(words[7], 1);
    }

    function testWordsOfSeveralKinds() public {
        bytes32 id = list(7);
        bytes32[] memory kinds = new bytes32[](2);
        bytes32[] memory ids = new bytes32[](2);
        (kinds[0], kinds[1], ids[0], ids[1]) = (OTHER_KIND, KIND, id, id);
        uint256[] memory words = registry.resourceWordsMulti(kinds, ids);
        eq(words[0], 0);
        eq(words[1], ResourceWord.unwrap(word(id)));

        refusedCall(
            STRANGER,
            abi.encodeCall(registry.resourceWordsMulti, (kinds, only(id))),
            abi.encodeWithSelector(IServerRegistry.LengthMismatch.selector)
        );
    }

    function testWhatIsUnknownReadsAsZero() public view {
        bytes32[] memory none;
        uint32[] memory nobody;
        eq(registry.resourceWords("no kind", only("x"))[0], 0);
        eq(registry.resourceWords(KIND, none).length, 0);
        eq(registry.kindWord("no kind"), 0);
        eq(registry.resource(KIND, "x").status, Status.None);
        eq(registry.provider(0).status, Status.None);
        eq(registry.isTrusted(KIND, "x", nobody), false);
        eq(registry.resourceCount("no kind"), 0);
        eq(registry.successor(), address(0));
        (,,, uint256[] memory res, uint256[] memory prov) = registry.snapshot(KIND, none, nobody);
        eq(res.length + prov.length, 0);
    }

    function testAZeroedServerIsNotTrustedByProviderZero() public view {
        uint32[] memory zero = new uint32[](1);
        eq(registry.isTrusted(KIND, "x", zero), false);
    }

    function testTrustIsTheUsersChoiceOfProviders() public {
        bytes32 id = list(7);
        uint32[] memory ids = new uint32[](0);
        eq(registry.isTrusted(KIND, id, ids), false);
        ids = new uint32[](2);
        (ids[0], ids[1]) = (2, 3);
        eq(registry.isTrusted(KIND, id, ids), false);
        ids[1] = 1;
        eq(registry.isTrusted(KIND, id, ids), true);
        eq(registry.isTrusted(OTHER_KIND, id, ids), false);
    }

    // ---------------------------------------------------------------------------------- storage

    function testEveryFactLiesAtItsSlot() public {
        bytes32 id = list(7);
        address op = address(0x0FE7);
        vm.startPrank(OWNER);
        registry.setOperator(1, op, true);
        registry.transferProvider(1, OTHER);
        vm.stopPrank();
        vm.prank(ADMIN);
        registry.deprecate(OTHER);

        eq(stored(slot(slot(KIND, 1), id)), bytes32(ResourceWord.unwrap(word(id))));
        eq(slot(slot(KIND, 1), id), registry.resourceSlot(KIND, id));
        eq(uint256(stored(slot(uint256(1), 2))), registryProviderWord());
        eq(slot(uint256(1), 2), registry.providerSlot(1));
        eq(uint256(stored(slot(KIND, 3))), registry.kindWord(KIND));
        eq(stored(slot(uint256(1), 4)), keccak256("about"));
        eq(uint256(stored(slot(uint256(1), 5))), uint160(OTHER));
        bytes32 operator = keccak256(abi.encode(op, slot(uint256(1), 6)));
        eq(uint256(stored(operator)), uint160(OWNER));
        eq(uint256(stored(slot(KIND, 7))), 1);
        eq(stored(keccak256(abi.encode(slot(KIND, 7)))), id);
        eq(uint256(stored(bytes32(uint256(Slots.BASE) + 8))), uint160(OTHER));
    }

    function testTheNamespaceIsErc7201() public pure {
        uint256 seed = uint256(keccak256("serverregistry.v1")) - 1;
        eq(Slots.BASE, keccak256(abi.encode(seed)) & ~bytes32(uint256(0xff)));
    }

    function testRawReads() public {
        list(7);
        bytes32[] memory slots = new bytes32[](2);
        (slots[0], slots[1]) = (Slots.BASE, registry.resourceSlot(KIND, nodeId(7)));
        bytes32[] memory values = registry.extsload(slots);
        eq(values[0], stored(slots[0]));
        eq(values[1], stored(slots[1]));
    }

    function stored(bytes32 slot_) private view returns (bytes32) {
        return vm.load(address(registry), slot_);
    }

    function slot(bytes32 key, uint256 member) private pure returns (bytes32) {
        return keccak256(abi.encode(key, uint256(Slots.BASE) + member));
    }

    function slot(uint256 key, uint256 member) private pure returns (bytes32) {
        return slot(bytes32(key), member);
    }

    function slot(bytes32 inner, bytes32 key) private pure returns (bytes32) {
        return keccak256(abi.encode(key, inner));
    }

    function registryProviderWord() private view returns (uint256) {
        uint32[] memory ids = new uint32[](1);
        ids[0] = 1;
        return registry.providerWords(ids)[0];
    }

    // ------------------------------------------------------------------------------------ pages

    function testFuzzPagesOfServersAreTheWholeList(uint8 count, uint8 limit) public {
        bytes32[] memory ids = listMany(1, 1 + count % 9);
        uint256 step = 1 + limit % 10;
        uint256 cursor = 0;
        uint256 seen = 0;
        do {
            (bytes32[] memory page, uint256[] memory words, uint256 next) =
                registry.resources(KIND, cursor, step);
            for (uint256 i = 0; i < page.length; ++i) {
                eq(page[i], ids[seen++]);
                eq(words[i], ResourceWord.unwrap(word(page[i])));
            }
            eq(page.length <= step, true);
            cursor = next;
        } while (cursor != 0);
        eq(seen, ids.length);
    }

    function testPagesPastTheEndAreEmpty() public {
        listMany(1, 3);
        uint256[3] memory cursors = [uint256(3), 4, type(uint256).max];
        for (uint256 i = 0; i < cursors.length; ++i) {
            (bytes32[] memory page,, uint256 next) =
                registry.resources(KIND, cursors[i], type(uint256).max);
            eq(page.length, 0);
            eq(next, 0);
        }
        (bytes32[] memory rest,, uint256 end) = registry.resources(KIND, 2, type(uint256).max);
        eq(rest.length, 1);
        eq(end, 0);
    }

    function testPagesOfProviders() public {
        for (uint256 i = 0; i < 4; ++i) {
            provider(OTHER, Status.Active);
        }
        (Provider[] memory page, uint32 next) = registry.providers(0, 2);
        eq(page.length, 2);
        eq(page[0].id, 1);
        eq(page[0].owner, OWNER);
        eq(next, 3);
        (page, next) = registry.providers(3, type(uint32).max);
        eq(page.length, 3);
        eq(page[2].id, 5);
        eq(page[2].owner, OTHER);
        eq(next, 0);
        (page, next) = registry.providers(5, 1);
        eq(page.length, 1);
        eq(next, 0);
        (page, next) = registry.providers(type(uint32).max, type(uint32).max);
        eq(page.length, 0);
        eq(next, 0);
    }

    // ------------------------------------------------------------------------------------ kinds

    function testAKindCountsItsChanges() public {
        list(7);
        vm.roll(2000);
        list(8);
        KindWord kind = KindWord.wrap(registry.kindWord(KIND));
        eq(kind.version(), 2);
        eq(kind.lastBlock(), 2000);

        vm.roll(3000);
        vm.prank(CURATOR);
        registry.setKind(KIND, 1, 2, 3);
        eq(registry.kindWord(KIND), 3 | 3000 << 64 | 1 << 128 | 2 << 168 | 3 << 208);
        remove(KIND, nodeId(7));
        eq(registry.kindWord(KIND), 4 | 3000 << 64 | 1 << 128 | 2 << 168 | 3 << 208);
        eq(registry.kindWord(OTHER_KIND), 0);
    }

    function testInterfaces() public view {
        eq(registry.supportsInterface(type(IServerRegistry).interfaceId), true);
        eq(registry.supportsInterface(type(IERC165).interfaceId), true);
        eq(registry.supportsInterface(type(IERC5267).interfaceId), true);
        eq(registry.supportsInterface(type(IAccessControlDefaultAdminRules).interfaceId), true);
        eq(registry.supportsInterface(0xffffffff), false);
    }
}
