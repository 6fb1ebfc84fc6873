"""How far each other server has been copied, in a file beside the archive.

The archive itself does not tell: the newest that it has came from peers, after the gap.
"""

import json
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from waypost.errors import ArchiveError
from waypost.mail.archive import CURSOR_SIZE_B, TIME_S_MAX

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """Everything sent before since_s is here. With a cursor, a round up to upper_s is under way,
    and goes on there.
    """

    since_s: int = 0
    upper_s: int = 0
    cursor: bytes = b""


class ResumePoints:
    """The progress with each server, by its node id; without a path only in memory."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._points = _read(path) if path is not None else {}

    def get(self, node_id: bytes) -> Progress:
        """Where to go on: from the beginning with a server that is new."""
        return self._points.get(node_id, Progress())

    def set(self, node_id: bytes, progress: Progress) -> None:
        """Keep it; call it once everything before is committed. Raises ArchiveError."""
        self._points[node_id] = progress
        if self._path is not None:
            fresh = self._path.with_name(self._path.name + ".new")
            try:
                fresh.write_text(json.dumps(_as_json(self._points)) + "\n")
                os.replace(fresh, self._path)
            except OSError as error:
                raise ArchiveError("unwritable", f"{self._path}: {error.strerror}") from error


def _as_json(points: dict[bytes, Progress]) -> dict[str, object]:
    return {
        node_id.hex(): {
            "since_s": point.since_s,
            "upper_s": point.upper_s,
            "cursor": point.cursor.hex(),
        }
        for node_id, point in points.items()
    }


def _progress(point: dict[str, Any]) -> Progress:
    """Raises ValueError for what no request can ask for."""
    since_s, upper_s = int(point["since_s"]), int(point["upper_s"])
    cursor = bytes.fromhex(point["cursor"])
    if not all(0 <= each <= TIME_S_MAX for each in (since_s, upper_s)):
        raise ValueError("a time has 32 bits")
    if len(cursor) not in (0, CURSOR_SIZE_B):
        raise ValueError(f"a cursor has {CURSOR_SIZE_B} bytes, or none")
    return Progress(since_s, upper_s, cursor)


def _read(path: Path) -> dict[bytes, Progress]:
    try:
        return {
            bytes.fromhex(node_id): _progress(point)
            for node_id, point in json.loads(path.read_text()).items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        logger.warning(
            "copying begins anew: its resume points cannot be read",
            extra={"path": str(path), "detail": str(error)},
        )
        return {}
