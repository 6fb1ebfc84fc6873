"""`python -m tests.fuzz [seed]`: every target in full. A seed that finds something finds it again.

A target is a module fuzz_*.py with COUNT and run(count, seed), which returns {outcome: how often}
and raises AssertionError where a promise is broken.
"""

import importlib
import secrets
import sys
import time
from collections import Counter
from pathlib import Path

ROUND_COUNT = 100  # between them an interrupt is heard


def main(seed=None):
    seed = secrets.randbelow(2**32) if seed is None else int(seed)
    for path in sorted(Path(__file__).parent.glob("fuzz_*.py")):
        target = importlib.import_module(f"tests.fuzz.{path.stem}")
        outcomes, start = Counter(), time.monotonic()
        print(f"{path.stem}: {target.COUNT:,} inputs, seed {seed}", flush=True)
        for number in range(ROUND_COUNT):
            outcomes.update(target.run(target.COUNT // ROUND_COUNT, seed + number))
        print(f"  {time.monotonic() - start:.0f} s; {dict(outcomes)}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
