"""Spans of time as people write them: 24h, 7d, 90m."""

import re

from waypost.errors import ConfigError

DAY_S = 86_400
_UNIT_S = {"s": 1, "m": 60, "h": 3_600, "d": DAY_S, "w": 7 * DAY_S}
_SPAN = re.compile(r"(\d{1,12})([smhdw])")


def span_s(text: str) -> int:
    """The seconds of such a span (s, m, h, d, w). Raises ConfigError."""
    if not (span := _SPAN.fullmatch(text.strip())):
        raise ConfigError(f"{text!r} is no span of time: write 24h, 7d or 90m")
    return int(span[1]) * _UNIT_S[span[2]]
