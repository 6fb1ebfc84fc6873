"""Processes that are measured, on one processor each where that is wanted and can be had."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen

END_S = 10.0


@contextmanager
def on_processor(number: int | None) -> Iterator[None]:
    """This process and those that it starts are on that one of its processors, counted round; on
    all of them for None.
    """
    if number is None or not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(before)[number % len(before)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Peer:
    """A process that is told and tells lines, and ends with its input."""

    def __init__(self, *command: str, cpu: int | None) -> None:
        with on_processor(cpu):
            self.process = Popen(command, stdin=PIPE, stdout=PIPE, text=True)

    def __enter__(self) -> "Peer":
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.process.communicate(timeout=END_S)
        finally:
            self.process.kill()

    def line(self) -> str:
        """The next that it tells."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def asked(self, question: str) -> str:
        """Its answer to a line."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{question}\n")
        self.process.stdin.flush()
        return self.line()

    def idle_b(self) -> int:
        """The memory that it has, on Linux; elsewhere 0. Its peak begins anew."""
        size_b = self._memory_b("VmRSS")
        if size_b:
            Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")
        return size_b

    def peak_b(self) -> int:
        """The most that it has had since it was idle."""
        return self._memory_b("VmHWM")

    def _memory_b(self, field: str) -> int:
        status = Path(f"/proc/{self.process.pid}/status")
        if not status.exists():
            return 0
        (size,) = re.findall(rf"(?m)^{field}:\s+(\d+) kB$", status.read_text())
        return int(size) << 10
