"""Starts and asks nodes: ours by the `waypost` command, geth's by its `devp2p` command."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ANY_PORT = "127.0.0.1:0"
TIMEOUT_S = 60


def waypost(*arguments: str) -> list[str]:
    return [str(Path(sys.executable).with_name("waypost")), "discv5", *arguments]


def devp2p(*arguments: str) -> list[str]:
    command = shutil.which("devp2p")
    if command is None:
        pytest.fail("devp2p is not here: run `make tools`")
    return [command, "discv5", *arguments]


@contextmanager
def running(command: list[str]) -> Iterator[str]:
    """A node in a process of its own; the value is the first line that it prints."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.communicate(timeout=TIMEOUT_S)


@contextmanager
def our_node(*arguments: str) -> Iterator[str]:
    """The record of a node of ours that listens on loopback."""
    with running(waypost("listen", "--listen", ANY_PORT, "--json", *arguments)) as line:
        yield json.loads(line)["enr"]


@contextmanager
def their_node(*arguments: str, bootnodes: str = "") -> Iterator[str]:
    """The same of geth's. Told of no bootnodes at all, it would ask those of the mainnet."""
    with running(
        devp2p("listen", "--addr", ANY_PORT, "--bootnodes", bootnodes, *arguments)
    ) as line:
        yield line


def answer(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def our_answers(*arguments: str) -> list[Any]:
    """What our command says: one JSON value a line."""
    return [json.loads(line) for line in answer(waypost(*arguments, "--json")).splitlines()]


def their_answer(verb: str, record: str, bootnodes: str = "") -> str:
    return answer(devp2p(verb, "--addr", ANY_PORT, "--bootnodes", bootnodes, record))
