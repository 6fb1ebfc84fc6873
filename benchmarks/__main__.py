"""`make bench`, `make bench-gate` and `make bench-record`."""

import sys
from functools import partial

from benchmarks import gate, plant, report
from benchmarks.cases import Case, Comparison, of_all_modules


def targets(cases: dict[str, Case]) -> dict[str, Comparison]:
    """What is compared, and the cases that have to be so many times faster than their twins."""
    compared: dict[str, Comparison] = of_all_modules("COMPARISONS")
    beside_twin = {
        f"{name} / twin": Comparison(
            name=case.name,
            measure=partial(report.side_by_side, case, turns=5),
            cost_max=1 / case.faster_min,
        )
        for name, case in cases.items()
        if case.faster_min
    }
    return compared | beside_twin


def bench_gate() -> int:
    """Shows that a planted regression would be found, then that there is none."""
    cases: dict[str, Case] = of_all_modules("CASES")
    reasons = [why for clock in gate.LIMITS for why in gate.judge(clock, cases)]
    reasons += gate.judge_targets(targets(cases))
    if gate.baseline_path("instructions").exists():
        reasons += plant.judge()
    print("\n".join(reasons) or f"bench-gate: none of {len(cases)} cases costs more")
    return 1 if reasons else 0


COMMANDS = {"bench": report.main, "bench-gate": bench_gate, "bench-record": gate.record}

sys.exit(COMMANDS[sys.argv[1]]())
