"""Envelopes for archives: a number names one of them for ever."""

from waypost.mail.archive import Query
from waypost.whisper.envelope import Envelope

TOPICS = [bytes([each, 0, 7, each]) for each in range(6)]
TTL_S = 50


def envelope(number, topic=TOPICS[0], sent_s=None, data=b"data"):
    """One that was sent at 1000 + number, unless said otherwise."""
    sent_s = 1000 + number if sent_s is None else sent_s
    return Envelope.create(
        expiry_s=sent_s + TTL_S, ttl_s=TTL_S, topic=topic, data=data, nonce=number
    )


def query(**settings):
    """A query for everything, but for these settings."""
    return Query(**{"lower_s": 0, "upper_s": 0xFFFFFFFF, "limit": 100} | settings)


def history(archive, **settings):
    """All pages of a query; each but the last one has a cursor that goes on."""
    pages, cursor = [], b""
    while True:
        page = archive.query(query(**settings, cursor=cursor))
        pages.append(page)
        if not page.cursor:
            return pages
        assert page.cursor != cursor
        cursor = page.cursor


def raws(pages):
    return [raw for page in pages for raw in page.raws]
