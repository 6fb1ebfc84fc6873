"""Ours and geth's: two programs that speak discv5, as processes on the loopback interface."""

import json
import select
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGTERM

from waypost import ENR

ANY_PORT = "127.0.0.1:0"
READY_S = 60.0  # from the start of a program to its first line
ANSWER_S = 60.0  # for one question, the start of the program included
SUITE_S = 180.0  # the conformance suite waits a minute for each of some answers
STOP_S = 60.0
CRAWL_S = 3


@dataclass(frozen=True, slots=True)
class Waypost:
    """The installed `waypost` command."""

    path: str

    @contextmanager
    def listen(self, *bootnodes: ENR, key_file: Path | None = None) -> Iterator[ENR]:
        """The record of a node that runs; it ends with status 0."""
        command = [self.path, "discv5", "listen", "--listen", ANY_PORT, "--json"]
        command += ["--key", str(key_file)] if key_file else []
        with _running([*command, *_bootnodes(bootnodes)], end_status=0) as line:
            yield ENR.parse(json.loads(line)["enr"])

    def ping(self, peer: ENR) -> dict[str, object]:
        """What its PONG says."""
        [pong] = self._ask("ping", peer.text)
        return pong

    def resolve(self, who: ENR | bytes, *bootnodes: ENR) -> ENR:
        """The newest record: from the peer itself, or of a node id by a lookup."""
        text = who.text if isinstance(who, ENR) else who.hex()
        [found] = self._ask("resolve", text, *_bootnodes(bootnodes))
        return ENR.parse(str(found["enr"]))

    def lookup(self, target: bytes, bootnode: ENR) -> list[ENR]:
        """The closest nodes to a target that answered, closest first."""
        # Its status is 1 where none answered.
        found = self._ask("lookup", target.hex(), *_bootnodes([bootnode]), statuses=(0, 1))
        return [ENR.parse(str(node["enr"])) for node in found]

    def _ask(
        self, verb: str, *arguments: str, statuses: tuple[int, ...] = (0,)
    ) -> list[dict[str, object]]:
        said = _output([self.path, "discv5", verb, *arguments, "--json"], statuses)
        return [json.loads(line) for line in said.splitlines()]


@dataclass(frozen=True, slots=True)
class Geth:
    """geth's `devp2p`. It is always told its bootnodes: its own default is the public network."""

    path: str

    @contextmanager
    def listen(self, *bootnodes: ENR, secret: bytes | None = None, port: int = 0) -> Iterator[ENR]:
        """The record of a node that runs."""
        command = self._command("listen", bootnodes, port)
        command += [f"--nodekey={secret.hex()}"] if secret else []
        with _running(command, end_status=-SIGTERM) as line:
            yield ENR.parse(line)

    def ping(self, peer: ENR) -> str:
        """The error, as Go shows it."""
        return _output([*self._command("ping"), peer.text])

    def resolve(self, peer: ENR, *bootnodes: ENR) -> ENR:
        """The newest record: from the peer itself, else by a lookup; what is not found comes back
        as it was given.
        """
        return ENR.parse(_output([*self._command("resolve", bootnodes), peer.text]))

    def crawl(self, bootnode: ENR, found_path: Path) -> list[ENR]:
        """The nodes that lookups of random targets show in some seconds, and that answer."""
        _output([*self._command("crawl", [bootnode]), f"--timeout={CRAWL_S}s", str(found_path)])
        found = json.loads(found_path.read_text())
        return [ENR.parse(node["record"]) for node in found.values()]

    def conformance(self, peer: ENR) -> str:
        """The verdicts of its test suite on a node, in TAP (Test Anything Protocol)."""
        addresses = ["--listen1", "127.0.0.1", "--listen2", "127.0.0.2"]
        command = [self.path, "discv5", "test", "--tap", *addresses, peer.text]
        # It ends with status 1 where a test failed; its output says which.
        return _output(command, statuses=(0, 1), wait_s=SUITE_S)

    def _command(self, verb: str, bootnodes: Sequence[ENR] = (), port: int = 0) -> list[str]:
        joined = ",".join(node.text for node in bootnodes)
        options = [f"--addr=127.0.0.1:{port}", f"--bootnodes={joined}"]
        return [self.path, "discv5", verb, *options]


def _bootnodes(records: Sequence[ENR]) -> list[str]:
    return [word for record in records for word in ("--bootnode", record.text)]


def _output(command: list[str], statuses: tuple[int, ...] = (0,), wait_s: float = ANSWER_S) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=wait_s)
    assert done.returncode in statuses, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout.strip()


@contextmanager
def _running(command: list[str], end_status: int) -> Iterator[str]:
    """The first line of a program that runs until SIGTERM. What it logs is in pytest's report."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            ready, _, _ = select.select([process.stdout], [], [], READY_S)
            line = process.stdout.readline().strip() if ready else ""
            assert line, f"{command} is not ready"
            yield line
            process.terminate()
            status = process.wait(STOP_S)
        finally:
            process.kill()
    assert status == end_status
