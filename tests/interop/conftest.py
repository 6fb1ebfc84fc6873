"""Real peers on loopback. `make tools` brings them and `make interop` runs these tests."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--runs", type=int, default=1, help="conformance runs, one after the other")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "run" in metafunc.fixturenames:
        runs = metafunc.config.getoption("runs")
        metafunc.parametrize("run", range(1, runs + 1), ids=lambda run: f"run-{run}")
