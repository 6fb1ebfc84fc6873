"""The handshake against the official vectors, its primitives and its packets."""

import pytest

from tests.oracle import discv5 as oracle
from tests.oracle.vectors import load
from waypost._ext import handshake, packet
from waypost._ext.secp256k1 import SecretKey, verify
from waypost.errors import ConfigError, KeyFileError

CHALLENGE, ID = bytes(63), bytes(32)
SECRET, POINT = b"\x01" * 32, oracle.PrivateKey(b"\x02" * 32).public_key.format()


def test_ecdh():
    inputs, _ = load("discv5/ecdh.txt")
    with SecretKey(inputs["secret-key"]) as secret:
        assert secret.ecdh(inputs["public-key"]) == inputs["shared-secret"]
    assert oracle.ecdh(inputs["public-key"], inputs["secret-key"]) == inputs["shared-secret"]


def test_key_derivation():
    inputs, _ = load("discv5/key-derivation.txt")
    expected = inputs["initiator-key"], inputs["recipient-key"]
    public = [inputs[name] for name in ("challenge-data", "node-id-a", "node-id-b")]
    with SecretKey(inputs["ephemeral-key"]) as secret:
        assert handshake.derive_keys(secret, inputs["dest-pubkey"], *public) == expected
    assert oracle.session_keys(inputs["ephemeral-key"], inputs["dest-pubkey"], *public) == expected


def test_id_signature():
    inputs, _ = load("discv5/id-signature.txt")
    public = [inputs[name] for name in ("challenge-data", "ephemeral-pubkey", "node-id-B")]
    digest = handshake.identity_digest(*public)
    with SecretKey(inputs["static-key"]) as secret:
        assert secret.sign(digest) == inputs["id-signature"]
        assert verify(inputs["id-signature"], digest, secret.public_key)
    assert oracle.identity_proof(inputs["static-key"], *public) == inputs["id-signature"]


@pytest.mark.parametrize("name", ["ping-handshake", "ping-handshake-enr"])
def test_the_official_packets_prove_node_a_and_agree_on_the_key(name):
    inputs, datagram = load(f"discv5/{name}.txt")
    received = packet.decode(datagram, inputs["dest-node-id"])
    challenge, ephemeral_key = inputs["whoareyou.challenge-data"], received.ephemeral_key
    ids = inputs["src-node-id"], inputs["dest-node-id"]
    digest = handshake.identity_digest(challenge, ephemeral_key, ids[1])
    with (
        SecretKey(inputs["node-a-key"]) as node_a,
        SecretKey(inputs["node-b-key"]) as node_b,
        SecretKey(inputs["ephemeral-key"]) as ephemeral,
    ):
        assert ephemeral.public_key == ephemeral_key
        assert verify(received.signature, digest, node_a.public_key)
        by_recipient = handshake.derive_keys(node_b, ephemeral_key, challenge, *ids)
        by_initiator = handshake.derive_keys(ephemeral, node_b.public_key, challenge, *ids)
    assert by_recipient == by_initiator
    assert by_recipient[0] == inputs["read-key"]


def test_what_is_no_point_is_refused():
    with SecretKey(SECRET) as secret, pytest.raises(KeyFileError, match="peer_key"):
        handshake.derive_keys(secret, b"\x02" + b"\xff" * 32, CHALLENGE, ID, ID)


def test_a_closed_key_is_refused():
    secret = SecretKey(SECRET)
    secret.close()
    with pytest.raises(KeyFileError):
        handshake.derive_keys(secret, POINT, CHALLENGE, ID, ID)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("peer_key", (POINT[1:], CHALLENGE, ID, ID)),
        ("challenge", (POINT, CHALLENGE + b"x", ID, ID)),
        ("initiator_id", (POINT, CHALLENGE, ID[1:], ID)),
        ("recipient_id", (POINT, CHALLENGE, ID, None)),
    ],
)
def test_sizes_are_checked(name, arguments):
    with SecretKey(SECRET) as secret, pytest.raises(ConfigError, match=name):
        handshake.derive_keys(secret, *arguments)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("challenge", (b"", POINT, ID)),
        ("ephemeral_key", (CHALLENGE, POINT * 2, ID)),
        ("recipient_id", (CHALLENGE, POINT, b"")),
    ],
)
def test_sizes_of_a_proof_are_checked(name, arguments):
    with pytest.raises(ConfigError, match=name):
        handshake.identity_digest(*arguments)
