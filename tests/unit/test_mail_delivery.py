"""Pages as packets: singles, bundles up to a size, and the end."""

import pytest

from tests.oracle import mail as oracle
from waypost._ext.envelope import Envelope
from waypost.mail import completion
from waypost.mail.archive import Page, Query
from waypost.mail.delivery import COMPLETION, DELIVERY, bundles, deliveries, packets
from waypost.mail.desk import Order

ENVELOPES = [
    Envelope.create(expiry_s=1000 + n, ttl_s=50, topic=b"abcd", data=bytes(100)) for n in range(5)
]
RAWS = tuple(each.raw for each in ENVELOPES)
QUERY = Query(lower_s=0, upper_s=9, limit=10)
ID = bytes(range(32))
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


@pytest.mark.parametrize("batch", [False, True])
def test_the_end_comes_last(batch):
    page = Page(RAWS, ENVELOPES[-1].hash, bytes(36))
    sent = list(packets(page, Order(ID, QUERY, batch), 1 << 20))
    assert [code for code, _ in sent] == [DELIVERY] * (1 if batch else 5) + [COMPLETION]
    end = completion.Completed(ID, ENVELOPES[-1].hash, bytes(36))
    assert completion.decode(sent[-1][1]) == end
    payloads = [payload for _, payload in sent[:-1]]
    assert payloads == ([oracle.bundled(RAWS)] if batch else list(RAWS))


def test_an_empty_page_is_an_end():
    page = Page(())
    sent = list(packets(page, Order(ID, QUERY, True), 1 << 20))
    assert sent == [(COMPLETION, completion.encode(completion.Completed(ID)))]
