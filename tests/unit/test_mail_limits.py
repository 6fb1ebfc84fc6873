"""How often one may ask, and what was asked before; both of bounded memory."""

from waypost.mail.limits import RateLimit, Recent


def test_each_source_has_a_count_an_interval():
    limit = RateLimit(10.0, 2, 100)
    assert [limit.admits(b"a", now) for now in (5.0, 6.0, 7.0)] == [True, True, False]
    assert limit.admits(b"b", 8.0)
    assert not limit.admits(b"a", 14.9)
    assert limit.admits(b"a", 15.0)


def test_a_clock_that_is_put_back_stops_nobody():
    limit = RateLimit(10.0, 1, 100)
    assert limit.admits(b"a", 1000.0)
    assert limit.admits(b"a", 5.0)


def test_no_limit():
    limit = RateLimit(10.0, 0, 1)
    assert all(limit.admits(b"a", 0.0) for _ in range(100))


def test_more_sources_than_may_be_counted_refuse_nobody():
    limit = RateLimit(10.0, 1, 3)
    for source in range(10):
        assert limit.admits(bytes([source]), 0.0)
        assert not limit.admits(bytes([source]), 0.0)
        assert len(limit) <= 3


def test_the_newest_hashes_are_known():
    recent = Recent(2)
    assert [recent.is_new(digest) for digest in (b"a", b"a", b"b", b"c")] == [
        True,
        False,
        True,
        True,
    ]
    assert len(recent) == 2
    assert not recent.is_new(b"b")
    assert recent.is_new(b"a")
