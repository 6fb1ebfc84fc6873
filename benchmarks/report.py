"""Each operation beside its plain-Python twin, in the same run: a table to read, not a gate."""

from collections.abc import Callable
from statistics import median
from time import perf_counter

from benchmarks.cases import Case, Rate, of_all_modules

TURNS = 15
WINDOW_S = 5e-3


def once_s(call: Callable[[], object], window_s: float) -> float:
    """The mean time of a call, over a window."""
    count, start = 0, perf_counter()
    while (elapsed := perf_counter() - start) < window_s or count == 0:
        call()
        count += 1
    return elapsed / count


def side_by_side(case: Case) -> tuple[float, float]:
    """Seconds of a call and of its twin: medians of windows that take turns."""
    case.check()
    calls = (lambda: case.call(*case.args), case.twin_call())
    turns = [[once_s(call, WINDOW_S) for call in calls] for _ in range(TURNS)]
    ours, twins = zip(*turns, strict=True)
    return median(ours), median(twins)


def duration(seconds: float) -> str:
    return f"{seconds * 1e6:,.2f} us" if seconds < 1e-3 else f"{seconds * 1e3:,.2f} ms"


def line(name: str, ours: str, twin: str, factor: float | None) -> str:
    return f"{name:<44}{ours:>14}{twin:>16}{f'{factor:,.1f} x' if factor else '':>12}"


def main() -> None:
    cases: dict[str, Case] = of_all_modules("CASES")
    rates: dict[str, Rate] = of_all_modules("RATES")
    print(line("operation", "compiled", "plain Python", None), flush=True)
    for name, case in cases.items():
        ours_s, twin_s = side_by_side(case)
        print(line(name, duration(ours_s), duration(twin_s), twin_s / ours_s), flush=True)
    for name, rate in rates.items():
        ours, twin = rate.measure()
        print(line(name, f"{ours:,.0f} /s", f"{twin:,.0f} /s", ours / twin), flush=True)
