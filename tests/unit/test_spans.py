"""Spans of time as people write them."""

import pytest

from waypost.errors import ConfigError
from waypost.spans import span_s


def test_spans():
    spans = {"90m": 5_400, "24h": 86_400, "7d": 604_800, "2w": 1_209_600, "30s": 30}
    assert {text: span_s(text) for text in spans} == spans


@pytest.mark.parametrize("text", ["", "h", "-1h", "1.5h", "1y", "7", "1" * 5_000 + "d"])
def test_what_is_no_span(text):
    with pytest.raises(ConfigError, match="no span of time"):
        span_s(text)
