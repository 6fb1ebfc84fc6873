"""Frames at their limits: sizes, ids, replays, memory, misuse."""

import pickle

import pytest

from tests.oracle import rlpx as oracle
from tests.property.test_frames import SECRETS, SEEDS, pair, received
from waypost._ext.frames import FrameCodec
from waypost.errors import ConfigError

SIZE_MAX_B = 0xFFFFFF


def test_the_largest_frame():
    ours, theirs = pair()
    payload = bytes(SIZE_MAX_B - 1)
    frame = ours.seal(16, payload)
    assert received(theirs, [frame]) == [(16, payload)]
    with pytest.raises(ConfigError, match="use at most"):
        ours.seal(16, payload + b"x")


def test_a_frame_above_the_bound_is_refused_at_its_header():
    ours, theirs = pair(frame_size_max_b=1000)
    assert received(theirs, [ours.seal(16, bytes(999))]) == [(16, bytes(999))]
    assert received(theirs, [ours.seal(16, bytes(1000))[:32]]) == []
    assert theirs.refusal == "frame-size"


def test_a_bound_that_is_widened_holds_from_the_next_frame_on():
    ours, theirs = pair(frame_size_max_b=1000)
    theirs.widen(1001)
    assert received(theirs, [ours.seal(16, bytes(1000))]) == [(16, bytes(1000))]
    for size in (1000, 1 << 24):
        with pytest.raises(ConfigError, match="grows"):
            theirs.widen(size)


def test_an_empty_frame_and_a_bad_message_id_are_refused():
    for data, refusal in [(b"", "frame-size"), (b"\x00", "message-id"), (b"\xc0", "message-id"),
                          (b"\x81\x05", "message-id"), (b"\x82\x01", "message-id"),
                          (b"\x85" + bytes([1] * 5), "message-id")]:  # fmt: skip
        _, theirs = pair()
        assert received(theirs, [twin_seal(oracle.Codec(*SECRETS, *SEEDS), data)]) == []
        assert theirs.refusal == refusal


def twin_seal(codec, data):
    """A frame of any frame-data."""
    head = codec.outgoing.encrypt(len(data).to_bytes(3, "big") + bytes(13))
    head += codec.egress.of_header(head)
    body = codec.outgoing.encrypt(data + bytes(-len(data) % 16))
    return head + body + codec.egress.of_frame(body)


def test_a_replayed_and_a_left_out_frame_are_refused():
    ours, theirs = pair()
    first, second = ours.seal(1, b"a"), ours.seal(2, b"b")
    assert received(theirs, [first, first]) == [(1, b"a")]
    assert theirs.refusal == "header-mac"
    _, theirs = pair()
    assert received(theirs, [second]) == []
    assert theirs.refusal == "header-mac"


def test_nothing_is_kept_of_what_was_read_or_comes_after_a_refusal():
    ours, theirs = pair()
    stream = b"".join(ours.seal(16, bytes(1000)) for _ in range(100))
    assert len(received(theirs, [stream + b"x" * 31])) == 100
    assert theirs.pending_size_b == 31
    assert received(theirs, [b"x"]) == []
    kept = theirs.pending_size_b
    theirs.feed(bytes(100_000))
    assert (theirs.refusal, theirs.pending_size_b) == ("header-mac", kept)


@pytest.mark.parametrize("make", [
    lambda: FrameCodec(SECRETS[0][1:], SECRETS[1], *SEEDS),
    lambda: FrameCodec(SECRETS[0], b"", *SEEDS),
    lambda: FrameCodec(*SECRETS, *SEEDS, 0),
    lambda: FrameCodec(*SECRETS, *SEEDS, 2**24),
    lambda: FrameCodec(*SECRETS, *SEEDS).seal(-1, b""),
    lambda: FrameCodec(*SECRETS, *SEEDS).seal(2**31, b""),
])  # fmt: skip
def test_misuse_raises(make):
    with pytest.raises(ConfigError):
        make()


def test_a_codec_is_not_copied():
    with pytest.raises(TypeError, match="not copied"):
        pickle.dumps(FrameCodec(*SECRETS, *SEEDS))
