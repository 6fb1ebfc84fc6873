"""`make bench`, `make bench-gate` and `make bench-record`."""

import sys

from benchmarks import gate, plant, report
from benchmarks.cases import of_all_modules


def bench_gate() -> int:
    """Shows that a planted regression would be found, then that there is none."""
    cases = of_all_modules("CASES")
    reasons = [why for clock in gate.LIMITS for why in gate.judge(clock, cases)]
    if gate.baseline_path("instructions").exists():
        reasons += plant.judge()
    print("\n".join(reasons) or f"bench-gate: none of {len(cases)} cases costs more")
    return 1 if reasons else 0


COMMANDS = {"bench": report.main, "bench-gate": bench_gate, "bench-record": gate.record}

sys.exit(COMMANDS[sys.argv[1]]())
