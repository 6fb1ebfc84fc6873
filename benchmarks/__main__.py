"""`make bench`, `make bench-gate` and `make bench-record`."""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
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


def main(arguments: Sequence[str]) -> int:
    parser = ArgumentParser(
        prog="python -m benchmarks", description="How fast it is, and whether it still is."
    )
    verbs = parser.add_subparsers(dest="verb", required=True)
    bench = verbs.add_parser("bench", help="each compiled operation beside its plain-Python twin")
    bench.add_argument("--json", action="store_true", help="one JSON object a line")
    verbs.add_parser("bench-gate", help="status 1 where an operation costs more than its baseline")
    verbs.add_parser("bench-record", help="make the baselines of this machine anew")
    asked = parser.parse_args(arguments)
    match asked.verb:
        case "bench":
            report.bench(as_json=asked.json)
        case "bench-gate":
            return bench_gate()
        case _:
            gate.record()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)  # as a shell counts an interrupt
