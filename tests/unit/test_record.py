import copy
import pickle
from ipaddress import ip_address
from pathlib import Path

import pytest
import rlp

from tests.oracle import enr as oracle
from waypost._ext import address
from waypost._ext.record import ENR, REASONS, RecordCache
from waypost._ext.secp256k1 import SecretKey
from waypost.errors import ConfigError, KeyFileError, RecordError

VECTOR = Path(__file__).parents[1] / "vectors" / "enr" / "eip-778.txt"
SECRET = b"\x11" * 32
ID = [(b"id", b"v4")]
KEY = [(b"secp256k1", oracle.public_key(SECRET))]


def official():
    """The fields of the vector's header, and its text."""
    lines = VECTOR.read_text().splitlines()
    header = [line[2:].split(" = ") for line in lines if line.startswith("# ")]
    return dict(header), lines[-1]


@pytest.fixture
def key():
    return SecretKey(SECRET)


def refusal(data):
    with pytest.raises(RecordError) as raised:
        ENR.parse(data)
    assert str(raised.value).startswith(f"{raised.value.reason}: ")
    assert "\n" not in str(raised.value)
    return raised.value.reason


def signed(*pairs, seq=1):
    return oracle.sign(SECRET, seq, pairs)


def test_the_official_record_is_read():
    fields, text = official()
    record = ENR.parse(text)
    assert record.text == str(record) == text
    assert ENR.parse(record.raw) == record
    assert record.node_id.hex() == fields["node-id"]
    assert record.seq == int(fields["seq"])
    assert record.keys() == ["id", "ip", "secp256k1", "udp"]
    assert {name: record[name].hex() for name in record} == {name: fields[name] for name in record}
    assert (record.ip, record.udp, record.tcp) == ("127.0.0.1", 30303, None)
    assert record.public_key == record["secp256k1"]


def test_the_official_record_is_made():
    fields, text = official()
    key = SecretKey(bytes.fromhex(fields["secret-key"]))
    assert ENR.create(key, ip="127.0.0.1", udp=30303).text == text


def test_ports_of_ipv4_stand_in_for_those_of_ipv6(key):
    record = ENR.create(key, ip="1.2.3.4", ip6="2001:db9::1", udp=30303, tcp=30304)
    assert (record.udp6, record.tcp6) == (30303, 30304)
    assert record.endpoint() == address.pack("1.2.3.4", 30303)
    assert record.endpoint(ipv6=True) == address.pack("2001:db9::1", 30303)
    both = record.update(key, udp6=9000, tcp6=9001)
    assert (both.udp, both.udp6, both.tcp, both.tcp6) == (30303, 9000, 30304, 9001)
    assert both.endpoint(ipv6=True) == address.pack("2001:db9::1", 9000)


def test_ports_of_ipv6_do_not_stand_in_for_those_of_ipv4(key):
    record = ENR.create(key, ip="1.2.3.4", ip6="2001:db9::1", udp6=9000)
    assert (record.udp, record.udp6) == (None, 9000)
    assert record.endpoint() is None
    assert record.endpoint(ipv6=True) == address.pack("2001:db9::1", 9000)


def test_an_endpoint_needs_an_address_and_a_port(key):
    assert ENR.create(key).endpoint() is None
    assert ENR.create(key, ip="1.2.3.4").endpoint() is None
    assert ENR.create(key, udp=30303).endpoint(ipv6=True) is None
    assert ENR.create(key).ip is ENR.create(key).ip6 is None


def test_update_raises_seq_and_keeps_what_it_does_not_know(key):
    first = ENR.create(key, {"whisper.mailserver": [1, b"x", [b""]], "eth": b"\x01"}, seq=7, udp=1)
    second = first.update(key, ip=ip_address("10.0.0.1"), udp=None)
    assert (second.seq, second.ip, second.udp) == (8, "10.0.0.1", None)
    assert second["whisper.mailserver"] == first["whisper.mailserver"]
    assert rlp.decode(second["whisper.mailserver"]) == [b"\x01", b"x", [b""]]
    assert second["eth"] == b"\x01"
    assert oracle.parse(second.raw)[0] == 8


def test_update_that_changes_nothing_gives_the_same_record(key):
    record = ENR.create(key, ip="10.0.0.1", udp=30303)
    assert record.update(key) is record
    assert record.update(key, ip="10.0.0.1", udp=30303, tcp=None) is record


def test_update_wants_the_key_that_signed(key):
    record = ENR.create(key)
    with pytest.raises(RecordError) as raised:
        record.update(SecretKey(b"\x22" * 32), udp=1)
    assert raised.value.reason == "bad-key"
    key.close()
    with pytest.raises(KeyFileError, match="closed"):
        record.update(key, udp=1)


def test_seq_ends_at_64_bits(key):
    last = ENR.create(key, seq=2**64 - 1)
    assert ENR.parse(last.raw).seq == 2**64 - 1
    with pytest.raises(ConfigError, match="sequence number"):
        last.update(key, udp=1)
    for seq in (-1, 2**64):
        with pytest.raises(ConfigError, match="sequence number"):
            ENR.create(key, seq=seq)


def test_a_record_is_a_mapping_of_its_pairs(key):
    record = ENR.create(key, {b"\xff\x00": b"raw", "name": b""}, udp=80)
    assert record["\xff\x00"] == record[b"\xff\x00"] == b"raw"
    assert record.pairs() == {name: record[name] for name in record}
    assert dict(record) == record.pairs()
    assert len(record) == len(record.keys()) == 5
    assert "name" in record
    assert "names" not in record
    assert record.get("udp") == bytes([80])
    assert (record.get("tcp"), record.get("tcp", b"none")) == (None, b"none")
    with pytest.raises(KeyError):
        record["tcp"]


def test_anything_that_holds_a_secret_key_signs(key):
    class Holder:
        secret_key = key

    assert ENR.create(Holder(), udp=1) == ENR.create(key, udp=1)
    with pytest.raises(ConfigError, match="PrivateKey"):
        ENR.create(SECRET)


def test_equality_is_of_bytes(key):
    record = ENR.create(key, udp=1)
    assert record == ENR.parse(record.text)
    assert hash(record) == hash(ENR.parse(record.text))
    assert record != ENR.create(key, udp=2)
    assert record != record.raw
    assert {record: 1}[ENR.parse(record.raw)] == 1
    assert copy.deepcopy(record) == pickle.loads(pickle.dumps(record)) == record


def test_repr_is_short(key):
    assert repr(ENR.create(key)) == f"<ENR {key.node_id[:4].hex()}… seq 1>"
    record = ENR.create(key, ip="1.2.3.4", ip6="2001:db9::1", udp=5)
    assert repr(record) == (f"<ENR {key.node_id[:4].hex()}… seq 1 1.2.3.4:5 [2001:db9::1]:5>")


def test_records_are_only_made_by_parse_and_create():
    with pytest.raises(TypeError, match=r"ENR\.parse"):
        ENR()
    for wrong in (None, 1, bytearray(b"x")):
        with pytest.raises(TypeError):
            ENR.parse(wrong)


REFUSED = {  # reason: pairs of well-signed records that have it
    "unsorted-keys": [[*KEY, *ID], [*ID, (b"secp", b""), (b"ip", b"\x01" * 4), *KEY]],
    "duplicate-key": [[*ID, *ID, *KEY], [*ID, *KEY, *KEY]],
    "unknown-scheme": [KEY, *[[(b"id", scheme), *KEY] for scheme in (b"v5", b"", [b"v4"])]],
    "bad-key": [
        ID,
        [*ID, (b"secp256k1", b"")],
        [*ID, (b"secp256k1", [b""])],
        [*ID, (b"secp256k1", KEY[0][1] + b"\x00")],
        [*ID, (b"secp256k1", b"\x02" + b"\xff" * 32)],
        [*ID, (b"secp256k1", b"\x04" + KEY[0][1][1:])],
    ],
    "bad-endpoint": [
        *[[*ID, (b"ip", ip), *KEY] for ip in (b"", b"\x01" * 3, b"\x01" * 5, bytes(4), [b"\x01"])],
        *[
            [*ID, (b"ip6", ip), *KEY]
            for ip in (b"\x01" * 4, bytes(16), bytes(10) + b"\xff\xff\x01\x02\x03\x04")
        ],
        *[
            [*ID, *KEY, (name, port)]
            for name in (b"tcp", b"tcp6", b"udp", b"udp6")
            for port in (b"", b"\x00", b"\x00\x50", b"\x01\x00\x00", [b"\x50"])
        ],
    ],
    "too-long": [[*ID, *KEY, (b"x", bytes(200))]],
    "bad-rlp": [[([b"id"], b"v4"), *KEY]],
}


@pytest.mark.parametrize(
    ("reason", "pairs"), [(reason, pairs) for reason in REFUSED for pairs in REFUSED[reason]]
)
def test_a_signed_record_that_is_refused_names_its_reason(reason, pairs):
    raw = signed(*pairs)
    assert refusal(raw) == reason
    with pytest.raises(oracle.Refused, match=reason):
        oracle.parse(raw)


def test_bytes_that_are_no_record():
    raw = signed(*ID, *KEY)
    content = rlp.decode(raw)[1:]
    assert ENR.parse(raw).seq == 1
    assert refusal(raw + b"\x00") == "trailing-bytes"
    assert refusal(b"") == refusal(b"\xc0") == refusal(b"\x80") == refusal(raw[:-1]) == "bad-rlp"
    assert refusal(b"\xf9\x00" + raw[1:]) == "bad-rlp"  # a longer header than it needs
    assert refusal(rlp.encode([bytes(64), b"\x00\x01", *content[1:]])) == "bad-rlp"
    assert refusal(rlp.encode([bytes(64), bytes(9), *content[1:]])) == "bad-rlp"
    assert refusal(rlp.encode([[], *content])) == "bad-rlp"
    assert refusal(rlp.encode([bytes(64), *content, b"alone"])) == "bad-rlp"
    assert refusal(bytes(301)) == "too-long"


def test_values_are_canonical_down_to_the_last_list():
    key, item = KEY[0][1], b"\xc2\x81\x05"  # the list of 5, spelled with a needless header
    tail = b"\x82id\x82v4\x83odd" + item + b"\x89secp256k1\xa1" + key
    body = b"\xb8\x40" + bytes(64) + b"\x01" + tail
    assert refusal(b"\xf8" + bytes([len(body)]) + body) == "bad-rlp"


def test_signatures_that_do_not_belong():
    raw = signed(*ID, *KEY)
    signature, *content = rlp.decode(raw)
    high = (oracle.ORDER - int.from_bytes(signature[32:], "big")).to_bytes(32, "big")
    for wrong in (
        b"",
        signature[:63],
        signature + b"\x00",
        bytes(64),
        signature[:32] + high,
        b"\xff" * 64,
    ):
        assert refusal(rlp.encode([wrong, *content])) == "bad-signature"
    assert refusal(rlp.encode([signature, b"\x02", *content[1:]])) == "bad-signature"
    assert refusal(raw.replace(b"v4", b"v5")) == "unknown-scheme"


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[4:],
        lambda text: "ENR:" + text[4:],
        lambda text: "enr:" + text,
        lambda text: text + "=",
        lambda text: text + "\n",
        lambda text: " " + text,
        lambda text: text.replace("_", "/"),
        lambda text: text.replace("-", "+"),
        lambda text: text[:-1],
        lambda text: text[:-1] + "9",  # the last character has bits that encode nothing
        lambda text: text + "é",
        lambda text: text + "\ud800",
        lambda text: "",
    ],
)
def test_text_is_taken_in_one_spelling_only(change):
    _, text = official()
    assert refusal(change(text)) == "bad-text"


def test_text_too_long_for_a_record():
    assert refusal("enr:" + "A" * 401) == "too-long"
    assert refusal("enr:" + "A" * 400) == "bad-rlp"


def test_create_refuses_what_parse_would(key):
    for values, reason in [
        ({"ip": "0.0.0.0"}, "bad-endpoint"),
        ({"ip": "::1"}, "bad-endpoint"),
        ({"ip": "localhost"}, "bad-endpoint"),
        ({"ip6": "::"}, "bad-endpoint"),
        ({"ip": b"\x01\x02\x03"}, "bad-endpoint"),
        ({"udp": 0}, "bad-endpoint"),
        ({"tcp6": 65536}, "bad-endpoint"),
        ({"data": bytes(300)}, "too-long"),
        ({"data": bytes(200)}, "too-long"),
    ]:
        with pytest.raises(RecordError) as raised:
            ENR.create(key, **values)
        assert raised.value.reason == reason


def test_create_refuses_what_is_no_pair(key):
    for pairs in ({"udp": -1}, {"name": "text"}, {"x": 1.5}, {"id": b"v4"}, {"é€": b""}, {3: b""}):
        with pytest.raises(ConfigError):
            ENR.create(key, pairs)


def test_a_record_of_exactly_300_bytes(key):
    room = next(n for n in range(200) if len(ENR.create(key, x=bytes(n)).raw) == 300)
    record = ENR.create(key, x=bytes(room))
    assert ENR.parse(record.text) == record
    with pytest.raises(RecordError, match="too-long"):
        ENR.create(key, x=bytes(room + 1))


def test_every_reason_is_listed():
    assert set(REFUSED) | {"bad-text", "trailing-bytes", "bad-signature"} == set(REASONS)


def test_the_cache_verifies_a_record_once(key):
    cache = RecordCache(2)
    raw = ENR.create(key, udp=1).raw
    record = cache.verified(raw)
    assert cache.verified(bytes(bytearray(raw))) is record
    assert (cache.hits, cache.misses, len(cache), cache.capacity) == (1, 1, 1, 2)


def test_the_cache_drops_the_oldest(key):
    cache = RecordCache(3)
    raws = [ENR.create(key, udp=port).raw for port in range(1, 9)]
    for raw in raws:
        kept = cache.verified(raw)
        assert cache.verified(raw) is kept
        assert len(cache) <= 3
    assert cache.misses == 8
    for raw in raws[-3:]:
        cache.verified(raw)
    assert cache.misses == 8
    cache.verified(raws[0])
    assert cache.misses == 9
    cache.verified(raws[-3])
    assert cache.misses == 10


def test_the_cache_keeps_nothing_that_was_refused(key):
    cache = RecordCache(1)
    raw = ENR.create(key).raw
    for wrong, reason in [
        (raw[:-1] + b"\x00", "bad-signature"),
        (b"", "bad-rlp"),
        (bytes(301), "too-long"),
    ]:
        for _ in range(2):
            with pytest.raises(RecordError) as raised:
                cache.verified(wrong)
            assert raised.value.reason == reason
    assert (len(cache), cache.hits) == (0, 0)
    with pytest.raises(ConfigError):
        RecordCache(0)
