"""Frames of RLPx, connection set-up included. A ratio of 1.67 is 60 % of the bare speed."""

from benchmarks.cases import Case
from waypost._ext.frames import FrameCodec

KEYS = bytes(range(32)), bytes(range(32, 64)), bytes(32), bytes(32)
PAYLOAD = bytes((16 << 10) - 1)  # with its message id as much as the yardstick has


def seal(keys: tuple[bytes, bytes, bytes, bytes], payload: bytes) -> bytes:
    return FrameCodec(*keys).seal(16, payload)


def open_frame(keys: tuple[bytes, bytes, bytes, bytes], frame: bytes) -> tuple[int, bytes] | None:
    codec = FrameCodec(*keys)
    codec.feed(frame)
    return codec.next()


CASES = [
    Case(
        name="frame sealed, 16 KiB",
        call=seal,
        args=(KEYS, PAYLOAD),
        twin="benchmarks.twins:seal_frame",
        yardstick="frame",
        count=100,
    ),
    Case(
        name="frame opened, 16 KiB",
        call=open_frame,
        args=(KEYS, seal(KEYS, PAYLOAD)),
        twin="benchmarks.twins:open_frame",
        yardstick="frame",
        count=100,
    ),
]
