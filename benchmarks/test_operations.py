"""Every case on both clocks. The numbers are judged by gate.py, not here."""

from collections.abc import Callable
from importlib import import_module
from time import perf_counter

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.cases import Case, of_all_modules, run
from benchmarks.clocks import InstructionClock, PairedClock

CASES: dict[str, Case] = of_all_modules("CASES")
INSTRUCTIONS = InstructionClock()
PAIRED = PairedClock()
ROUNDS = 200
WINDOW_S = 0.5e-3  # of target and of yardstick: short enough to fall between two disturbances


def calls_in(window_s: float, call: Callable[[], object]) -> int:
    start = perf_counter()
    count = 0
    while perf_counter() - start < window_s * 10:
        call()
        count += 1
    return max(1, count // 10)


@pytest.mark.benchmark(group="instructions", timer=INSTRUCTIONS)
@pytest.mark.parametrize("name", CASES)
def test_instructions(benchmark: BenchmarkFixture, name: str) -> None:
    case = CASES[name]
    case.check()
    worker = ["-m", "benchmarks.worker", name]
    benchmark.pedantic(INSTRUCTIONS.measure, args=(worker, case.count), rounds=1)


@pytest.mark.benchmark(group="ratio", timer=PAIRED)
@pytest.mark.parametrize("name", CASES)
def test_ratio(benchmark: BenchmarkFixture, name: str) -> None:
    case = CASES[name]
    case.check()
    yardstick = import_module(f"benchmarks.yardstick.{case.yardstick}").run
    count = calls_in(WINDOW_S, lambda: case.call(*case.args))
    turns = calls_in(WINDOW_S, yardstick)
    PAIRED.use(lambda: run(yardstick, (), turns), scale=turns / count)
    benchmark.pedantic(run, args=(case.call, case.args, count), rounds=ROUNDS, warmup_rounds=2)
