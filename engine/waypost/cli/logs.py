"""What a command that serves logs to standard error: lines for a person, or JSON for a machine.

What happened is the message, what it happened to are the fields (`extra=`) of the log record.
"""

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from waypost.cli.output import printable

LEVELS = ("debug", "info", "warning", "error")

_OWN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in record.__dict__.items() if name not in _OWN}


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, message and the fields."""

    def format(self, record: logging.LogRecord) -> str:
        said = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            said["error"] = self.formatException(record.exc_info)
        return json.dumps(said, default=str)


class LineFormatter(logging.Formatter):
    """One line: time (UTC), level, message, and the fields as name=value."""

    def format(self, record: logging.LogRecord) -> str:
        fields = "".join(f" {name}={value}" for name, value in _fields(record).items())
        line = printable(f"{_time(record)} {record.levelname:<7} {record.getMessage()}{fields}")
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


@contextmanager
def logs_on_stderr(*, as_json: bool, level: str) -> Iterator[None]:
    """Within it what Waypost logs from this level on, and warnings of all others, are shown."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if as_json else LineFormatter())
    everybody, ours = logging.getLogger(), logging.getLogger("waypost")
    level_before = ours.level
    everybody.addHandler(handler)
    ours.setLevel(level.upper())
    try:
        yield
    finally:
        ours.setLevel(level_before)
        everybody.removeHandler(handler)
