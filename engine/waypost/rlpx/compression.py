"""Snappy, in its raw form (rlpx.md, "Message Encoding"), by the library cramjam."""

from cramjam import DecompressionError, snappy

_EXPANSION_MAX = 32  # a copy of at most 64 bytes takes 2 or more: nothing grows by more than that


def compress(data: bytes) -> bytes:
    return bytes(snappy.compress_raw(data))


def compressed_size_max_b(size_b: int) -> int:
    """What so many bytes become at the most (snappy's MaxCompressedLength)."""
    return 32 + size_b + size_b // 6


def decompress(data: bytes, size_max_b: int) -> bytes | None:
    """What was compressed, or None: malformed, or of more than size_max_b bytes.

    The size that data claims is checked before anything is decompressed or any memory is taken,
    against the bound and against what so many bytes can become.
    """
    size = decompressed_size_b(data)
    if size is None or size > min(size_max_b, _EXPANSION_MAX * len(data)):
        return None
    try:
        return bytes(snappy.decompress_raw(data))
    except DecompressionError:
        return None


def decompressed_size_b(data: bytes) -> int | None:
    """The size that data claims for itself: 32 bits in groups of 7, the lowest first."""
    size = 0
    for index, byte in enumerate(data[:5]):
        size |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return size if size < 2**32 else None
    return None
