"""Runs a soak: begins its processes, watches the server, ends them in their order."""

import asyncio
import json
import sys
import urllib.request
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from tests.soak.plan import Plan
from tests.soak.samples import Sample
from tests.soak.server import REMEMBERED, opened
from waypost.config import MailClientConfig
from waypost.net.clock import monotonic, wall_clock_s
from waypost.net.mail.client import MailClient

READY_S_MAX = 180.0  # for a process, on a machine that does other things, too
END_S_MAX = 120.0
SAMPLE_INTERVAL_S = 5.0
WARM_UP_SHARE = 0.25
LINE_SIZE_MAX_B = 64 << 20


class Process:
    """One of a soak's processes, which tells and is told lines."""

    def __init__(self, role: str, process: asyncio.subprocess.Process) -> None:
        self.role = role
        self.process = process

    async def heard(self, timeout_s: float) -> dict[str, Any]:
        """The next line. Raises RuntimeError where it ends, or is silent."""
        try:
            async with asyncio.timeout(timeout_s):
                line = await self.process.stdout.readline()
        except TimeoutError:
            raise RuntimeError(f"{self.role} is silent") from None
        if not line:
            raise RuntimeError(f"{self.role} ended with {await self.process.wait()}: see its log")
        return json.loads(line)

    def check(self) -> None:
        """Raises RuntimeError where it has ended."""
        if self.process.returncode is not None:
            raise RuntimeError(f"{self.role} ended with {self.process.returncode}: see its log")

    def say(self, word: str) -> None:
        self.process.stdin.write(f"{word}\n".encode())

    async def ask(self, word: str = "look") -> dict[str, Any]:
        self.say(word)
        return await self.heard(END_S_MAX)

    async def stop(self) -> dict[str, Any]:
        """Its report."""
        self.say("stop")
        report = await self.heard(END_S_MAX)
        await self.process.wait()
        return report

    async def terminate(self) -> int | None:
        """The status that SIGTERM ends it with; None where it does not."""
        self.process.terminate()
        try:
            async with asyncio.timeout(END_S_MAX):
                return await self.process.wait()
        except TimeoutError:
            return None


@asynccontextmanager
async def begun(role: str, plan: Plan, name: str = "") -> AsyncIterator[Process]:
    """A process, killed at the end where it is still there. Its errors go to ROLE.log."""
    with plan.path(f"{name or role}.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.soak.process", role),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            limit=LINE_SIZE_MAX_B,
        )
    try:
        begun = Process(name or role, process)
        begun.say(plan.to_json())
        yield begun
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@dataclass(slots=True)
class Record:
    """All that was seen of a soak."""

    plan: Plan
    warm_at: float = 0.0  # when the warm-up had ended, in seconds since the beginning
    ended_at: float = 0.0  # when the load had
    idle: Sample | None = None  # before anybody came
    idle_tables: dict[str, int] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)
    rested: Sample | None = None  # after all had left
    crowd: dict[str, Any] = field(default_factory=dict)
    askers: dict[str, Any] = field(default_factory=dict)
    strangers: dict[str, Any] = field(default_factory=dict)
    server: dict[str, Any] = field(default_factory=dict)
    lacking_count: int = 0
    metrics: str = ""
    statuses: dict[str, int | None] = field(default_factory=dict)
    logs: dict[str, str] = field(default_factory=dict)

    def warm(self) -> list[Sample]:
        return [each for each in self.samples if self.warm_at <= each.at <= self.ended_at]


Progress = Callable[[str], None]


async def soak(plan: Plan, progress: Progress) -> Record:
    """Raises RuntimeError where a process of the load fails."""
    record = Record(plan)
    begin_archives(plan)
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(begun("server", plan))
        where = await server.heard(READY_S_MAX)
        plan = replace(plan, enode=where["enode"])
        said = await server.ask("rest")
        record.idle = Sample.of(server.process.pid, 0.0, said["blocks"])
        record.idle_tables = said["tables"]
        copy = await stack.enter_async_context(begun("server", plan, "copy"))
        await copy.heard(READY_S_MAX)
        load = {
            role: await stack.enter_async_context(begun(role, plan))
            for role in ("crowd", "askers", "strangers")
        }
        for each in load.values():
            await each.heard(READY_S_MAX)
        progress(f"{plan.peer_count} peers are connected")
        await watch(record, server, list(load.values()), where["metrics"], progress)
        record.strangers, record.askers, record.crowd = await asyncio.gather(
            *(load[role].stop() for role in ("strangers", "askers", "crowd"))
        )
        progress("the load has ended")
        record.lacking_count = await lacking(plan)
        await asyncio.sleep(plan.server_config().sync_interval_s * 2)
        record.statuses["copy"] = await copy.terminate()
        await rest(record, server, progress)
        record.metrics = await scraped(where["metrics"])
        record.statuses["server"] = await server.terminate()
    for name in ("server", "copy", *load):
        record.logs[name] = plan.path(f"{name}.log").read_text()
    return record


def begin_archives(plan: Plan) -> None:
    """What is there from the start, in both."""
    history = list(plan.history())
    for name in ("server", "copy"):
        with opened(plan, name) as archive:
            archive.append(history)


async def lacking(plan: Plan) -> int:
    """How many of the envelopes that were acknowledged a client does not get."""
    wanted = plan.acknowledged()
    config = MailClientConfig(whisper=plan.whisper())
    async with MailClient(plan.enode, config=config) as client:
        history = client.history(since=plan.begun_s, until=wall_clock_s())
        return len(wanted - {envelope.hash async for envelope in history})


async def watch(
    record: Record, server: Process, load: list[Process], metrics: str, progress: Progress
) -> None:
    """Sample the server while the load lasts."""
    plan, start = record.plan, monotonic()
    record.warm_at = plan.duration_s * WARM_UP_SHARE
    interval_s = min(SAMPLE_INTERVAL_S, plan.duration_s / 8)
    due_s = 0.0
    while due_s < plan.duration_s:
        due_s += interval_s
        await asyncio.sleep(max(0.0, start + due_s - monotonic()))
        for each in load:
            each.check()
        said = await server.ask()
        sample = Sample.of(server.process.pid, monotonic() - start, said["blocks"])
        record.samples.append(sample)
        await scraped(metrics)
        progress(line_of(sample, said))
    record.ended_at = monotonic() - start


def line_of(sample: Sample, said: dict[str, Any]) -> str:
    return (
        f"{sample.at:5.0f} s: {sample.resident_b >> 10} KiB, {sample.blocks} blocks, "
        f"{sample.files} files, {sample.threads} threads, {sample.cpu_s:.0f} s of CPU; "
        f"{said['peers']} peers, "
        f"{said['stored']} stored, {said['requests'].get('completed', 0)} answered, "
        f"{sum(said['refusals'].values())} refused"
    )


def busy(record: Record) -> dict[str, int]:
    """The tables that hold more than before anybody came."""
    return {
        name: size
        for name, size in record.server["tables"].items()
        if size > record.idle_tables.get(name, 0) and not any(each in name for each in REMEMBERED)
    }


async def rest(record: Record, server: Process, progress: Progress) -> None:
    """Wait until nothing is in the air any more."""
    deadline = monotonic() + record.plan.ttl_s * 2 + 30.0
    while True:
        record.server = await server.ask("rest")
        if not busy(record) or monotonic() > deadline:
            break
        await asyncio.sleep(0.5)
    record.rested = Sample.of(server.process.pid, monotonic(), record.server["blocks"])
    progress("nothing is in the air")


async def scraped(url: str) -> str:
    """The metrics, as Prometheus gets them."""

    def get() -> str:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.read().decode()

    return await asyncio.to_thread(get)
