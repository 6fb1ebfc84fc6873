"""wnode, go-ethereum's last Whisper node: mail server, mail client, or one who sends messages.

With `-test` both of its passwords are PASSWORD. It asks and is told by lines, and ends when there
are no more to come. What it can read it prints: "[address]: text", of its own "<address>: text".
It always asks the routers around for its address, so: keep it apart.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ENODE = r"(enode://\w{128}@127\.0\.0\.1:\d+)\s"
ANY_PORT = "127.0.0.1:0"
ANSWER_S = 60.0
STOP_S = 60.0
PASSWORD = "wwww"
TOPIC = "70a4beef"
VERBOSITY = 3  # it tells what it makes of its peers


@dataclass(slots=True)
class Wnode:
    """One that runs."""

    process: asyncio.subprocess.Process
    enode: str = ""
    log: str = ""
    _read: int = 0  # how much of the log has been waited for

    @property
    def point(self) -> bytes:
        """Its key, x || y."""
        return bytes.fromhex(self.enode.removeprefix("enode://").partition("@")[0])

    @property
    def port(self) -> int:
        return int(self.enode.rpartition(":")[2])

    async def read(self) -> tuple[str, str]:
        """The next message of another: the address of who has signed it, and the text."""
        found = await self.said(r"\[(\w{40})\]: (.*)\n")
        return found[1], found[2]

    def say(self, *lines: str) -> None:
        """A message to send, or the answer to what it asks for."""
        assert self.process.stdin is not None
        self.process.stdin.write("".join(f"{line}\n" for line in lines).encode())

    async def said(self, pattern: str) -> re.Match[str]:
        """The next of its output that has this form."""
        assert self.process.stdout is not None
        try:
            async with asyncio.timeout(ANSWER_S):
                while not (found := re.compile(pattern).search(self.log, self._read)):
                    data = await self.process.stdout.read(1 << 16)
                    assert data, f"wnode has ended:\n{self.log}"
                    self.log += data.decode()
        except TimeoutError:
            raise AssertionError(f"wnode has not said {pattern!r}, but:\n{self.log}") from None
        self._read = found.end()
        return found


@asynccontextmanager
async def running(program: str, *options: str) -> AsyncIterator[Wnode]:
    """One on loopback; all that it said is in the report of a test that fails."""
    command = [program, "-test", f"-ip={ANY_PORT}", f"-topic={TOPIC}", f"-verbosity={VERBOSITY}"]
    command += options
    pipe, stdout = asyncio.subprocess.PIPE, asyncio.subprocess.STDOUT
    process = await asyncio.create_subprocess_exec(
        *command, stdin=pipe, stdout=pipe, stderr=stdout
    )
    wnode = Wnode(process)
    try:
        wnode.enode = (await wnode.said(ENODE))[1]
        yield wnode
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        rest, _ = await asyncio.wait_for(process.communicate(), STOP_S)
        print(f"{' '.join(command)}\n{wnode.log}{rest.decode()}")


def mail_server(program: str, folder: Path) -> AbstractAsyncContextManager[Wnode]:
    """One with an archive, which waits for peers."""
    return running(program, "-standalone", "-mailserver", f"-dbpath={folder}")


@asynccontextmanager
async def talker(program: str, enode: str, *, ttl_s: int = 20) -> AsyncIterator[Wnode]:
    """One that is connected with a peer, and sends the lines that it is told."""
    async with running(program, f"-boot={enode}", f"-ttl={ttl_s}") as wnode:
        await wnode.said("Please type the message")
        yield wnode


def mail_client(program: str, enode: str) -> AbstractAsyncContextManager[Wnode]:
    """One who asks a mail server: it is told from when, to when, and for which topic."""
    return running(program, f"-boot={enode}", "-mailclient")
