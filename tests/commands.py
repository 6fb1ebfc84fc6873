"""The `waypost` command for tests: in this process, where that is enough, or in its own."""

import asyncio
import io
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from waypost import cli

PROGRAM = [sys.executable, "-c", "from waypost.cli import main; main()"]


class Ended(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def data(self) -> list[dict[str, Any]]:
        """What it said with --json."""
        return [json.loads(line) for line in self.out.splitlines()]

    def failure(self, status: int) -> str:
        """The one line that says what went wrong."""
        assert self.status == status, self
        *before, line = self.err.splitlines()
        assert line.startswith("waypost: "), self
        assert not any(early.startswith(("waypost: ", "Traceback")) for early in before), self
        assert self.err.endswith("\n")
        return line.removeprefix("waypost: ")


def waypost(*arguments: str | Path) -> Ended:
    """Run a command to its end, in this process."""
    out, err, status = io.StringIO(), io.StringIO(), 0
    with (
        mock.patch.object(sys, "argv", ["waypost", *map(str, arguments)]),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            cli.main()
        except SystemExit as end:
            status = int(end.code or 0)
    return Ended(status, out.getvalue(), err.getvalue())


async def waypost_beside(*arguments: str | Path) -> Ended:
    """The same while this loop goes on, for what serves the command runs on it."""
    return await asyncio.to_thread(waypost, *arguments)


async def waypost_process(*arguments: str | Path) -> Ended:
    """Run a command to its end, in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        *PROGRAM,
        *map(str, arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return Ended(process.returncode or 0, out.decode(), err.decode())


@asynccontextmanager
async def listening(*arguments: str | Path) -> AsyncIterator[str]:
    """The record of a `waypost discv5 listen` on loopback; SIGTERM ends it with status 0."""
    process = await asyncio.create_subprocess_exec(
        *PROGRAM,
        *("discv5", "listen", "--listen", "127.0.0.1:0"),
        *map(str, arguments),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.terminate()
        status = await asyncio.wait_for(process.wait(), 60.0)
    assert status == 0
