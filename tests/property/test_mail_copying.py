"""A copy is whole: in any order, in pages of any size, in as many lives as it takes."""

from hypothesis import given
from hypothesis import strategies as st

from tests.oracle.archive import Archive
from tests.oracle.enr import keccak256
from tests.oracle.whisper import encode as encode_envelope
from waypost.config import MailServerConfig, WhisperConfig
from waypost.mail.copying import Sync
from waypost.mail.sync import decode_request, encode_bundles, encode_end

START_S, TTL_S = 2**31, 9
TOPIC = b"abcd"


def row(sent_s, nonce):
    raw = encode_envelope(sent_s + TTL_S, TTL_S, TOPIC, b"", nonce)
    return sent_s.to_bytes(4, "big") + keccak256(raw), TOPIC, raw


def feed(copy, archive, newest_first):
    """What a page brings: the archive's answer, in bundles of two."""
    asked = decode_request(copy.request())
    rows = archive.query(asked.lower_s, asked.upper_s, newest_first=newest_first)
    if asked.cursor:
        rows = [each for each in rows if (each[0] > asked.cursor) != newest_first]
        rows = [each for each in rows if each[0] != asked.cursor]
    page = rows[: asked.limit]
    for at in range(0, len(page), 2):
        for payload in encode_bundles([raw for _, _, raw in page[at : at + 2]], 1 << 20):
            yield from copy.receive(payload)
    copy.receive(encode_end(page[-1][0] if len(rows) > len(page) else b""))


@given(
    st.sets(st.tuples(st.integers(START_S, START_S + 30), st.integers(0, 99)), max_size=40),
    st.integers(START_S, START_S + 15),
    st.integers(1, 7),
    st.booleans(),
    st.data(),
)
def test_a_copy_is_whole(sent, lower_s, limit, newest_first, data):
    archive, upper_s = Archive(), START_S + 20
    archive.append([row(*each) for each in sent])
    cursor, done, copied = b"", False, []
    while not done:
        copy = Sync(
            lower_s,
            upper_s,
            cursor=cursor,
            whisper=WhisperConfig(pow_min=0.0),
            config=MailServerConfig(sync_limit=limit),
        )
        for _ in range(data.draw(st.integers(1, 3), label="pages before it is started again")):
            if not copy.done:
                copied += [each.raw for each in feed(copy, archive, newest_first)]
        cursor, done = copy.cursor, copy.done
    assert copied == [
        raw for _, _, raw in archive.query(lower_s, upper_s, None, None, newest_first)
    ]
