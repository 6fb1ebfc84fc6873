"""How far each other server has been copied, in a file beside the archive.

The archive itself does not tell: the newest that it has came from peers, after the gap.
"""

import json
import logging
import os
from dataclasses import dataclass
from pathlib import Path

from waypost.errors import ArchiveError

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


def _read(path: Path) -> dict[bytes, Progress]:
    try:
        return {
            bytes.fromhex(node_id): Progress(
                int(point["since_s"]), int(point["upper_s"]), bytes.fromhex(point["cursor"])
            )
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
