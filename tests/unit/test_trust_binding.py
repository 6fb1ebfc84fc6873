"""A node key's consent: the digest that it signs, and the binding that comes of it."""

import dataclasses

import pytest
from eth_account.messages import encode_typed_data

from tests.oracle import trust as oracle
from waypost._ext.digest import keccak256
from waypost._ext.secp256k1 import SecretKey, decompress, recover
from waypost.errors import ConfigError
from waypost.keys import PrivateKey
from waypost.trust.administration.binding import Consent
from waypost.trust.kind import kind_word

KEY = SecretKey(b"\x05" * 32)
REGISTRY = bytes(range(20))
CONSENT = Consent(
    chain_id=31337,
    registry=REGISTRY,
    kind="whisper.mailserver",
    node_id=KEY.node_id,
    provider_id=7,
    nonce=3,
    deadline=1_800_000_000,
    flags=0x102,
)


def test_the_digest_is_that_of_eip_712_typed_data() -> None:
    types = {"kind": "bytes32", "nodeId": "bytes32", "providerId": "uint32", "flags": "uint24"}
    types |= {"nonce": "uint48", "deadline": "uint256"}
    values = (kind_word(CONSENT.kind), KEY.node_id, 7, 0x102, 3, CONSENT.deadline)
    message = dict(zip(types, values, strict=True))
    domain = {
        "name": "ServerRegistry",
        "version": "1",
        "chainId": 31337,
        "verifyingContract": "0x" + REGISTRY.hex(),
    }
    struct = [{"name": name, "type": type_} for name, type_ in types.items()]
    signable = encode_typed_data(domain, {"NodeBinding": struct}, message)
    expected = keccak256(b"\x19" + signable.version + signable.header + signable.body)
    assert CONSENT.digest() == expected

    members = ",".join(f"{type_} {name}" for name, type_ in types.items())
    assert expected == oracle.typed_data_digest(
        domain | {"verifyingContract": REGISTRY}, f"NodeBinding({members})", values
    )


@pytest.mark.parametrize(
    "change",
    [
        {"chain_id": 1},
        {"registry": bytes(20)},
        {"kind": "push.notify"},
        {"node_id": bytes(32)},
        {"provider_id": 8},
        {"nonce": 4},
        {"deadline": 1},
        {"flags": 0},
    ],
)
def test_each_part_of_a_consent_is_signed(change: dict) -> None:
    assert dataclasses.replace(CONSENT, **change).digest() != CONSENT.digest()


def test_a_binding_holds_the_key_and_its_signature() -> None:
    binding = CONSENT.signed_by(KEY, expires_at=9, record=b"record")
    assert binding.x + binding.y == decompress(KEY.public_key)
    assert binding.node_id == KEY.node_id
    assert (binding.kind, binding.flags) == (kind_word("whisper.mailserver"), 0x102)
    assert (binding.expires_at, binding.deadline, binding.record) == (9, 1_800_000_000, b"record")
    assert binding.signature[64] in (27, 28)
    signature = binding.signature[:64] + bytes([binding.signature[64] - 27])
    assert recover(signature, CONSENT.digest()) == KEY.public_key
    with PrivateKey.from_bytes(b"\x05" * 32) as key:
        assert CONSENT.signed_by(key, expires_at=9, record=b"record") == binding


def test_another_key_cannot_sign() -> None:
    with pytest.raises(ConfigError, match=f"only the key of node {KEY.node_id.hex()}"):
        CONSENT.signed_by(SecretKey(b"\x06" * 32))
