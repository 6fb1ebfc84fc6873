import copy
import ctypes
import pickle

import pytest

from waypost._ext.drbg import Drbg
from waypost.errors import ConfigError

# RFC 8439, appendix A.1: number, key, block counter, key stream. Their nonce is zero, as is ours.
RFC8439 = [
    (
        1,
        bytes(32),
        0,
        "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
        "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586",
    ),
    (
        2,
        bytes(32),
        1,
        "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
        "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f",
    ),
    (
        3,
        bytes(31) + b"\x01",
        1,
        "3aeb5224ecf849929b9d828db1ced4dd832025e8018b8160b82284f3c949aa5a"
        "8eca00bbb4a73bdad192b5c42f73f2fd4e273644c8b36125a64addeb006c13a0",
    ),
    (
        4,
        b"\x00\xff" + bytes(30),
        2,
        "72d54dfbf12ec44b362692df94137f328fea8da73990265ec1bbbea1ae9af0ca"
        "13b25aa26cb4a648cb9b9d1be65b2c0924a66c54d545ec1b7374f4872e99f096",
    ),
]
POOL_SIZE_B = 1024
SERVED_SIZE_B = POOL_SIZE_B - 32


@pytest.mark.parametrize(("number", "key", "counter", "stream"), RFC8439)
def test_key_stream_of_rfc_8439(number, key, counter, stream):
    served = bytes(32) + Drbg(key).bytes(SERVED_SIZE_B)  # the first 32 bytes became the next key
    start = max(64 * counter, 32)
    end = 64 * counter + 64
    assert served[start:end] == bytes.fromhex(stream)[start - 64 * counter :]


def test_the_next_pool_is_keyed_by_the_first_block_of_the_last():
    drbg = Drbg(bytes(32))
    drbg.bytes(SERVED_SIZE_B)
    successor = Drbg(bytes.fromhex(RFC8439[0][3])[:32])
    assert drbg.bytes(100) == successor.bytes(100)


def test_draws_do_not_depend_on_how_they_are_cut():
    whole = Drbg(b"s" * 32).bytes(3000)
    drbg = Drbg(b"s" * 32)
    cut = b"".join(drbg.bytes(size) for size in (0, 1, 12, 16, 963, 1008, 1000))
    assert cut == whole
    assert Drbg(b"t" * 32).bytes(3000) != whole


def test_what_was_served_is_wiped():
    drbg = Drbg(bytes(32))
    served = drbg.bytes(500)
    later = Drbg(bytes(32)).bytes(532)[500:]
    memory = ctypes.string_at(id(drbg), Drbg.__basicsize__)
    assert not any(served[at : at + 8] in memory for at in range(0, 500, 4))
    assert later in memory  # so this is the pool


def test_below_is_in_range_and_reaches_everything():
    drbg = Drbg(bytes(32))
    assert {drbg.below(7) for _ in range(500)} == set(range(7))
    assert [drbg.below(1) for _ in range(3)] == [0, 0, 0]
    assert all(drbg.below(2**64 - 1) < 2**64 - 1 for _ in range(100))
    assert max(drbg.below(2**63 + 1) for _ in range(100)) > 2**62


def test_below_is_uniform():
    drbg, bound, draws = Drbg(b"u" * 32), 10, 20_000
    counts = [0] * bound
    for _ in range(draws):
        counts[drbg.below(bound)] += 1
    chi_squared = sum((count - draws / bound) ** 2 / (draws / bound) for count in counts)
    assert chi_squared < 27.9  # 9 degrees of freedom, p = 0.001; the seed is fixed


@pytest.mark.parametrize("bound", [0, -1, 2**64])
def test_below_refuses_bounds_it_cannot_serve(bound):
    with pytest.raises(ConfigError):
        Drbg(bytes(32)).below(bound)


def test_refuses_wrong_seeds_and_sizes():
    for seed in (b"", bytes(31), bytes(33)):
        with pytest.raises(ConfigError, match="32 bytes"):
            Drbg(seed)
    with pytest.raises(ConfigError):
        Drbg(bytes(32)).bytes(-1)


def test_is_never_copied():
    drbg = Drbg(bytes(32))
    for duplicate in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError):
            duplicate(drbg)
