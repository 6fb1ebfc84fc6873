"""The cryptography of discv5-theory, "Handshake Steps", for the "v4" identity scheme.

challenge is challenge-data, the 63 bytes of packet.header(whoareyou); keys are compressed to 33
bytes; ids have 32. Wrong sizes raise ConfigError.
"""

from waypost._ext.secp256k1 import SecretKey

def identity_digest(challenge: bytes, ephemeral_key: bytes, recipient_id: bytes) -> bytes:
    """The 32 bytes that the initiator of a session signs: SecretKey.sign(digest)."""

def derive_keys(
    secret: SecretKey, peer_key: bytes, challenge: bytes, initiator_id: bytes, recipient_id: bytes
) -> tuple[bytes, bytes]:
    """(initiator-key, recipient-key), 16 bytes each.

    The initiator gives its ephemeral secret and the recipient's static key, the recipient its
    static secret and the ephemeral key. Raises KeyFileError where peer_key is no point.
    """
