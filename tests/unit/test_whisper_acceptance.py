"""What a node takes, and the name of each refusal at its edge."""

import pytest

from waypost._ext.acceptance import assess
from waypost._ext.bloom import FULL, bloom_of
from waypost._ext.envelope import Envelope
from waypost.config import WhisperConfig
from waypost.errors import ConfigError
from waypost.whisper.acceptance import Refusal, refusal

NOW_S = 1_546_300_800
TOPIC = bytes.fromhex("70a4beef")
CONFIG = WhisperConfig(pow_min=0.0)


def envelope(sent_s=NOW_S, ttl_s=50, size_b=100, work="leading"):
    return Envelope.create(
        expiry_s=sent_s + ttl_s, ttl_s=ttl_s, topic=TOPIC, data=bytes(size_b), work=work
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, None),
        ({"sent_s": NOW_S + 10}, None),
        ({"sent_s": NOW_S + 11}, Refusal.FROM_THE_FUTURE),
        ({"sent_s": NOW_S - 50}, None),
        ({"sent_s": NOW_S - 51}, Refusal.EXPIRED),
        ({"sent_s": NOW_S - 70}, Refusal.EXPIRED),
        ({"sent_s": NOW_S - 71}, Refusal.VERY_OLD),
        ({"sent_s": -1, "ttl_s": NOW_S + 50}, Refusal.TTL_BEYOND_EXPIRY),
        ({"sent_s": -1, "ttl_s": 2**32 - 1}, Refusal.TTL_BEYOND_EXPIRY),
        ({"sent_s": 0, "ttl_s": NOW_S}, None),
        ({"ttl_s": 0}, Refusal.NO_LIFETIME),
        ({"ttl_s": 1}, None),
        ({"size_b": (1 << 20) - 20}, None),
        ({"size_b": (1 << 20) - 19}, Refusal.TOO_LARGE),
    ],
)
def test_time_and_size(change, expected):
    assert refusal(envelope(**change), NOW_S, CONFIG) is expected


def test_work():
    sealed = envelope()
    sealed = sealed.sealed(sealed.search(0, 1 << 16, 8)[1])
    enough = WhisperConfig(pow_min=sealed.pow)
    assert refusal(sealed, NOW_S, enough) is None
    assert refusal(sealed, NOW_S, WhisperConfig(pow_min=sealed.pow * 1.01)) is Refusal.LOW_WORK
    assert refusal(sealed, NOW_S - 1, enough) is Refusal.LOW_WORK  # its ttl counts from now
    assert refusal(envelope(), NOW_S, WhisperConfig()) is Refusal.LOW_WORK


def test_topics():
    assert refusal(envelope(), NOW_S, CONFIG, bloom=bloom_of([TOPIC])) is None
    assert refusal(envelope(), NOW_S, CONFIG, bloom=bytes(64)) is Refusal.BLOOM_MISMATCH
    with pytest.raises(ConfigError):
        refusal(envelope(), NOW_S, CONFIG, bloom=b"")


def test_the_work_of_another_network_is_the_callers_mistake():
    older = WhisperConfig(work="trailing", pow_min=0.0)
    assert refusal(envelope(work="trailing"), NOW_S, older) is None
    with pytest.raises(ConfigError, match="the network's is trailing"):
        refusal(envelope(), NOW_S, older)


@pytest.mark.parametrize("wrong", [None, b"", envelope().raw])
def test_what_is_no_envelope_is_the_callers_mistake(wrong):
    with pytest.raises(TypeError):
        assess([envelope(), wrong], NOW_S, skew_s_max=10, size_max_b=100, pow_min=0.0, bloom=FULL)


@pytest.mark.parametrize(
    "setting",
    [
        {"work": "lucky"},
        {"pow_min": -1.0},
        {"pow_min": float("nan")},
        {"pow_min": float("inf")},
        {"envelope_size_max_b": 0},
        {"envelope_size_max_b": (10 << 20) + 1},
        {"skew_s_max": -1},
    ],
)
def test_settings_are_checked(setting):
    with pytest.raises(ConfigError):
        WhisperConfig(**setting)
