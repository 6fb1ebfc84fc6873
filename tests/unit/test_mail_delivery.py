"""Envelopes as payloads of 127: singles, and bundles up to a size."""

from tests.oracle import mail as oracle
from waypost._ext.envelope import Envelope
from waypost.mail.delivery import bundles, deliveries

ENVELOPES = [
    Envelope.create(expiry_s=1000 + n, ttl_s=50, topic=b"abcd", data=bytes(100)) for n in range(5)
]
RAWS = tuple(each.raw for each in ENVELOPES)
SIZE_B = len(RAWS[0])


def test_singles_are_the_bytes_of_the_archive():
    assert list(deliveries(RAWS, False, 10_000)) == list(RAWS)


def test_a_bundle_is_a_list_up_to_its_size():
    whole = oracle.bundled(RAWS)
    assert list(deliveries(RAWS, True, len(whole) + 2)) == [whole]
    parts = list(deliveries(RAWS, True, 2 * SIZE_B + 4))
    assert parts == [oracle.bundled(RAWS[:2]), oracle.bundled(RAWS[2:4]), RAWS[4]]
    assert all(len(part) <= 2 * SIZE_B + 4 for part in parts)


def test_an_envelope_beyond_the_size_goes_alone():
    assert list(deliveries(RAWS, True, 10)) == list(RAWS)
    assert list(bundles((), 10)) == []
