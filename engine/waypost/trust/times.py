"""Times as people read them: what contracts keep as seconds since 1970."""

from datetime import UTC, datetime


def time_text(seconds: int) -> str:
    """A time of day and date in UTC, or `never` for 0."""
    if not seconds:
        return "never"
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return f"{seconds} s"
