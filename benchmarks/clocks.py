"""Two timers for pytest-benchmark that tell the same on a noisy machine as on a quiet one."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

# What would let the state of a process leak into a count: the order of hashes, and how full the
# pools of an allocator are. In glibc's own cache, a freed block is the next to be used; past the
# limits of the cache it is joined with its neighbours, and those depend on every address.
STEADY = {
    "PYTHONHASHSEED": "0",
    "PYTHONMALLOC": "malloc",
    "GLIBC_TUNABLES": "glibc.malloc.tcache_count=65535",
}


class InstructionClock:
    """A "nanosecond" is one instruction of one call, counted by callgrind.

    Two processes run the call `count` and 11 * `count` times; what else they do cancels in the
    difference. The count repeats to a thousandth or better, whatever else the machine does and
    wherever things lie in memory.
    """

    def __init__(self, path: Path | None = None) -> None:
        """`path`: where the processes look for modules first."""
        self._environment = STEADY | ({"PYTHONPATH": str(path)} if path else {})
        self._per_call: float | None = None

    def __call__(self) -> float:
        per_call, self._per_call = self._per_call, None
        return 0.0 if per_call is None else per_call * 1e-9

    def measure(self, worker: list[str], count: int) -> None:
        """`worker` is what follows `python`; the number of calls is appended to it."""
        few, many = (self._start([*worker, str(calls)]) for calls in (count, 11 * count))
        self._per_call = (self._instructions(many) - self._instructions(few)) / (10 * count)

    def _start(self, worker: list[str]) -> subprocess.Popen[str]:
        callgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
        return subprocess.Popen(
            ["setarch", "-R", *callgrind, sys.executable, *worker],
            env=os.environ | self._environment,
            stderr=subprocess.PIPE,
            text=True,
        )

    @staticmethod
    def _instructions(process: subprocess.Popen[str]) -> int:
        _, output = process.communicate()
        found = re.search(r"Collected : (\d+)", output)
        assert process.returncode == 0, output
        assert found is not None, output
        return int(found[1])


class PairedClock:
    """The unit is one run of a reference, timed next to the target: load slows both down."""

    def __init__(self) -> None:
        self._reference: Callable[[], object] = lambda: None
        self._scale = 1.0
        self._opened: float | None = None
        self._reference_s = 0.0

    def use(self, reference: Callable[[], object], scale: float) -> None:
        """From now on one unit is `scale` runs of this reference."""
        self._reference, self._scale = reference, scale

    def __call__(self) -> float:
        if self._opened is None:
            start = perf_counter()
            self._reference()
            self._reference_s = perf_counter() - start
            self._opened = perf_counter()
            return 0.0
        elapsed, self._opened = perf_counter() - self._opened, None
        return elapsed / self._reference_s * self._scale
