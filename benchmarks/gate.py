"""Measures on both clocks, keeps results as baselines, and judges later ones by them.

A baseline says what one call of each case costs: in instructions, which is true for one set of
tools, or in runs of its yardstick, which is also a matter of the processor.
"""

import json
import subprocess
import sys
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.cases import Comparison
from benchmarks.machine import cpu, toolchain

HERE = Path(__file__).parent
LIMITS = {"instructions": 0.01, "ratio": 0.10}
COST = {"instructions": "instructions", "ratio": "time, in runs of its yardstick"}
DIGITS = {"instructions": 2, "ratio": 4}
# A whole service is a matter of several processes and of whoever else uses the machine: their
# ratio moves by a fifth with nothing changed. So the gate is for regressions; `make bench` tells
# how far a target is reached.
TARGET_SLACK = 0.5
RATIO_TRIES = 3  # load of a neighbour comes and goes: a case fails when it fails every time


@dataclass(frozen=True)
class Result:
    tools: dict[str, str]
    costs: dict[str, float]


def baseline_path(clock: str) -> Path:
    name = toolchain()["architecture"] if clock == "instructions" else cpu()
    return HERE / "baseline" / clock / f"{name}.json"


def measure(clock: str, cases: Collection[str] = ()) -> Result:
    """Runs the cases, or all, on one clock."""
    test = f"{HERE / 'test_operations.py'}::test_{clock}"
    with TemporaryDirectory() as folder:
        out = Path(folder) / "result.json"
        options = ["-q", "-o", "addopts=--import-mode=importlib", "--benchmark-quiet"]
        selected = [f"{test}[{case}]" for case in cases] or [test]
        command = [sys.executable, "-m", "pytest", *options, f"--benchmark-json={out}", *selected]
        subprocess.run(command, cwd=HERE.parent, check=True)
        benchmarks = json.loads(out.read_text())["benchmarks"]
    unit = 1e-9 if clock == "instructions" else 1.0
    costs = {
        each["params"]["name"]: round(each["stats"]["median"] / unit, DIGITS[clock])
        for each in benchmarks
    }
    return Result(toolchain(), costs)


def load(clock: str) -> Result:
    return Result(**json.loads(baseline_path(clock).read_text()))


def settled(clock: str) -> Result:
    """What cases cost in the middle one of several processes: where a process has its memory moves
    a ratio by a twentieth.
    """
    results = [measure(clock) for _ in range(RATIO_TRIES if clock == "ratio" else 1)]
    first = results[0]
    costs = {name: median(each.costs[name] for each in results) for name in first.costs}
    return Result(first.tools, costs)


def record() -> None:
    """Makes the baselines of this machine anew."""
    for clock in LIMITS:
        path = baseline_path(clock)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(settled(clock)), indent=2) + "\n")
        print(f"recorded {path.relative_to(HERE.parent)}: commit it, and say why it changed")


def unusable(clock: str, cases: Collection[str], baseline: Result) -> list[str]:
    """Why a baseline cannot judge these cases here; each reason is one line."""
    advice = "run `make bench-record` on this toolchain and commit the difference"
    reasons = [
        f"the baseline is for {tool} {baseline.tools.get(tool)}, here is {here}: {advice}"
        for tool, here in toolchain().items()
        if baseline.tools.get(tool) != here
    ]
    new, gone = set(cases) - baseline.costs.keys(), baseline.costs.keys() - set(cases)
    reasons += [f"{name} is not in the baseline: {advice}" for name in sorted(new)]
    return reasons + [f"{name} is only in the baseline: {advice}" for name in sorted(gone)]


def slower(clock: str, result: Result, baseline: Result) -> dict[str, float]:
    """By how much each case that is past the limit costs more: 0.05 for 5 %."""
    changes = {name: cost / baseline.costs[name] - 1 for name, cost in result.costs.items()}
    return {name: change for name, change in changes.items() if change > LIMITS[clock]}


def judge(clock: str, cases: Collection[str]) -> list[str]:
    """One line for each reason to fail."""
    if not baseline_path(clock).exists():
        missing = f"no {clock} baseline for {baseline_path(clock).stem}: run `make bench-record`"
        print(missing)
        return [missing] if clock == "instructions" else []
    baseline = load(clock)
    if reasons := unusable(clock, cases, baseline):
        return reasons
    failing = slower(clock, measure(clock), baseline)
    for _ in range(RATIO_TRIES - 1 if clock == "ratio" else 0):
        if failing:
            again = slower(clock, measure(clock, failing), baseline)
            failing = {name: change for name, change in again.items() if name in failing}
    return [f"{name}: {change:.1%} more {COST[clock]}" for name, change in failing.items()]


def beyond(name: str, comparison: Comparison) -> str | None:
    """Why a comparison misses its target by more than the slack; None if it does not, or cannot be
    made here.
    """
    if comparison.cost_max is None:
        return None
    why = None
    for _ in range(RATIO_TRIES):
        seconds = comparison.measure()
        if seconds is None:
            print(f"{name}: left out, a program is missing (make tools)")
            return None
        cost = seconds[0] / seconds[1]
        if cost <= comparison.cost_max * (1 + TARGET_SLACK):
            return None
        why = f"{name}: {cost:.3g} times the cost, at most {comparison.cost_max:.3g} wanted"
    return why


def judge_targets(comparisons: Mapping[str, Comparison]) -> list[str]:
    """One line for each comparison that misses its target every time."""
    return [why for each in comparisons.items() if (why := beyond(*each))]
