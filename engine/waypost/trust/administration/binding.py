"""A node key's consent to be listed, or to leave: EIP-712 typed data, signed with its own key.

Whoever lists a server shows with it that the server's key agreed to this provider, kind and
registry. The nonce is counted in the server's word, so that each signature serves once.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from waypost._ext.digest import keccak256
from waypost._ext.secp256k1 import decompress, recover
from waypost.errors import ConfigError
from waypost.trust.kind import kind_word

_DOMAIN_TYPE = keccak256(
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
_BINDING_TYPE = keccak256(
    b"NodeBinding(bytes32 kind,bytes32 nodeId,uint32 providerId,uint24 flags,uint48 nonce,"
    b"uint256 deadline)"
)
_RELEASE_TYPE = keccak256(
    b"NodeRelease(bytes32 kind,bytes32 nodeId,uint32 providerId,uint48 nonce,uint256 deadline)"
)
_NAME = keccak256(b"ServerRegistry")
_VERSION = keccak256(b"1")
_RECOVERY_BASE = 27  # ecrecover's v


class NodeKey(Protocol):
    """The key of a server: a `PrivateKey` or a `SecretKey`."""

    @property
    def node_id(self) -> bytes:
        """32 bytes."""

    @property
    def public_key(self) -> bytes:
        """The compressed point, 33 bytes."""

    def sign_recoverable(self, hash: bytes, /) -> bytes:
        """r || s || v, 65 bytes with v 0 or 1, over a hash of 32 bytes."""


class Binding(NamedTuple):
    """What a provider hands in to list one server: the contract's struct, field by field."""

    kind: bytes
    x: bytes
    y: bytes
    flags: int
    expires_at: int  # in seconds since 1970, 0 for never
    deadline: int  # in seconds since 1970, the last at which the signature serves
    signature: bytes  # r || s || v, 65 bytes
    record: bytes  # the node's record, for the readers of events; not checked

    @property
    def node_id(self) -> bytes:
        return keccak256(self.x + self.y)


@dataclass(frozen=True, slots=True)
class Consent:
    """What a node key agrees to: to be listed by this provider of this registry."""

    chain_id: int
    registry: bytes  # its address, 20 bytes
    kind: str
    node_id: bytes
    provider_id: int
    nonce: int  # of the server's word: how many signatures were used before
    deadline: int  # in seconds since 1970
    flags: int = 0

    def digest(self) -> bytes:
        """The 32 bytes that the node key signs (EIP-712)."""
        statement = _hash_words(
            _BINDING_TYPE,
            kind_word(self.kind),
            self.node_id,
            self.provider_id,
            self.flags,
            self.nonce,
            self.deadline,
        )
        return _typed_digest(self.chain_id, self.registry, statement)

    def sign(self, key: NodeKey) -> bytes:
        """The signature, r || s || v, 65 bytes. ConfigError for the key of another node."""
        return _sign(key, self.node_id, self.digest())

    def bound(self, signature: bytes, expires_at: int = 0, record: bytes = b"") -> Binding:
        """What the provider hands in to list the server. ConfigError for a wrong signature."""
        point = _signing_point(signature, self.node_id, self.digest())
        return Binding(
            kind_word(self.kind),
            point[:32],
            point[32:],
            self.flags,
            expires_at,
            self.deadline,
            signature,
            record,
        )

    def signed_by(self, key: NodeKey, expires_at: int = 0, record: bytes = b"") -> Binding:
        """`sign` and `bound` in one, where the key is at hand."""
        return self.bound(self.sign(key), expires_at, record)


class SignedRelease(NamedTuple):
    """What anyone may hand in to take a server off the list: the arguments of `releaseBySig`."""

    kind: bytes
    node_id: bytes
    deadline: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class Release:
    """What a node key agrees to when it leaves the provider that lists it."""

    chain_id: int
    registry: bytes
    kind: str
    node_id: bytes
    provider_id: int
    nonce: int
    deadline: int

    def digest(self) -> bytes:
        """The 32 bytes that the node key signs (EIP-712)."""
        statement = _hash_words(
            _RELEASE_TYPE,
            kind_word(self.kind),
            self.node_id,
            self.provider_id,
            self.nonce,
            self.deadline,
        )
        return _typed_digest(self.chain_id, self.registry, statement)

    def sign(self, key: NodeKey) -> bytes:
        """The signature, r || s || v, 65 bytes. ConfigError for the key of another node."""
        return _sign(key, self.node_id, self.digest())

    def bound(self, signature: bytes) -> SignedRelease:
        """What is handed in. ConfigError for a wrong signature."""
        _signing_point(signature, self.node_id, self.digest())
        return SignedRelease(kind_word(self.kind), self.node_id, self.deadline, signature)

    def signed_by(self, key: NodeKey) -> SignedRelease:
        """`sign` and `bound` in one, where the key is at hand."""
        return self.bound(self.sign(key))


def _typed_digest(chain_id: int, registry: bytes, statement: bytes) -> bytes:
    domain = _hash_words(_DOMAIN_TYPE, _NAME, _VERSION, chain_id, registry)
    return keccak256(b"\x19\x01" + domain + statement)


def _sign(key: NodeKey, node_id: bytes, digest: bytes) -> bytes:
    if key.node_id != node_id:
        raise ConfigError(f"only the key of node {node_id.hex()} can sign this")
    signature = key.sign_recoverable(digest)
    return signature[:64] + bytes([signature[64] + _RECOVERY_BASE])


def _signing_point(signature: bytes, node_id: bytes, digest: bytes) -> bytes:
    """x || y of the node's key, 64 bytes, which is also checked to have signed the digest."""
    public_key = None
    if len(signature) == 65 and signature[64] in (_RECOVERY_BASE, _RECOVERY_BASE + 1):
        bare = signature[:64] + bytes([signature[64] - _RECOVERY_BASE])
        public_key = recover(bare, digest)
    point = decompress(public_key) if public_key else b""
    if keccak256(point) != node_id:
        raise ConfigError(f"the signature is not that of node {node_id.hex()} for this: sign anew")
    return point


def _hash_words(*words: int | bytes) -> bytes:
    """The hash of values as ABI words: numbers and short bytes are padded on the left."""
    return keccak256(
        b"".join(
            word.to_bytes(32, "big") if isinstance(word, int) else word.rjust(32, b"\0")
            for word in words
        )
    )
