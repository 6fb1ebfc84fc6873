"""What a process uses, as the system tells it (Linux)."""

import os
import statistics
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

PAGE_SIZE_B = os.sysconf("SC_PAGE_SIZE")
TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Sample:
    at: float  # seconds since the soak began
    resident_b: int
    files: int
    threads: int
    cpu_s: float
    blocks: int = 0  # of memory that Python has given out

    @classmethod
    def of(cls, pid: int, at: float, blocks: int) -> "Sample":
        process = Path(f"/proc/{pid}")
        resident_b = int((process / "statm").read_text().split()[1]) * PAGE_SIZE_B
        after_name = (process / "stat").read_text().rpartition(")")[2].split()
        cpu_s = (int(after_name[11]) + int(after_name[12])) * TICK_S
        files = len(list((process / "fd").iterdir()))
        return cls(at, resident_b, files, int(after_name[17]), cpu_s, blocks)


def slope(points: list[tuple[float, float]]) -> float:
    """By how much the second number grows while the first, in seconds, grows by a minute: the
    median of the slopes between any two points (Theil and Sen), which a few outliers do not move.
    """
    slopes = [
        (later - sooner) / (end - start) * 60
        for (start, sooner), (end, later) in combinations(points, 2)
    ]
    return statistics.median(slopes) if slopes else 0.0
