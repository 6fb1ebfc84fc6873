"""Runs one case: `python -m benchmarks.worker "digest: keccak256, 64 bytes" 1000`.

Only that module is imported, and of the package `waypost` only what it names: what a process does
before the loop cancels in the difference of two counts, but still takes its time under callgrind.
"""

import gc
import importlib.util
import sys
from importlib import import_module
from itertools import pairwise
from types import ModuleType

from benchmarks.cases import Case, run

ROW_COUNT_MAX = 1000


def bare_package(name: str) -> None:
    """The package without its __init__, whose public names import everything."""
    spec = importlib.util.find_spec(name)
    assert spec is not None
    package = ModuleType(name)
    package.__path__ = list(spec.submodule_search_locations or ())
    sys.modules[name] = package


def filled_gaps() -> list[object]:
    """Blocks in all gaps of the heap, so that what a call allocates comes from where it is free.

    Imports leave gaps, whose sizes depend on the lengths of paths. For blocks above 1032 bytes
    glibc has no cache, and a call costs 2 % more or less as it finds a gap or not.
    """
    rows: list[object] = []  # each holds the one before: a list that grows would leave gaps
    for size_b in range(1040, 0, -16):
        for _ in range(ROW_COUNT_MAX):
            row: list[object] = [None] * 64
            for place in range(64):
                row[place] = bytes(size_b)
            rows = [rows, row]
            if len({id(block) - id(last) for last, block in pairwise(row)}) == 1:
                break  # one beside the other: no gap was left for them
    return rows


def main(name: str, count: str) -> None:
    bare_package("waypost")
    module, _, operation = name.partition(": ")
    cases: list[Case] = import_module(f"benchmarks.bench_{module}").CASES
    (case,) = (case for case in cases if case.name == operation)
    gc.disable()  # when it runs depends on everything that was ever allocated
    blocks = filled_gaps()
    run(case.call, case.args, int(count))
    del blocks


if __name__ == "__main__":
    main(*sys.argv[1:])
