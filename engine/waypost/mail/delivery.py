"""A page of the archive as packets, straight from the bytes that the archive has."""

from collections.abc import Iterator, Sequence

from waypost._ext.rlp import encode_list

_HEADER_SIZE_B = 4  # of a list of up to 2**24 - 1 bytes, at most


def deliveries(raws: Sequence[bytes], batch: bool, bundle_size_max_b: int) -> Sequence[bytes]:
    """The payloads of 127 for envelopes: each in its own, or in bundles of at most so many bytes.

    Only clients that asked for it know bundles; one of a single envelope is that envelope.
    """
    if not batch:
        return raws
    return [
        bundle[0] if len(bundle) == 1 else encode_list(b"".join(bundle))
        for bundle in bundles(raws, bundle_size_max_b)
    ]


def bundles(raws: Sequence[bytes], size_max_b: int) -> Iterator[Sequence[bytes]]:
    """Runs of envelopes whose lists have at most so many bytes; one too large stays alone."""
    if raws and sum(map(len, raws)) + _HEADER_SIZE_B <= size_max_b:
        yield raws
        return
    start, size_b = 0, _HEADER_SIZE_B
    for at, raw in enumerate(raws):
        size_b += len(raw)
        if size_b > size_max_b and at > start:
            yield raws[start:at]
            start, size_b = at, _HEADER_SIZE_B + len(raw)
    if start < len(raws):
        yield raws[start:]
