"""The mail server of a soak, and another one that copies from it."""

import asyncio
import ctypes
import gc
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import is_dataclass

from tests.soak.plan import PASSWORD, Plan
from tests.soak.wire import Wire
from waypost.cli.logs import logs_on_stderr
from waypost.enode import Enode
from waypost.net.archive import SqliteArchive
from waypost.net.mail.endpoint import MetricsEndpoint
from waypost.net.mail.server import MailServer
from waypost.net.run import stop_signal

# Memory of the past: counters, and what has a bound of its own.
REMEMBERED = (
    *("refusals", "_refusals", "_tally", "_intervals", "_nodes", "_addresses"),
    *("_bits", "_known", "_recent", "_desk._peers", "_desk._hosts", "_sync_desk._peers"),
)


def sizes(thing: object, path: str = "", seen: set[int] | None = None) -> dict[str, int]:
    """{path: length} of all tables of our own objects that are reached from one; of what is in
    them nothing more.
    """
    seen = set() if seen is None else seen
    seen.add(id(thing))
    found = {}
    for name, value in attributes(thing):
        where = f"{path}.{name}".lstrip(".")
        if id(value) in seen or not isinstance(name, str):
            continue
        if isinstance(value, dict | set | list | deque):
            found[where] = len(value)
        elif type(value).__module__.startswith("waypost.") and not is_dataclass(value):
            found |= sizes(value, where, seen)
    return found


def attributes(thing: object) -> Iterator[tuple[str, object]]:
    yield from getattr(thing, "__dict__", {}).items()
    for kind in type(thing).__mro__:
        for name in getattr(kind, "__slots__", ()):
            if hasattr(thing, name):
                yield name, getattr(thing, name)


async def run(plan: Plan, wire: Wire) -> None:
    """Tells where it is; at any word how it is, at "rest" without garbage; ends at SIGTERM."""
    name = "copy" if plan.enode else "server"
    with plan.key(name) as key, logs_on_stderr(as_json=True, level="info"):
        stop = stop_signal()
        server = MailServer(
            key,
            plan.path(f"{name}.sqlite"),
            password=PASSWORD,
            config=plan.server_config(),
            sync_from=[plan.enode] if plan.enode else [],
            sync_to=[] if plan.enode else [str(enode_of(plan, "copy"))],
        )
        async with MetricsEndpoint(server, "127.0.0.1:0") as endpoint, server:
            wire.tell(enode=server.enode, metrics=f"{endpoint.url}/metrics")
            async with asyncio.TaskGroup() as tasks:
                telling = tasks.create_task(tell(server, wire, stop))
                await stop.wait()
                telling.cancel()


async def tell(server: MailServer, wire: Wire, stop: asyncio.Event) -> None:
    async for word in wire.words():
        if word == "rest":
            gc.collect()
            ctypes.CDLL(None).malloc_trim(0)  # what the allocator keeps is no growth of ours
        stats = server.stats
        wire.tell(
            blocks=sys.getallocatedblocks(),
            peers=stats.peer_count,
            stored=stats.stored_count,
            envelopes=stats.envelopes,
            requests=stats.requests,
            delivered=stats.delivered,
            refusals=stats.refusals,
            tables=sizes(server),
        )
    stop.set()  # whoever began it is gone


def enode_of(plan: Plan, name: str) -> Enode:
    """By its key; where it is matters to nobody."""
    with plan.key(name) as key:
        return Enode(key.secret_key.point, "127.0.0.1", 1)


@contextmanager
def opened(plan: Plan, name: str) -> Iterator[SqliteArchive]:
    """The archive of a server that is not running."""
    archive = SqliteArchive(plan.path(f"{name}.sqlite"))
    try:
        yield archive
    finally:
        archive.close()
