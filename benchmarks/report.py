"""Each operation beside its plain-Python twin, in the same run: a table to read, not a gate."""

import json
from collections.abc import Callable, Iterator
from itertools import starmap
from statistics import median
from time import perf_counter
from typing import NamedTuple

from benchmarks.cases import Case, Comparison, Rate, of_all_modules

TURNS = 15
WINDOW_S = 5e-3


def once_s(call: Callable[[], object], window_s: float) -> float:
    """The mean time of a call, over a window."""
    count, start = 0, perf_counter()
    while (elapsed := perf_counter() - start) < window_s or count == 0:
        call()
        count += 1
    return elapsed / count


def side_by_side(case: Case, turns: int = TURNS) -> tuple[float, float]:
    """Seconds of a call and of its twin: medians of windows that take turns."""
    case.check()
    calls = (lambda: case.call(*case.args), case.twin_call())
    rounds = [[once_s(call, WINDOW_S) for call in calls] for _ in range(turns)]
    ours, twins = zip(*rounds, strict=True)
    return median(ours), median(twins)


def duration(seconds: float) -> str:
    return f"{seconds * 1e6:,.2f} us" if seconds < 1e-3 else f"{seconds * 1e3:,.2f} ms"


def line(name: str, ours: str, other: str, factor: str, target: str = "") -> str:
    return f"{name:<48}{ours:>14}{other:>16}{factor:>12}  {target}".rstrip()


class Measured(NamedTuple):
    """What was measured of one thing: a line to read, and the same for a machine."""

    text: str
    data: dict[str, object]


def times(factor: float, limit: float | None, word: str) -> tuple[str, str]:
    """A factor and its target as they are shown."""
    return (
        f"{factor:,.{1 if factor >= 10 else 2}f} x",
        "" if limit is None else f"{word} {limit:g} x",
    )


def of_case(name: str, case: Case) -> Measured:
    ours_s, twin_s = side_by_side(case)
    shown = times(twin_s / ours_s, case.faster_min, "at least")
    return Measured(
        line(name, duration(ours_s), duration(twin_s), *shown),
        {"operation": name, "ours_s": ours_s, "twin_s": twin_s, "faster_min": case.faster_min},
    )


def of_rate(name: str, rate: Rate) -> Measured:
    ours, twin = rate.measure()
    return Measured(
        line(name, f"{ours:,.0f} /s", f"{twin:,.0f} /s", f"{ours / twin:,.1f} x"),
        {"rate": name, "ours_per_s": ours, "twin_per_s": twin},
    )


def of_comparison(name: str, comparison: Comparison) -> Measured:
    limit = comparison.cost_max
    ours_s, other_s = comparison.measure() or (None, None)
    data = {"comparison": name, "ours_s": ours_s, "other_s": other_s, "cost_max": limit}
    if ours_s is None or other_s is None:
        return Measured(f"{name:<48}  left out: a program is missing (make tools)", data)
    if limit is not None and limit < 1:  # told as how much faster it is
        shown = times(other_s / ours_s, 1 / limit, "faster, at least")
    else:
        shown = times(ours_s / other_s, limit, "the cost, at most")
    return Measured(line(name, duration(ours_s), duration(other_s), *shown), data)


def measured() -> Iterator[Measured]:
    """Everything that there is to measure, one after the other; headings have no data."""
    cases: dict[str, Case] = of_all_modules("CASES")
    rates: dict[str, Rate] = of_all_modules("RATES")
    comparisons: dict[str, Comparison] = of_all_modules("COMPARISONS")
    yield Measured(line("operation", "compiled", "plain Python", "faster", "target"), {})
    yield from starmap(of_case, cases.items())
    yield from starmap(of_rate, rates.items())
    yield Measured(line("one thing / another", "the one", "the other", "ratio", "target"), {})
    yield from starmap(of_comparison, comparisons.items())


def bench(as_json: bool = False) -> None:
    """Says each result as soon as it is there."""
    for text, data in measured():
        if data or not as_json:
            print(json.dumps(data) if as_json else text, flush=True)
