import rlp
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.oracle import enr as oracle
from waypost._ext.record import ENR
from waypost._ext.secp256k1 import SecretKey
from waypost.errors import RecordError

SECRET = b"\x11" * 32
KEY = SecretKey(SECRET)
TYPED = ["id", "secp256k1", "ip", "ip6", "tcp", "tcp6", "udp", "udp6"]

names = st.one_of(st.sampled_from(TYPED).map(str.encode), st.binary(max_size=6))
strings = st.one_of(
    st.binary(max_size=20),
    st.sampled_from([b"v4", oracle.public_key(SECRET), bytes(4), bytes(16), b"\x7f\0\0\1"]),
    st.integers(0, 70_000).map(lambda port: port.to_bytes((port.bit_length() + 7) // 8, "big")),
)
values = st.recursive(strings, lambda inner: st.lists(inner, max_size=3), max_leaves=6)
pair_lists = st.lists(st.tuples(names, values), max_size=5)
unknown = st.dictionaries(
    st.binary(max_size=8).filter(lambda name: name.decode("latin-1") not in TYPED),
    values,
    max_size=4,
)


def verdict(parse, raw):
    """What a parser makes of raw: seq, pairs and node id, or the reason of the refusal."""
    try:
        return parse(raw)
    except (oracle.Refused, RecordError) as refusal:
        return refusal.args[0].partition(":")[0]


def ours(raw):
    record = ENR.parse(raw)
    content = rlp.decode(record.raw)[2:]
    pairs = list(zip(content[::2], content[1::2], strict=True))
    for name, value in pairs:
        assert record[name] == (value if isinstance(value, bytes) else rlp.encode(value))
    return record.seq, pairs, record.node_id


@given(st.binary(max_size=320))
def test_any_bytes_get_the_verdict_of_the_specification(raw):
    assert verdict(ours, raw) == verdict(oracle.parse, raw)


@given(st.integers(0, 2**64 - 1), pair_lists, st.booleans(), st.booleans())
def test_any_signed_list_gets_the_verdict_of_the_specification(seq, pairs, valid, in_order):
    if valid:  # else it is nearly always refused for its scheme
        pairs = [*pairs, (b"id", b"v4"), (b"secp256k1", oracle.public_key(SECRET))]
    if in_order:
        pairs = sorted(dict(pairs).items())
    raw = oracle.sign(SECRET, seq, pairs)
    assert verdict(ours, raw) == verdict(oracle.parse, raw)


@given(unknown, st.data())
def test_a_mutated_record_gets_the_verdict_of_the_specification(pairs, data):
    raw = bytearray(
        oracle.sign(
            SECRET,
            1,
            sorted({**pairs, b"id": b"v4", b"secp256k1": oracle.public_key(SECRET)}.items()),
        )
    )
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(raw) - 1))
        part = data.draw(st.binary(max_size=2))
        raw[at : at + data.draw(st.integers(0, 2))] = part
    assert verdict(ours, bytes(raw)) == verdict(oracle.parse, bytes(raw))


@given(unknown, st.integers(0, 2**64 - 2))
def test_what_is_created_is_what_the_specification_reads(pairs, seq):
    expected = {**pairs, b"udp": b"\x76_", b"id": b"v4", b"secp256k1": KEY.public_key}
    assume(len(oracle.sign(SECRET, seq, sorted(expected.items()))) <= 290)  # leaves seq room
    record = ENR.create(KEY, pairs, seq=seq, udp=30303)
    assert oracle.parse(record.raw) == (seq, sorted(expected.items()), KEY.node_id)
    assert ENR.parse(record.text) == record
    assert oracle.decode_text(record.text) == record.raw

    newer = record.update(KEY, udp=30304)
    expected[b"udp"] = b"\x76\x60"
    assert oracle.parse(newer.raw) == (seq + 1, sorted(expected.items()), KEY.node_id)


@given(st.text(max_size=40), st.booleans())
def test_any_text_gets_the_verdict_of_the_specification(text, prefixed):
    text = "enr:" + text if prefixed else text
    assert verdict(ENR.parse, text) == verdict(lambda t: ours(oracle.decode_text(t)), text)


@given(st.text("ABQgw_-9", max_size=12).map("enr:".__add__))
def test_nearly_valid_text_gets_the_verdict_of_the_specification(text):
    assert verdict(ENR.parse, text) == verdict(lambda t: ours(oracle.decode_text(t)), text)
