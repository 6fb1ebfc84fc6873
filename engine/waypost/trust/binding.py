"""A node key's consent to be listed: EIP-712 typed data, signed with the node's own key.

Whoever lists a server shows with it that the server's key agreed to this provider, kind and
registry. The nonce is counted in the server's word, so that each signature serves once.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from waypost._ext.digest import keccak256
from waypost._ext.secp256k1 import decompress
from waypost.errors import ConfigError
from waypost.trust.kind import kind_word

_DOMAIN_TYPE = keccak256(
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
_BINDING_TYPE = keccak256(
    b"NodeBinding(bytes32 kind,bytes32 nodeId,uint32 providerId,uint24 flags,uint48 nonce,"
    b"uint256 deadline)"
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
        domain = _hash_words(_DOMAIN_TYPE, _NAME, _VERSION, self.chain_id, self.registry)
        statement = _hash_words(
            _BINDING_TYPE,
            kind_word(self.kind),
            self.node_id,
            self.provider_id,
            self.flags,
            self.nonce,
            self.deadline,
        )
        return keccak256(b"\x19\x01" + domain + statement)

    def signed_by(self, key: NodeKey, expires_at: int = 0, record: bytes = b"") -> Binding:
        """What the provider hands in to list the server. ConfigError for another key."""
        if key.node_id != self.node_id:
            raise ConfigError(f"only the key of node {self.node_id.hex()} can sign this")
        signature = key.sign_recoverable(self.digest())
        point = decompress(key.public_key)
        return Binding(
            kind_word(self.kind),
            point[:32],
            point[32:],
            self.flags,
            expires_at,
            self.deadline,
            signature[:64] + bytes([signature[64] + _RECOVERY_BASE]),
            record,
        )


def _hash_words(*words: int | bytes) -> bytes:
    """The hash of values as ABI words: numbers and short bytes are padded on the left."""
    return keccak256(
        b"".join(
            word.to_bytes(32, "big") if isinstance(word, int) else word.rjust(32, b"\0")
            for word in words
        )
    )
