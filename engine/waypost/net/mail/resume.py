"""How far each other server has been copied, in a file beside the archive.

The archive itself does not tell: the newest that it has came from peers, after the gap.
"""

import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from waypost.errors import ArchiveError
from waypost.mail.ages import Progress
from waypost.mail.archive import CURSOR_SIZE_B, TIME_S_MAX

logger = logging.getLogger(__name__)

_Points = dict[int, Progress]  # by age


class ResumePoints:
    """The progress with each server, by its node id and by age; without a path only in memory."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._points = _read(path) if path is not None else {}

    def get(self, node_id: bytes) -> Mapping[int, Progress]:
        """Where to go on; nothing for a server that is new."""
        return self._points.get(node_id, {})

    def set(self, node_id: bytes, points: Mapping[int, Progress]) -> None:
        """Keep them; call it once everything before is committed. Raises ArchiveError."""
        if points == self._points.get(node_id):
            return
        self._points[node_id] = dict(points)
        if self._path is not None:
            fresh = self._path.with_name(self._path.name + ".new")
            try:
                fresh.write_text(json.dumps(_as_json(self._points)) + "\n")
                os.replace(fresh, self._path)
            except OSError as error:
                raise ArchiveError("unwritable", f"{self._path}: {error.strerror}") from error


def _as_json(points: dict[bytes, _Points]) -> dict[str, object]:
    return {
        node_id.hex(): {str(age_s): _point_as_json(point) for age_s, point in each.items()}
        for node_id, each in points.items()
    }


def _point_as_json(point: Progress) -> dict[str, object]:
    return {"since_s": point.since_s, "upper_s": point.upper_s, "cursor": point.cursor.hex()}


def _progress(point: dict[str, Any]) -> Progress:
    """Raises ValueError for what no request can ask for."""
    since_s, upper_s = int(point["since_s"]), int(point["upper_s"])
    cursor = bytes.fromhex(point["cursor"])
    if not all(0 <= each <= TIME_S_MAX for each in (since_s, upper_s)):
        raise ValueError("a time has 32 bits")
    if len(cursor) not in (0, CURSOR_SIZE_B):
        raise ValueError(f"a cursor has {CURSOR_SIZE_B} bytes, or none")
    return Progress(since_s, upper_s, cursor)


def _read(path: Path) -> dict[bytes, _Points]:
    try:
        return {
            bytes.fromhex(node_id): {int(age_s): _progress(point) for age_s, point in each.items()}
            for node_id, each in json.loads(path.read_text()).items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        logger.warning(
            "copying begins anew: its resume points cannot be read",
            extra={"path": str(path), "detail": str(error)},
        )
        return {}
