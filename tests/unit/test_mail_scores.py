"""Which server is asked next."""

from dataclasses import replace

from tests.mailboxes import CONFIG
from waypost.mail.client.scores import Scores

A, B = b"a" * 32, b"b" * 32
NOW = 1_000.0


def test_unknown_servers_are_as_good_as_each_other():
    assert Scores(CONFIG).best([A, B], NOW) == [A, B]


def test_a_failed_server_is_left_alone_for_longer_each_time():
    scores = Scores(CONFIG)
    for pause_s in (1.0, 2.0, 4.0):
        scores.failed(A, NOW)
        assert scores.free_at(A) == NOW + pause_s
    assert scores.best([A], NOW + 3.9) == []
    assert scores.best([A], NOW + 4.0) == [A]
    for _ in range(50):
        scores.failed(A, NOW)
    assert scores.free_at(A) == NOW + CONFIG.backoff_max_s
    scores.did_well(A)
    scores.failed(A, NOW)
    assert scores.free_at(A) == NOW + 1.0


def test_a_penalty_decides_until_it_has_decayed():
    scores = Scores(CONFIG)
    scores.failed(A, NOW)
    later = NOW + 10
    assert scores.best([A, B], later) == [B]
    assert scores.best([A, B], NOW + CONFIG.penalty_half_life_s * 1.1) == [A, B]


def test_a_lie_weighs_more_than_a_failure_and_what_was_not_asked_for_adds_up():
    scores = Scores(CONFIG)
    scores.failed(A, NOW, lie=True)
    scores.failed(B, NOW)
    assert scores.best([A, B], NOW + 10) == [B]
    scores.gave_unasked(B, 100, NOW)
    assert scores.best([A, B], NOW + 10) == [A]
    scores.gave_unasked(bytes(32), 0, NOW)
    assert scores.penalty(bytes(32), NOW) == 0.0


def test_scores_are_bounded():
    scores = Scores(replace(CONFIG, score_count_max=10))
    for number in range(100):
        scores.failed(number.to_bytes(32, "big"), NOW)
    assert scores.penalty(bytes(32), NOW) == 0.0
    assert scores.penalty((99).to_bytes(32, "big"), NOW) == 1.0
    assert sum(scores.penalty(n.to_bytes(32, "big"), NOW) > 0 for n in range(100)) == 10
