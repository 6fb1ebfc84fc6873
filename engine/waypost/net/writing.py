"""Messages on their way into envelopes: padded, signed and encrypted with the system's entropy."""

from waypost import ecies
from waypost._ext.envelope import Envelope
from waypost._ext.secp256k1 import SecretKey
from waypost.errors import ConfigError
from waypost.keys import PrivateKey
from waypost.net.clock import wall_clock_s
from waypost.net.entropy import secret_bytes
from waypost.whisper import symmetric
from waypost.whisper.message import compose, padding_size_b

TTL_S = 50  # as in go-ethereum, if nothing else is said


def write_envelope(
    payload: bytes,
    *,
    topic: bytes,
    public_key: bytes | None = None,
    shared_key: bytes | None = None,
    signer: PrivateKey | None = None,
    ttl_s: int = TTL_S,
    work: str = "leading",
) -> Envelope:
    """An envelope of now with a message that only one key opens; it has no work yet: `seal` it.

    The key is the recipient's public key (33 or 65 bytes), or one that is shared (32 bytes).
    Raises ConfigError, and KeyFileError where public_key is not a point.
    """
    data = encrypt(payload, public_key, shared_key, signer.secret_key if signer else None)
    expiry_s = wall_clock_s() + ttl_s
    return Envelope.create(expiry_s=expiry_s, ttl_s=ttl_s, topic=topic, data=data, work=work)


def encrypt(
    payload: bytes, public_key: bytes | None, shared_key: bytes | None, signer: SecretKey | None
) -> bytes:
    """The data of an envelope with this message, by one of the keys. Raises as above."""
    padding = secret_bytes(padding_size_b(payload, signed=signer is not None))
    plain = compose(payload, padding=padding, signer=signer)
    if (public_key is None) == (shared_key is None):
        raise ConfigError("a message is encrypted to a public key, or by a shared one")
    if shared_key is not None:
        nonce = secret_bytes(symmetric.NONCE_SIZE_B)
        return symmetric.seal(plain, shared_key, nonce=nonce)
    assert public_key is not None
    with PrivateKey.generate() as ephemeral:
        iv = secret_bytes(ecies.IV_SIZE_B)
        return ecies.seal(plain, public_key, ephemeral=ephemeral.secret_key, iv=iv)
