// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

/// The statements that a node key signs, as EIP-712 typed data.
///
/// The domain is hashed at run time instead of being cached in immutables: the deployed code is
/// then the same on every chain, and a client can compare its hash with the one in its artifacts.
abstract contract NodeSignatures is IERC5267 {
    string private constant NAME = "ServerRegistry";
    string private constant VERSION = "1";

    bytes32 private constant DOMAIN_TYPEHASH = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    );
    bytes32 private constant BINDING_TYPEHASH = keccak256(
        "NodeBinding(bytes32 kind,bytes32 nodeId,uint32 providerId,uint24 flags,"
        "uint48 nonce,uint256 deadline)"
    );
    bytes32 private constant RELEASE_TYPEHASH = keccak256(
        "NodeRelease(bytes32 kind,bytes32 nodeId,uint32 providerId,uint48 nonce,uint256 deadline)"
    );

    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        )
    {
        return (hex"0f", NAME, VERSION, block.chainid, address(this), 0, new uint256[](0));
    }

    function _domainSeparator() internal view returns (bytes32) {
        bytes32 name = keccak256(bytes(NAME));
        bytes32 version = keccak256(bytes(VERSION));
        return keccak256(abi.encode(DOMAIN_TYPEHASH, name, version, block.chainid, address(this)));
    }

    function _bindingDigest(
        bytes32 domain,
        bytes32 kind,
        bytes32 nodeId,
        uint32 providerId,
        uint24 flags,
        uint48 nonce,
        uint256 deadline
    ) internal pure returns (bytes32) {
        bytes32 statement = keccak256(
            abi.encode(BINDING_TYPEHASH, kind, nodeId, providerId, flags, nonce, deadline)
        );
        return MessageHashUtils.toTypedDataHash(domain, statement);
    }

    function _releaseDigest(
        bytes32 domain,
        bytes32 kind,
        bytes32 nodeId,
        uint32 providerId,
        uint48 nonce,
        uint256 deadline
    ) internal pure returns (bytes32) {
        bytes32 statement = keccak256(
            abi.encode(RELEASE_TYPEHASH, kind, nodeId, providerId, nonce, deadline)
        );
        return MessageHashUtils.toTypedDataHash(domain, statement);
    }

    /// Whether the key behind `nodeId` signed `digest`, and who did (zero: nobody, or malformed).
    /// The low 160 bits of a node id are its key's address. The other 96 prove nothing here: the
    /// caller must have the id from the public key, or from a word that was listed with it.
    function _signedBy(bytes32 nodeId, bytes32 digest, bytes calldata sig)
        internal
        pure
        returns (bool ok, address signer)
    {
        // Why nobody could be recovered is not told on: the caller names the server and the signer.
        // slither-disable-next-line unused-return
        (signer,,) = ECDSA.tryRecoverCalldata(digest, sig);
        ok = signer != address(0) && signer == address(uint160(uint256(nodeId)));
    }
}
