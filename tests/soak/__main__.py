"""`python -m tests.soak`: a mail server under hundreds of peers, honest, slow and hostile.

It ends with status 0 where nothing was wrong. Everything is on the loopback interface and in a
folder that is removed at the end, unless something was wrong.
"""

import argparse
import asyncio
import json
import shutil
import sys
import tempfile

from tests.soak.conductor import soak
from tests.soak.plan import Plan
from tests.soak.verdict import faults, figures
from waypost.net.clock import wall_clock_s

OPTIONS = {
    "--peers": ("peer_count", int, "honest peers"),
    "--rate": ("envelopes_per_s", float, "envelopes that they send a second, all together"),
    "--ttl": ("ttl_s", int, "seconds that an envelope lives"),
    "--queries": ("queries_per_s", float, "histories that are asked for a second"),
    "--attacks": ("attacks_per_s", float, "attacks a second"),
    "--slow": ("slow_count", int, "peers that read or write a byte a second"),
    "--archive": ("archive_count", int, "envelopes in the archive at the start"),
    "--haste": ("haste", float, "by how much the server's timeouts are divided"),
    "--seed": ("seed", int, "of everything that is left to chance"),
}


def plan_of(arguments: list[str]) -> tuple[Plan, bool]:
    """And whether the report is to be JSON."""
    parser = argparse.ArgumentParser("tests.soak", description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=15.0, help="how long [15]")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    for option, (name, kind, what) in OPTIONS.items():
        default = getattr(Plan, name)
        parser.add_argument(
            option, dest=name, type=kind, default=default, help=f"{what} [{default:,}]"
        )
    given = vars(parser.parse_args(arguments))
    minutes, as_json = given.pop("minutes"), given.pop("json")
    folder = tempfile.mkdtemp(prefix="waypost-soak-")
    plan = Plan(folder=folder, begun_s=wall_clock_s(), duration_s=60 * minutes, **given)
    return plan, as_json


def main(arguments: list[str]) -> int:
    plan, as_json = plan_of(arguments)
    record = asyncio.run(soak(plan, lambda line: print(line, file=sys.stderr, flush=True)))
    numbers, wrong = figures(record), faults(record)
    if as_json:
        print(json.dumps({"figures": numbers, "faults": wrong}))
    else:
        for name, value in numbers.items():
            print(f"{name:24} {value:.4f}" if isinstance(value, float) else f"{name:24} {value}")
        for fault in wrong:
            print(f"WRONG: {fault}")
    if wrong:
        print(f"logs and archives are in {plan.folder}", file=sys.stderr)
    else:
        shutil.rmtree(plan.folder)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
