"""Frames: ours and the oracle's, in every tier, cut anywhere, and spoilt anywhere."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.oracle import rlpx as oracle
from waypost._ext import aead
from waypost._ext.frames import FrameCodec

SECRETS = bytes(range(32)), bytes(range(32, 64))
SEEDS = b"egress" * 30, b"ingress" * 40
ids = st.one_of(st.integers(0, 300), st.integers(0, 2**31 - 1))
messages = st.lists(st.tuples(ids, st.binary(max_size=300)), min_size=1, max_size=5)


@pytest.fixture(params=aead.tiers(), scope="module", autouse=True)
def tier(request):
    before = aead.tier()
    aead.use_tier(request.param)
    yield
    aead.use_tier(before)


def pair(**options):
    """Two ends of one connection."""
    return FrameCodec(*SECRETS, *SEEDS), FrameCodec(*SECRETS, *SEEDS[::-1], **options)


def pieces(data, cuts):
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[a:b] for a, b in pairwise(edges)]


def received(codec, parts):
    found = []
    for part in parts:
        codec.feed(part)
        while (message := codec.next()) is not None:
            found.append(message)
    return found


@given(messages)
def test_frames_are_those_of_the_oracle(sent):
    ours, twin = FrameCodec(*SECRETS, *SEEDS), oracle.Codec(*SECRETS, *SEEDS)
    frames = [ours.seal(*message) for message in sent]
    assert frames == [twin.seal(*message) for message in sent]
    reader = oracle.Codec(*SECRETS, *SEEDS[::-1])
    assert [reader.open(frame) for frame in frames] == sent


@given(messages, st.lists(st.integers(0, 4000), max_size=20))
def test_a_stream_may_be_cut_anywhere(sent, cuts):
    ours, theirs = pair()
    stream = b"".join(ours.seal(*message) for message in sent)
    assert received(theirs, pieces(stream, cuts)) == sent
    assert (theirs.refusal, theirs.pending_size_b) == (None, 0)


@given(messages)
def test_a_stream_may_come_byte_by_byte(sent):
    ours, theirs = pair()
    stream = b"".join(ours.seal(*message) for message in sent)
    assert received(theirs, [bytes([byte]) for byte in stream]) == sent


@given(messages, st.integers(0, 4000), st.integers(1, 255))
def test_a_changed_byte_ends_the_stream_there(sent, at, change):
    ours, theirs = pair()
    frames = [ours.seal(*message) for message in sent]
    stream = bytearray(b"".join(frames))
    at %= len(stream)
    stream[at] ^= change
    intact = sum(sum(map(len, frames[: n + 1])) <= at for n in range(len(frames)))
    assert received(theirs, [bytes(stream)]) == sent[:intact]
    offset = at - sum(map(len, frames[:intact]))
    assert theirs.refusal == ("header-mac" if offset < 32 else "frame-mac")
    assert received(theirs, [ours.seal(0, b"")]) == []
