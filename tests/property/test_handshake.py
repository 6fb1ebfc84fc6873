"""Handshakes: both sides agree with each other and with the oracle."""

from hypothesis import given
from hypothesis import strategies as st

from tests.oracle import discv5 as oracle
from waypost._ext import handshake
from waypost._ext.secp256k1 import SecretKey

ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
secrets = st.integers(1, ORDER - 1).map(lambda value: value.to_bytes(32, "big"))
node_ids = st.binary(min_size=32, max_size=32)
challenges = st.binary(min_size=63, max_size=63)


@given(secrets, secrets, challenges, node_ids, node_ids)
def test_both_sides_and_the_oracle_agree(ephemeral, static, challenge, initiator, recipient):
    public = challenge, initiator, recipient
    with SecretKey(ephemeral) as ours, SecretKey(static) as theirs:
        keys = handshake.derive_keys(ours, theirs.public_key, *public)
        assert handshake.derive_keys(theirs, ours.public_key, *public) == keys
        assert oracle.session_keys(ephemeral, theirs.public_key, *public) == keys


@given(secrets, challenges, node_ids)
def test_the_proof_of_an_identity_is_that_of_the_oracle(static, challenge, recipient):
    with SecretKey(static) as secret:
        public = challenge, secret.public_key, recipient
        signature = secret.sign(handshake.identity_digest(*public))
        assert signature == oracle.identity_proof(static, *public)
