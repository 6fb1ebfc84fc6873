"""enode:// as go-ethereum writes it, records, and what is neither."""

import pytest

from waypost._ext.record import ENR
from waypost.enode import Enode
from waypost.errors import ConfigError, RecordError
from waypost.keys import PrivateKey

KEY = PrivateKey.from_bytes(b"\x11" * 32)
POINT = KEY.secret_key.point
HEX = POINT.hex()


@pytest.mark.parametrize(("where", "parts"), [
    ("192.0.2.7:30303", ("192.0.2.7", 30303, None)),
    ("192.0.2.7:1?discport=0", ("192.0.2.7", 1, 0)),
    ("[2001:db8::7]:65535?discport=30301", ("2001:db8::7", 65535, 30301)),
    ("boot-1.example.org:30303", ("boot-1.example.org", 30303, None)),
    ("localhost:30303", ("localhost", 30303, None)),
])  # fmt: skip
def test_text_is_read_and_written_again(where, parts):
    text = f"enode://{HEX}@{where}"
    node = Enode.parse(text)
    assert (node.point, node.host, node.port, node.udp_port) == (POINT, *parts)
    assert node.node_id == KEY.node_id
    assert node.public_key == b"\x04" + POINT
    assert str(node) == text
    assert Enode.parse(text.replace(HEX, HEX.upper())) == node


def test_the_same_port_is_not_said_twice():
    node = Enode.parse(f"enode://{HEX}@192.0.2.7:30303?discport=30303")
    assert str(node) == f"enode://{HEX}@192.0.2.7:30303"


@pytest.mark.parametrize("text", [
    "", "enode://", "http://192.0.2.7:30303", "ENODE://" + HEX + "@192.0.2.7:30303",
    f"enode://{HEX}", f"enode://{HEX}@192.0.2.7", f"enode://{HEX}@:30303",
    f"enode://{HEX}@192.0.2.7:0", f"enode://{HEX}@192.0.2.7:65536",
    f"enode://{HEX}@192.0.2.7:+303", f"enode://{HEX}@192.0.2.7:30303\n",
    f"enode://{HEX}@192.0.2.7:30303?discport=65536", f"enode://{HEX}@192.0.2.7:30303?discport=",
    f"enode://{HEX}@192.0.2.7:30303?port=1", f"enode://{HEX}@192.0.2.7:30303/",
    f"enode://{HEX}@192.0.2.256:30303", f"enode://{HEX}@1.2.3:30303", f"enode://{HEX}@-a:30303",
    f"enode://{HEX}@2001:db8::7:30303", f"enode://{HEX}@[2001:db8::zz]:30303",
    f"enode://{HEX}@[fe80::1%eth0]:30303", f"enode://{HEX}@{'a' * 64}.b:30303",
    f"enode://{HEX}@{'a.' * 126}abc:30303", f"enode://{HEX}@a..b:30303",
    f"enode://user:pass@{HEX}@192.0.2.7:30303", f"enode://{HEX[2:]}@192.0.2.7:30303",
    f"enode://0x{HEX[2:]}@192.0.2.7:30303", f"enode:// {HEX[1:]}@192.0.2.7:30303",
    f"enode://{'0' * 128}@192.0.2.7:30303", f"enode://{'f' * 128}@192.0.2.7:30303",
    f"enode://{HEX}@192.0.2.7:٣٠٣٠٣", "enode://" + "a" * 100_000,
])  # fmt: skip
def test_what_is_no_node_is_refused_in_one_short_line(text):
    with pytest.raises(ConfigError) as raised:
        Enode.parse(text)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 400


def test_records():
    record = ENR.create(KEY, ip="192.0.2.7", udp=30301, tcp=30303, ip6="2001:db8::7")
    node = Enode(POINT, "192.0.2.7", 30303)
    assert Enode.of_record(record) == node
    assert Enode.of_record(record).udp_port == 30301
    assert Enode.parse(record.text) == node
    six = ENR.create(KEY, ip6="2001:db8::7", tcp=30303, ip="192.0.2.7")
    assert Enode.of_record(six) == Enode(POINT, "192.0.2.7", 30303, 0)
    only_six = ENR.create(KEY, ip6="2001:db8::7", tcp6=30303)
    assert Enode.of_record(only_six) == Enode(POINT, "2001:db8::7", 30303, 0)
    for pairs in ({}, {"ip": "192.0.2.7", "udp": 1}, {"tcp": 30303}):
        with pytest.raises(ConfigError, match="no TCP endpoint"):
            Enode.of_record(ENR.create(KEY, **pairs))
    with pytest.raises(RecordError):
        Enode.parse("enr:" + "A" * 40)


def test_a_node_however_it_is_named():
    node = Enode(POINT, "192.0.2.7", 30303)
    for named in (node, str(node), (POINT, "192.0.2.7", 30303)):
        assert Enode.of(named) == node
    record = ENR.create(KEY, ip="192.0.2.7", tcp=30303)
    assert Enode.of(record).node_id == node.node_id
    for wrong in ((POINT[1:], "192.0.2.7", 1), (POINT, "", 1), (POINT, "192.0.2.7", 0)):
        with pytest.raises(ConfigError):
            Enode.of(wrong)
