"""The session table: bounds, order, memory, and that keys do not outlive their session."""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.oracle import discv5 as oracle
from waypost._ext import aead, session
from waypost._ext.address import pack
from waypost._ext.session import SessionTable
from waypost.errors import ConfigError

NONCE = bytes(12)
WRITE_KEY, READ_KEY = b"w" * 16, b"r" * 16
ISOLATED = Path(__file__).parents[1] / "isolated"
in_plain_memory = pytest.mark.skipif(
    not Path("/proc/self/maps").exists() or "libasan" in os.environ.get("LD_PRELOAD", ""),
    reason="judges memory by /proc, which a sanitizer fills with its own",
)


def peer(number):
    return number.to_bytes(32, "big"), pack("192.0.2.1", 1 + number % 65535)


def filled(capacity, count, seed=1):
    table = SessionTable(capacity, seed)
    for number in range(count):
        table.establish(*peer(number), number.to_bytes(16, "big"), READ_KEY, 0.0)
    return table


def test_a_session_seals_with_one_key_and_opens_with_the_other():
    table = SessionTable(8, 1)
    table.establish(*peer(1), WRITE_KEY, READ_KEY, 0.0)
    sealed = table.seal(*peer(1), NONCE, b"header", b"plain")
    assert sealed == oracle.seal(WRITE_KEY, NONCE, b"plain", b"header")
    from_peer = oracle.seal(READ_KEY, NONCE, b"plain", b"header")
    assert table.open(*peer(1), NONCE, b"header", from_peer) == b"plain"
    assert table.open(*peer(1), NONCE, b"header", sealed) is None
    assert table.open(*peer(1), NONCE, b"other", from_peer) is None
    assert table.open(*peer(1), NONCE, b"header", b"short") is None
    assert table.open(*peer(2), NONCE, b"header", from_peer) is None
    assert table.seal(*peer(2), NONCE, b"header", b"plain") is None


def test_id_ip_and_port_are_all_part_of_the_key():
    table = SessionTable(8, 1)
    node_id, address = peer(1)
    table.establish(node_id, address, WRITE_KEY, READ_KEY, 0.0)
    assert (node_id, address) in table
    assert (peer(2)[0], address) not in table
    assert (node_id, pack("192.0.2.1", 3)) not in table
    assert (node_id, pack("192.0.2.2", 2)) not in table
    assert (node_id, pack("::c000:201", 2)) not in table


def test_new_keys_replace_the_old_ones():
    table = filled(4, 2)
    table.establish(*peer(0), WRITE_KEY, READ_KEY, 1.0)
    assert len(table) == 2
    assert table.seal(*peer(0), NONCE, b"", b"") == oracle.seal(WRITE_KEY, NONCE, b"", b"")
    assert [key[0] for key in table] == [peer(0)[0], peer(1)[0]]


def test_the_least_recently_used_one_makes_room():
    table = filled(3, 3)
    table.seal(*peer(0), NONCE, b"", b"")
    table.establish(*peer(9), WRITE_KEY, READ_KEY, 0.0)
    assert list(table) == [peer(9), peer(0), peer(2)]
    assert (table.count, table.capacity, table.evicted) == (3, 3, 1)


def test_to_look_is_not_to_use():
    table = filled(3, 3)
    assert peer(0) in table
    assert list(table) == [peer(2), peer(1), peer(0)]


def test_forget():
    table = filled(4, 3)
    assert table.forget(*peer(1))
    assert not table.forget(*peer(1))
    assert list(table) == [peer(2), peer(0)]
    assert table.evicted == 0


def test_adopt_moves_a_session():
    table, other = SessionTable(2, 1), filled(4, 2, seed=2)
    assert table.adopt(other, *peer(1), 5.0)
    assert not table.adopt(other, *peer(1), 5.0)
    assert (list(table), list(other)) == ([peer(1)], [peer(0)])
    expected = oracle.seal((1).to_bytes(16, "big"), NONCE, b"plain", b"header")
    assert table.seal(*peer(1), NONCE, b"header", b"plain") == expected


def test_adopt_exchanges_what_both_have():
    table, other = filled(4, 3), SessionTable(4, 2)
    other.establish(*peer(0), WRITE_KEY, READ_KEY, 0.0)
    assert table.adopt(other, *peer(0), 5.0)
    assert table.seal(*peer(0), NONCE, b"", b"") == oracle.seal(WRITE_KEY, NONCE, b"", b"")
    assert other.seal(*peer(0), NONCE, b"", b"") == oracle.seal(bytes(16), NONCE, b"", b"")
    assert list(table) == [peer(0), peer(2), peer(1)]


def test_memory_grows_by_demand_and_ends_at_the_capacity():
    idle = sys.getsizeof(SessionTable(100_000, 1))
    assert idle < 200
    assert sys.getsizeof(filled(100_000, 1)) < 5_000
    full = sys.getsizeof(filled(100, 100))
    assert full < 100 * 1_000
    assert sys.getsizeof(filled(100, 10_000)) == full


@pytest.mark.parametrize("capacity", [0, -1, 2**24 + 1])
def test_capacity_is_bounded(capacity):
    with pytest.raises(ConfigError, match="16777216"):
        SessionTable(capacity, 1)


def test_sizes_are_checked():
    table, (node_id, address) = filled(4, 1), peer(0)
    for wrong in ((node_id[1:], address), (None, address), (node_id, address[1:])):
        with pytest.raises(ConfigError):
            _ = wrong in table
        with pytest.raises(ConfigError):
            table.forget(*wrong)
        with pytest.raises(ConfigError):
            table.establish(*wrong, WRITE_KEY, READ_KEY, 0.0)
    with pytest.raises(ConfigError, match="keys"):
        table.establish(node_id, address, WRITE_KEY, READ_KEY[1:], 0.0)
    with pytest.raises(ConfigError, match="nonce"):
        table.seal(node_id, address, NONCE[1:], b"", b"")


@pytest.mark.skipif(sys.hash_info.algorithm != "siphash13", reason="not how this Python hashes")
def test_the_hash_is_siphash13():
    """Python hashes bytes so, with a key of zeros where it is told not to draw one."""
    samples = [bytes(range(size)) for size in range(1, 80)]
    code = f"print(*[hash(sample) for sample in {samples}])"
    environment = os.environ | {"PYTHONHASHSEED": "0"}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, check=True, text=True
    )
    siphash13 = ctypes.CDLL(session.__file__).wp_siphash13
    siphash13.argtypes = [ctypes.c_uint64, ctypes.c_char_p, ctypes.c_size_t]
    siphash13.restype = ctypes.c_int64
    ours = [siphash13(0, sample, len(sample)) for sample in samples]
    assert ours == [int(word) for word in run.stdout.split()]


def run_isolated(script):
    """A script that judges the whole process needs one of its own."""
    run = subprocess.run(
        [sys.executable, ISOLATED / script], capture_output=True, check=False, text=True
    )
    assert run.returncode == 0, run.stdout + run.stderr


@in_plain_memory
def test_memory_is_flat_over_a_million_sessions_opened_and_dropped():
    run_isolated("session_rss.py")


@in_plain_memory
@pytest.mark.skipif(aead.tier() == "portable", reason="that tier holds keys in another form")
def test_no_copy_of_a_key_outlives_its_session():
    run_isolated("session_wipe.py")
