"""The handshake against the vectors of EIP-8 and the oracle, and what it refuses."""

import random

import pytest

from tests.oracle import rlpx as oracle
from tests.oracle.vectors import load
from waypost._ext.secp256k1 import SecretKey
from waypost.ecies import OVERHEAD_SIZE_B, seal, unseal
from waypost.rlpx import handshake
from waypost.rlpx.handshake import Ack, Auth, Entropy, Refused

INPUTS, _ = load("rlpx/auth2.txt")
KEYS = {name: INPUTS[name] for name in INPUTS if "key" in name}
A, B = (SecretKey(KEYS[f"static-key-{name}"]) for name in "ab")
EPHEMERAL_A, EPHEMERAL_B = (oracle.point_of(KEYS[f"ephemeral-key-{name}"]) for name in "ab")
NO_POINT = b"\xff" * 64


def entropy(seed=1):
    return Entropy.draw(random.Random(seed).randbytes)


def sealed(text, header=b""):
    return seal(text, B.public_key, ephemeral=entropy().envelope_key, iv=bytes(16), header=header)


@pytest.mark.parametrize("name", ["auth2", "auth3"])
def test_the_auth_of_eip_8(name):
    _, packet = load(f"rlpx/{name}.txt")
    assert handshake.packet_size(packet[:2], handshake.PLAIN_AUTH_SIZE_B, 2048) == len(packet)
    expected = Auth(A.point, EPHEMERAL_A, INPUTS["nonce-a"], plain=False)
    assert handshake.open_auth(B, packet) == expected
    assert oracle.ephemeral_of(B.reveal(), oracle.open_packet(B.reveal(), packet)) == EPHEMERAL_A


def test_the_plain_auth():
    _, packet = load("rlpx/auth1.txt")
    assert len(packet) == handshake.PLAIN_AUTH_SIZE_B
    expected = Auth(A.point, EPHEMERAL_A, INPUTS["nonce-a"], plain=True)
    assert handshake.open_plain_auth(B, packet) == expected


@pytest.mark.parametrize("name", ["ack2", "ack3"])
def test_the_ack_of_eip_8(name):
    _, packet = load(f"rlpx/{name}.txt")
    assert handshake.packet_size(packet[:2], handshake.PLAIN_ACK_SIZE_B, 2048) == len(packet)
    assert handshake.open_ack(A, packet) == Ack(EPHEMERAL_B, INPUTS["nonce-b"])


def test_the_plain_ack():
    _, packet = load("rlpx/ack1.txt")
    assert len(packet) == handshake.PLAIN_ACK_SIZE_B
    assert handshake.open_plain_ack(A, packet) == Ack(EPHEMERAL_B, INPUTS["nonce-b"])


def test_the_secrets_and_the_mac_of_eip_8():
    inputs, ack = load("rlpx/ack2.txt")
    _, auth = load("rlpx/auth2.txt")
    expected = inputs["aes-secret"], inputs["mac-secret"]
    nonces = inputs["nonce-a"], inputs["nonce-b"]
    for own, remote in (("a", EPHEMERAL_B), ("b", EPHEMERAL_A)):
        secret = inputs[f"ephemeral-key-{own}"]
        assert oracle.secrets_of(secret, remote, *nonces) == expected
        with SecretKey(secret) as ephemeral:
            assert handshake.secrets(ephemeral, remote, *nonces) == expected
    ingress = oracle.xor(inputs["mac-secret"], inputs["nonce-b"]) + auth
    assert oracle.keccak256(ingress + b"foo") == inputs["ingress-mac-foo"]
    # Ours is not shown, but its frames are those of the oracle with that beginning.
    egress = oracle.xor(inputs["mac-secret"], inputs["nonce-a"]) + ack
    twin = oracle.Codec(*expected, egress, ingress)
    drawn = entropy()
    recipient = Entropy(
        SecretKey(inputs["ephemeral-key-b"]), inputs["nonce-b"], drawn.envelope_key, b"", b""
    )
    received = handshake.open_auth(B, auth)
    codec = handshake.recipient_codec(recipient, received, auth, ack, 0xFFFFFF)
    assert codec.seal(16, b"foo") == twin.seal(16, b"foo")


def test_what_we_send_is_what_the_oracle_sends():
    drawn = entropy()
    envelope = (drawn.padding, drawn.envelope_key.reveal(), drawn.iv)
    fields = oracle.auth_fields(A.reveal(), drawn.ephemeral.reveal(), drawn.nonce, B.point)
    assert handshake.make_auth(A, B.point, drawn) == oracle.packet(B.point, fields, *envelope)
    fields = oracle.ack_fields(drawn.ephemeral.reveal(), drawn.nonce)
    ack = handshake.make_ack(A.point, drawn, plain=False)
    assert ack == oracle.packet(A.point, fields, *envelope)
    plain = handshake.make_ack(A.point, drawn, plain=True)
    assert handshake.open_plain_ack(A, plain) == handshake.open_ack(A, ack)


def test_padding_has_every_size_that_eip_8_recommends():
    sizes = {len(entropy(seed).padding) for seed in range(3000)}
    assert sizes == set(range(100, 300))


def refused(call, *arguments):
    with pytest.raises(Refused) as caught:
        call(*arguments)
    return caught.value.reason


def test_a_changed_byte_or_another_recipient_is_refused():
    packet = handshake.make_auth(A, B.point, entropy())
    assert refused(handshake.open_auth, A, packet) == "handshake-mac"
    for at in range(len(packet)):
        changed = packet[:at] + bytes([packet[at] ^ 1]) + packet[at + 1 :]
        assert refused(handshake.open_auth, B, changed) == "handshake-mac"
    for size in range(len(packet)):
        assert refused(handshake.open_auth, B, packet[:size]) == "handshake-mac"


def auth_of(*fields):
    drawn = entropy()
    envelope = (drawn.padding, drawn.envelope_key.reveal(), drawn.iv)
    return oracle.packet(B.point, list(fields), *envelope)


@pytest.mark.parametrize(("change", "reason"), [
    ({0: bytes(65)}, "handshake-signature"),
    ({0: b"\x01" * 64 + b"\x04"}, "handshake-signature"),
    ({0: b"\x01" * 64}, "handshake-body"),
    ({0: [b"\x01" * 65]}, "handshake-body"),
    ({1: NO_POINT}, "handshake-point"),
    ({1: bytes(64)}, "handshake-point"),
    ({1: b"\x04" + A.point}, "handshake-body"),
    ({2: bytes(31)}, "handshake-body"),
    ({2: []}, "handshake-body"),
])  # fmt: skip
def test_fields_that_cannot_be_are_refused(change, reason):
    drawn = entropy()
    fields = oracle.auth_fields(A.reveal(), drawn.ephemeral.reveal(), drawn.nonce, B.point)
    for index, value in change.items():
        fields[index] = value
    assert refused(handshake.open_auth, B, auth_of(*fields)) == reason


def test_bodies_that_cannot_be_are_refused():
    assert refused(handshake.open_auth, B, auth_of()) == "handshake-body"
    assert refused(handshake.open_auth, B, auth_of(b"", b"")) == "handshake-body"
    for text in (b"", b"\xc1", b"\xf8\x01\x00", b"\xc1" * 30, b"text"):
        size = (len(text) + OVERHEAD_SIZE_B).to_bytes(2, "big")
        packet = size + sealed(text, size)
        assert refused(handshake.open_auth, B, packet) == "handshake-body"
        assert refused(handshake.open_ack, B, packet) == "handshake-body"
    for fields, reason in [([NO_POINT, bytes(32), 4], "handshake-point"),
                           ([A.point, bytes(33), 4], "handshake-body")]:  # fmt: skip
        assert refused(handshake.open_ack, B, auth_of(*fields)) == reason


def test_a_plain_auth_whose_key_is_not_the_one_that_signed_is_refused():
    _, packet = load("rlpx/auth1.txt")
    text = bytearray(unseal(packet, B))
    text[65] ^= 1  # of the hash of the ephemeral point
    forged = sealed(bytes(text))
    assert refused(handshake.open_plain_auth, B, forged) == "handshake-signature"
    assert handshake.open_plain_auth(A, packet) is None


@pytest.mark.parametrize("size", [0, 1, OVERHEAD_SIZE_B, 2047, 0xFFFF])
def test_sizes_out_of_bounds_are_refused(size):
    head = size.to_bytes(2, "big") + bytes(400)
    assert refused(handshake.packet_size, head, 307, 2048) == "handshake-size"


def test_a_packet_that_begins_as_a_plain_one_waits_for_as_many_bytes():
    assert handshake.packet_size(b"\x04", 307, 2048) == 2
    assert handshake.packet_size(b"\x04\x10", 307, 2048) == 307
    assert handshake.packet_size(b"\x04\x10" + bytes(305), 307, 2048) == 0x0412
