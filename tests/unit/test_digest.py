import hashlib
import hmac
import os
import subprocess
import sys
from pathlib import Path

import pytest
from Crypto.Hash import keccak

from waypost._ext import digest
from waypost._ext.digest import hkdf_sha256, keccak256, sha256
from waypost.errors import ConfigError

LENGTHS = [*range(0, 300), 407, 408, 409, 4096]  # around every block and word edge of both hashes


def pattern(size):
    return bytes((i * 7 + 3) & 0xFF for i in range(size))


def test_keccak_of_nothing_and_abc():
    assert keccak256(b"").hex() == (
        "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    )
    assert keccak256(b"abc").hex() == (
        "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"
    )


def test_keccak_equals_pycryptodome():
    for size in LENGTHS:
        data = pattern(size)
        assert keccak256(data) == keccak.new(digest_bits=256, data=data).digest()


def test_sha256_equals_hashlib():
    for size in LENGTHS:
        data = pattern(size)
        assert sha256(data) == hashlib.sha256(data).digest()


RFC5869 = [  # appendix A, cases 1 and 3 (case 2 asks for more output than anyone here needs)
    (
        "000102030405060708090a0b0c",
        "0b" * 22,
        "f0f1f2f3f4f5f6f7f8f9",
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    ),
    (
        "",
        "0b" * 22,
        "",
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    ),
]


@pytest.mark.parametrize(("salt", "ikm", "info", "okm"), RFC5869)
def test_hkdf_vectors_of_rfc_5869(salt, ikm, info, okm):
    out = hkdf_sha256(*map(bytes.fromhex, (salt, ikm, info)), len(okm) // 2)
    assert out.hex() == okm


@pytest.mark.parametrize("size", [0, 1, 31, 32, 33, 63, 64])
@pytest.mark.parametrize("salt_size", [0, 32, 63, 64, 65, 200])
def test_hkdf_equals_hmac_of_the_standard_library(size, salt_size):
    salt, ikm, info = pattern(salt_size), pattern(33), pattern(90)
    prk = hmac.digest(salt, ikm, "sha256")
    first = hmac.digest(prk, info + b"\x01", "sha256")
    second = hmac.digest(prk, first + info + b"\x02", "sha256")
    assert hkdf_sha256(salt, ikm, info, size) == (first + second)[:size]


@pytest.mark.parametrize(("info", "size"), [(b"", 65), (b"", -1), (bytes(256), 32)])
def test_hkdf_refuses_what_it_has_no_room_for(info, size):
    with pytest.raises(ConfigError):
        hkdf_sha256(b"", b"", info, size)


@pytest.mark.parametrize("function", [keccak256, sha256])
def test_only_bytes_are_hashed(function):
    for wrong in (None, "text", bytearray(3)):
        with pytest.raises(TypeError):
            function(wrong)


@pytest.mark.parametrize(("named", "expected"), [("portable", digest.tiers()[-1]), ("", None)])
def test_the_environment_chooses_the_portable_tier(named, expected):
    script = "from waypost._ext import digest; print(digest.tier())"
    package_root = Path(digest.__file__).parents[2]
    env = os.environ | {"WAYPOST_TIER": named, "PYTHONPATH": str(package_root)}
    run = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True)
    assert run.stdout.strip() == (expected or digest.tiers()[0])


def test_an_unknown_tier_is_refused():
    before = digest.tier()
    assert digest.tiers()[-1] == "portable"
    with pytest.raises(ConfigError, match="no Keccak tier 'vax': use one of"):
        digest.use_tier("vax")
    assert digest.tier() == before
