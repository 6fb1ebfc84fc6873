"""Runs one case: `python -m benchmarks.worker "digest: keccak256, 64 bytes" 1000`.

Only that module is imported, and of the package `waypost` only what it names: what a process does
before the loop cancels in the difference of two counts, but still takes its time under callgrind.
"""

import gc
import importlib.util
import sys
from importlib import import_module
from types import ModuleType

from benchmarks.cases import Case, run


def bare_package(name: str) -> None:
    """The package without its __init__, whose public names import everything."""
    spec = importlib.util.find_spec(name)
    assert spec is not None
    package = ModuleType(name)
    package.__path__ = list(spec.submodule_search_locations or ())
    sys.modules[name] = package


def main(name: str, count: str) -> None:
    bare_package("waypost")
    module, _, operation = name.partition(": ")
    cases: list[Case] = import_module(f"benchmarks.bench_{module}").CASES
    (case,) = (case for case in cases if case.name == operation)
    gc.disable()  # when it runs depends on everything that was ever allocated
    run(case.call, case.args, int(count))


if __name__ == "__main__":
    main(*sys.argv[1:])
