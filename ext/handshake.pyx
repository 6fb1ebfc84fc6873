"""The identity proof and the session keys of a discv5 handshake."""
from libc.string cimport memcpy

from waypost._ext.digest cimport DIGEST_SIZE_B, hkdf_sha256, sha256
from waypost._ext.packet cimport CHALLENGE_SIZE_B
from waypost._ext.secp256k1 cimport COMPRESSED_SIZE_B, SecretKey, ecdh, point_parse

from waypost.errors import ConfigError, KeyFileError

cdef extern from "wipe.h" nogil:
    void wp_wipe(void* memory, size_t size)

cdef enum:
    NODE_ID_SIZE_B = 32
    SESSION_KEY_SIZE_B = 16
    PROOF_TEXT_SIZE_B = 27       # of the two texts below
    AGREEMENT_TEXT_SIZE_B = 26

cdef const char* PROOF_TEXT = "discovery v5 identity proof"
cdef const char* AGREEMENT_TEXT = "discovery v5 key agreement"


cdef void identity_hash(
    uint8_t* out32, const uint8_t* challenge63, const uint8_t* ephemeral_key33,
    const uint8_t* recipient_id32
) noexcept nogil:
    cdef uint8_t[
        PROOF_TEXT_SIZE_B + CHALLENGE_SIZE_B + COMPRESSED_SIZE_B + NODE_ID_SIZE_B
    ] text
    cdef uint8_t* challenge = text + PROOF_TEXT_SIZE_B
    cdef uint8_t* ephemeral_key = challenge + CHALLENGE_SIZE_B
    memcpy(text, PROOF_TEXT, PROOF_TEXT_SIZE_B)
    memcpy(challenge, challenge63, CHALLENGE_SIZE_B)
    memcpy(ephemeral_key, ephemeral_key33, COMPRESSED_SIZE_B)
    memcpy(ephemeral_key + COMPRESSED_SIZE_B, recipient_id32, NODE_ID_SIZE_B)
    sha256(text, sizeof(text), out32)


cdef int session_keys(
    uint8_t* out32, const PublicPoint* peer, const uint8_t* secret32, const uint8_t* challenge63,
    const uint8_t* initiator_id32, const uint8_t* recipient_id32
) noexcept nogil:
    cdef uint8_t[AGREEMENT_TEXT_SIZE_B + 2 * NODE_ID_SIZE_B] info
    cdef uint8_t[COMPRESSED_SIZE_B] shared
    cdef int agreed = ecdh(shared, peer, secret32)
    if agreed:
        memcpy(info, AGREEMENT_TEXT, AGREEMENT_TEXT_SIZE_B)
        memcpy(info + AGREEMENT_TEXT_SIZE_B, initiator_id32, NODE_ID_SIZE_B)
        memcpy(info + AGREEMENT_TEXT_SIZE_B + NODE_ID_SIZE_B, recipient_id32, NODE_ID_SIZE_B)
        hkdf_sha256(
            challenge63, CHALLENGE_SIZE_B, shared, sizeof(shared), info, sizeof(info),
            out32, 2 * SESSION_KEY_SIZE_B,
        )
    wp_wipe(shared, sizeof(shared))
    return agreed


cdef const uint8_t* _sized(bytes data, Py_ssize_t size, str name) except NULL:
    if data is None or len(data) != size:
        raise ConfigError(f"{name} must be {size} bytes")
    return <const uint8_t*><const char*>data


def identity_digest(bytes challenge, bytes ephemeral_key, bytes recipient_id):
    cdef uint8_t digest[DIGEST_SIZE_B]
    identity_hash(
        digest, _sized(challenge, CHALLENGE_SIZE_B, "challenge"),
        _sized(ephemeral_key, COMPRESSED_SIZE_B, "ephemeral_key"),
        _sized(recipient_id, NODE_ID_SIZE_B, "recipient_id"),
    )
    return digest[:DIGEST_SIZE_B]


def derive_keys(
    SecretKey secret not None, bytes peer_key, bytes challenge, bytes initiator_id,
    bytes recipient_id,
):
    cdef uint8_t keys[2 * SESSION_KEY_SIZE_B]
    cdef PublicPoint peer
    if not point_parse(
        &peer, _sized(peer_key, COMPRESSED_SIZE_B, "peer_key"), COMPRESSED_SIZE_B
    ) or not session_keys(
        keys, &peer, secret.secret(), _sized(challenge, CHALLENGE_SIZE_B, "challenge"),
        _sized(initiator_id, NODE_ID_SIZE_B, "initiator_id"),
        _sized(recipient_id, NODE_ID_SIZE_B, "recipient_id"),
    ):
        raise KeyFileError("peer_key is not a point of secp256k1: use a compressed public key")
    try:
        return keys[:SESSION_KEY_SIZE_B], keys[SESSION_KEY_SIZE_B:2 * SESSION_KEY_SIZE_B]
    finally:
        wp_wipe(keys, sizeof(keys))
