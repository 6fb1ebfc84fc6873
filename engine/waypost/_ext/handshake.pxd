"""The cryptography of discv5-theory, "Handshake Steps": identity proof and session keys."""
from libc.stdint cimport uint8_t

from waypost._ext.secp256k1 cimport PublicPoint

# hash = sha256("discovery v5 identity proof" || challenge-data || ephemeral-pubkey || node-id-B)
cdef void identity_hash(
    uint8_t* out32, const uint8_t* challenge63, const uint8_t* ephemeral_key33,
    const uint8_t* recipient_id32
) noexcept nogil

# out32 = initiator-key (16) || recipient-key (16). secret32 is the ephemeral key (initiator) or
# the static key (recipient).
# Returns 1, or 0 where libsecp256k1 refuses the key.
cdef int session_keys(
    uint8_t* out32, const PublicPoint* peer, const uint8_t* secret32, const uint8_t* challenge63,
    const uint8_t* initiator_id32, const uint8_t* recipient_id32
) noexcept nogil
