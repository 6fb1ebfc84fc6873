"""`pytest tests/interop --runs 5`: with --runs nothing is skipped, so what is missing fails."""

import os
import shutil
import sysconfig
from collections.abc import Iterator
from typing import NoReturn

import pytest

from tests.interop.apart import NotPermitted, network_apart
from tests.interop.programs import Geth, Waypost


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--runs", type=int, help="repeat the conformance suite; what is missing then fails"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "run" in metafunc.fixturenames:
        runs = metafunc.config.getoption("runs", None) or 1
        metafunc.parametrize("run", range(1, runs + 1))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what the tests have counted."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            terminalreporter.write_line(f"{name}: {value}")


def find(config: pytest.Config, program: str, origin: str) -> str:
    """Where a program is: beside this Python, or on PATH."""
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])
    if found := shutil.which(program, path=path):
        return found
    miss(config, f"{program} is not on PATH: {origin} brings it")


def miss(config: pytest.Config, what: str) -> NoReturn:
    if config.getoption("runs", None) is not None:
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="session")
def waypost(pytestconfig: pytest.Config) -> Waypost:
    return Waypost(find(pytestconfig, "waypost", "`pip install -e .`"))


@pytest.fixture(scope="session")
def geth(pytestconfig: pytest.Config) -> Geth:
    return Geth(find(pytestconfig, "devp2p", "`make tools`"))


@pytest.fixture(scope="session")
def wnode_path(pytestconfig: pytest.Config) -> str:
    return find(pytestconfig, "wnode", "`make tools`")


@pytest.fixture
def apart(pytestconfig: pytest.Config) -> Iterator[None]:
    """The test, and all that it starts, is in a network where loopback is all there is."""
    try:
        with network_apart():
            yield
    except NotPermitted as why:
        miss(pytestconfig, f"no network of its own: {why}")
