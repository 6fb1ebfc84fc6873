"""`python -m tests.fuzz [seed]`: every target in full. A seed that finds something finds it again.

A target is a module fuzz_*.py with COUNT and run(count, seed), which returns {outcome: how often}
and raises AssertionError where a promise is broken.
"""

import importlib
import secrets
import sys
import time
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path

ROUND_COUNT = 100  # between them an interrupt is heard


def main(arguments):
    names = sorted(path.stem for path in Path(__file__).parent.glob("fuzz_*.py"))
    parser = ArgumentParser(prog="python -m tests.fuzz", description="Every target in full.")
    parser.add_argument("seed", nargs="?", type=int, help="one that found something [a new one]")
    parser.add_argument(
        "--target", action="append", choices=names, help="this one alone; repeat for more"
    )
    asked = parser.parse_args(arguments)
    seed = secrets.randbelow(2**32) if asked.seed is None else asked.seed
    for name in asked.target or names:
        target = importlib.import_module(f"tests.fuzz.{name}")
        outcomes, start = Counter(), time.monotonic()
        print(f"{name}: {target.COUNT:,} inputs, seed {seed}", flush=True)
        for number in range(ROUND_COUNT):
            outcomes.update(target.run(target.COUNT // ROUND_COUNT, seed + number))
        print(f"  {time.monotonic() - start:.0f} s; {dict(outcomes)}", flush=True)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)  # as a shell counts an interrupt
