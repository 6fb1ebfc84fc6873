"""Where a node is, in the texts that people pass on."""

import pytest

from waypost.enode import Enode
from waypost.enr import ENR
from waypost.errors import ConfigError, RecordError
from waypost.keys import PrivateKey

KEY = PrivateKey.from_bytes(bytes([0x22]) * 32)
POINT = KEY.secret_key.point
NODE = Enode(POINT, "192.0.2.7", 30303)
TEXT = f"enode://{POINT.hex()}@192.0.2.7:30303"
TEXT6 = f"enode://{POINT.hex()}@[2001:db8::7]:30303"


def test_it_is_read_and_written():
    assert Enode.parse(TEXT) == NODE
    assert str(NODE) == TEXT
    assert Enode.parse(f"{TEXT}?discport=0") == NODE
    assert Enode.parse(TEXT6) == Enode(POINT, "2001:db8::7", 30303)
    assert str(Enode.parse(TEXT6)) == TEXT6
    assert NODE.node_id == KEY.node_id
    assert NODE.public_key == b"\x04" + POINT


def test_a_record_tells_it_too():
    record = ENR.create(KEY, ip="192.0.2.7", tcp=30303, ip6="2001:db8::7", tcp6=1)
    assert Enode.parse(record.text) == Enode.of_record(record) == NODE
    only6 = ENR.create(KEY, ip="192.0.2.7", ip6="2001:db8::7", tcp6=30303)
    assert str(Enode.of_record(only6)) == TEXT6
    with pytest.raises(ConfigError, match="no TCP endpoint"):
        Enode.of_record(ENR.create(KEY, ip="192.0.2.7", udp=30303))
    with pytest.raises(RecordError):
        Enode.parse("enr:x")


@pytest.mark.parametrize(
    "text",
    [
        "",
        TEXT.removeprefix("enode://"),
        TEXT.replace("@", ""),
        TEXT.replace(":30303", ""),
        TEXT.replace(":30303", ":"),
        TEXT.replace(":30303", ":0"),
        TEXT.replace(":30303", ":65536"),
        TEXT.replace(":30303", ":x"),
        TEXT.replace("192.0.2.7", ""),
        TEXT.replace("192.0.2.7", "example.org"),
        TEXT.replace("192.0.2.7", "2001:db8::7"[:4]),
        TEXT.replace("://", "://00"),
        TEXT.replace(POINT.hex(), POINT.hex()[2:]),
        TEXT.replace(POINT.hex(), "00" * 64),
        TEXT.replace(POINT.hex(), "zz" * 64),
    ],
)
def test_what_is_none_is_refused(text):
    with pytest.raises(ConfigError):
        Enode.parse(text)
