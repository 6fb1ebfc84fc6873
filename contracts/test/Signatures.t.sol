// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {NodeSignatures} from "../src/NodeSignatures.sol";
import {Binding, Status} from "../src/Types.sol";
import {IServerRegistry} from "../src/interfaces/IServerRegistry.sol";
import {RegistryTest} from "./support/RegistryTest.sol";
import {Vm, vm} from "./support/Vm.sol";

contract Exposed is NodeSignatures {
    function signedBy(bytes32 nodeId, bytes32 digest, bytes calldata sig)
        external
        pure
        returns (bool, address)
    {
        return _signedBy(nodeId, digest, sig);
    }
}

/// Each signature of a node key is good for one use, in one place, until its deadline.
contract SignaturesTest is RegistryTest {
    uint256 private constant ORDER = // of secp256k1
        0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
    address private constant OTHER = address(0x2222); // owns provider 2

    function setUp() public override {
        super.setUp();
        provider(OTHER, Status.Active);
    }

    // --------------------------------------------------------------------------------- helpers

    function badSignature(address by, bytes memory call) private {
        bytes memory reason = failure(by, call);
        eq(reason.length, 4 + 2 * 32);
        eq(bytes4(reason) == IServerRegistry.BadNodeSignature.selector, true);
    }

    function badSignature(uint32 id, address by, Binding memory binding) private {
        badSignature(by, abi.encodeCall(registry.addResource, (id, binding)));
    }

    /// Refused as no signature at all: nobody can be recovered from it.
    function malformed(Binding memory binding, bytes memory sig) private {
        binding.sig = sig;
        refusedCall(
            OWNER,
            abi.encodeCall(registry.addResource, (1, binding)),
            abi.encodeWithSelector(
                IServerRegistry.BadNodeSignature.selector, nodeId(7), address(0)
            )
        );
    }

    function split(bytes memory sig) private pure returns (bytes32 r, bytes32 s, uint8 v) {
        assembly ("memory-safe") {
            r := mload(add(sig, 32))
            s := mload(add(sig, 64))
            v := byte(0, mload(add(sig, 96)))
        }
    }

    // ------------------------------------------------------------------------------ statements

    function testTheDigestsAreEip712() public {
        bytes32 id = nodeId(7);
        bytes32 domain = keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,uint256 chainId,"
                    "address verifyingContract)"
                ),
                keccak256("ServerRegistry"),
                keccak256("1"),
                block.chainid,
                address(registry)
            )
        );
        bytes32 binding = keccak256(
            abi.encode(
                keccak256(
                    "NodeBinding(bytes32 kind,bytes32 nodeId,uint32 providerId,uint24 flags,"
                    "uint48 nonce,uint256 deadline)"
                ),
                KIND,
                id,
                uint32(2),
                uint24(3),
                uint48(0),
                uint256(4)
            )
        );
        eq(
            registry.bindingDigest(KIND, id, 2, 3, 4),
            keccak256(bytes.concat(hex"1901", domain, binding))
        );

        list(7);
        bytes32 release = keccak256(
            abi.encode(
                keccak256(
                    "NodeRelease(bytes32 kind,bytes32 nodeId,uint32 providerId,"
                    "uint48 nonce,uint256 deadline)"
                ),
                KIND,
                id,
                uint32(1),
                uint48(1),
                uint256(4)
            )
        );
        eq(
            registry.releaseDigest(KIND, id, 4),
            keccak256(bytes.concat(hex"1901", domain, release))
        );
    }

    function testTheDomainDescribesItself() public view {
        (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        ) = registry.eip712Domain();
        eq(bytes32(fields), bytes32(hex"0f"));
        eq(keccak256(bytes(name)), keccak256("ServerRegistry"));
        eq(keccak256(bytes(version)), keccak256("1"));
        eq(chainId, block.chainid);
        eq(verifyingContract, address(registry));
        eq(salt, 0);
        eq(extensions.length, 0);
    }

    // ---------------------------------------------------------------------------------- replay

    function testNotOnAnotherChain() public {
        Binding memory binding = bind(1, KIND, 7);
        vm.chainId(block.chainid + 1);
        badSignature(1, OWNER, binding);
    }

    function testNotInAnotherContract() public {
        Binding memory binding = bind(1, KIND, 7);
        registry = deploy();
        badSignature(1, OWNER, binding);
    }

    function testNotForAnotherKindProviderFlagsOrDeadline() public {
        Binding memory binding = bind(1, KIND, 7);
        badSignature(2, OTHER, binding);
        binding.kind = OTHER_KIND;
        badSignature(1, OWNER, binding);
        binding = bind(1, KIND, 7);
        binding.flags = 1;
        badSignature(1, OWNER, binding);
        binding = bind(1, KIND, 7);
        binding.deadline += 1;
        badSignature(1, OWNER, binding);
    }

    function testNotAgainAfterRemoval() public {
        Binding memory binding = bind(1, KIND, 7);
        vm.prank(OWNER);
        registry.addResource(1, binding);
        remove(KIND, nodeId(7));
        badSignature(1, OWNER, binding);
    }

    function testNotAgainAfterAnEpoch() public {
        Binding memory binding = bind(1, KIND, 7);
        vm.startPrank(OWNER);
        registry.addResource(1, binding);
        registry.bumpEpoch(1);
        vm.stopPrank();
        badSignature(1, OWNER, binding);
    }

    function testNotAgainAfterAMove() public {
        Binding memory binding = bind(1, KIND, 7);
        vm.prank(OWNER);
        registry.addResource(1, binding);
        Binding memory move = bind(2, KIND, 7);
        vm.prank(OTHER);
        registry.moveResource(2, move);
        badSignature(OTHER, abi.encodeCall(registry.moveResource, (2, move)));
        badSignature(OWNER, abi.encodeCall(registry.moveResource, (1, binding)));
    }

    function testNotAfterLeavingEvenIfNeverUsed() public {
        list(7);
        bytes32 id = nodeId(7);
        Binding memory unused = bind(2, KIND, 7); // carries the same nonce as the release
        registry.releaseBySig(KIND, id, NOW, sign(7, registry.releaseDigest(KIND, id, NOW)));
        badSignature(2, OTHER, unused);
    }

    function testAReleaseIsUsedOnce() public {
        list(7);
        bytes32 id = nodeId(7);
        bytes memory sig = sign(7, registry.releaseDigest(KIND, id, NOW));
        registry.releaseBySig(KIND, id, NOW, sig);
        list(7);
        badSignature(STRANGER, abi.encodeCall(registry.releaseBySig, (KIND, id, NOW, sig)));
    }

    function testAReleaseIsNoBindingAndTheOtherWayRound() public {
        list(7);
        bytes32 id = nodeId(7);
        bytes memory bound = sign(7, registry.bindingDigest(KIND, id, 1, 0, NOW));
        badSignature(STRANGER, abi.encodeCall(registry.releaseBySig, (KIND, id, NOW, bound)));

        Binding memory binding = bind(2, KIND, 7);
        binding.sig = sign(7, registry.releaseDigest(KIND, id, binding.deadline));
        badSignature(OTHER, abi.encodeCall(registry.moveResource, (2, binding)));
    }

    function testTheDeadlineIsTheLastSecond() public {
        Binding memory binding = bind(1, KIND, 7);
        vm.warp(binding.deadline + 1);
        refusedCall(
            OWNER,
            abi.encodeCall(registry.addResource, (1, binding)),
            abi.encodeWithSelector(IServerRegistry.SignatureExpired.selector, binding.deadline)
        );
        vm.warp(binding.deadline);
        vm.prank(OWNER);
        registry.addResource(1, binding);
    }

    function testAReleaseHasADeadlineToo() public {
        bytes32 id = list(7);
        bytes memory sig = sign(7, registry.releaseDigest(KIND, id, NOW));
        vm.warp(NOW + 1);
        refusedCall(
            STRANGER,
            abi.encodeCall(registry.releaseBySig, (KIND, id, NOW, sig)),
            abi.encodeWithSelector(IServerRegistry.SignatureExpired.selector, NOW)
        );
    }

    // --------------------------------------------------------------------------------- forgery

    function testAnotherKeyDoesNotSign() public {
        Binding memory binding = bind(1, KIND, 7);
        binding.sig = bind(1, KIND, 8).sig;
        badSignature(1, OWNER, binding);
    }

    /// The id is hashed from the public key, so junk in its upper 96 bits cannot be brought in.
    function testFuzzAPublicKeyOfNobodyIsRefused(bytes32 x, bytes32 y) public {
        Vm.Wallet memory key = node(7);
        vm.assume(uint256(x) != key.publicKeyX || uint256(y) != key.publicKeyY);
        Binding memory binding = bind(1, KIND, 7);
        (binding.x, binding.y) = (x, y);
        bytes32 digest =
            registry.bindingDigest(KIND, keccak256(abi.encode(x, y)), 1, 0, binding.deadline);
        binding.sig = sign(7, digest);
        refusedCall(
            OWNER,
            abi.encodeCall(registry.addResource, (1, binding)),
            abi.encodeWithSelector(
                IServerRegistry.BadNodeSignature.selector, keccak256(abi.encode(x, y)), key.addr
            )
        );
    }

    function testFuzzALeavingIdWithJunkUpperBitsIsUnknown(uint96 junk) public {
        bytes32 id = list(7);
        bytes32 forged = bytes32(uint256(junk) << 160 | uint160(uint256(id)));
        vm.assume(forged != id);
        bytes memory sig = sign(7, registry.releaseDigest(KIND, forged, NOW));
        refusedCall(
            STRANGER,
            abi.encodeCall(registry.releaseBySig, (KIND, forged, NOW, sig)),
            abi.encodeWithSelector(IServerRegistry.NotListed.selector, KIND, forged)
        );
    }

    function testTheTwinWithHighSIsRefused() public {
        Binding memory binding = bind(1, KIND, 7);
        (bytes32 r, bytes32 s, uint8 v) = split(binding.sig);
        malformed(binding, abi.encodePacked(r, bytes32(ORDER - uint256(s)), uint8(55 - v)));
    }

    /// An id whose address is zero is nobody's: what recovers to nobody must not match it.
    function testNobodySignsForNobody() public {
        (bool ok, address signer) = new Exposed().signedBy(bytes32(uint256(1) << 160), "", "");
        eq(ok, false);
        eq(signer, address(0));
    }

    function testEveryOtherRecoveryIdIsRefused() public {
        Binding memory binding = bind(1, KIND, 7);
        (bytes32 r, bytes32 s, uint8 v) = split(binding.sig);
        uint8[8] memory bad = [0, 1, 2, 26, 29, 35, 128, 255];
        for (uint256 i = 0; i < bad.length; ++i) {
            malformed(binding, abi.encodePacked(r, s, bad[i]));
        }
        binding.sig = abi.encodePacked(r, s, 55 - v);
        badSignature(1, OWNER, binding);
    }

    function testEveryOtherLengthIsRefused() public {
        Binding memory binding = bind(1, KIND, 7);
        (bytes32 r, bytes32 s, uint8 v) = split(binding.sig);
        bytes32 compact = bytes32(uint256(v - 27) << 255 | uint256(s));
        malformed(binding, "");
        malformed(binding, abi.encodePacked(r, compact));
        malformed(binding, abi.encodePacked(r, s, v, uint8(0)));
        malformed(binding, abi.encodePacked(bytes32(0), bytes32(0), v));
        malformed(binding, abi.encodePacked(r, bytes32(0), v));
        malformed(binding, abi.encodePacked(bytes32(ORDER), s, v));
    }

    function testFuzzOneFlippedBitSpoilsASignature(uint256 bit) public {
        Binding memory binding = bind(1, KIND, 7);
        bit %= 65 * 8;
        binding.sig[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        badSignature(1, OWNER, binding);
    }

    function testFuzzAnyKeyListsItself(uint256 secret) public {
        secret = 1 + secret % (ORDER - 1);
        bytes32 id = list(secret);
        eq(trusted(id), true);
        eq(uint160(uint256(id)), uint160(node(secret).addr));
    }
}
