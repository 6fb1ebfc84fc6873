"""What is measured. A module bench_*.py lists its operations as CASES, whole rates as RATES, and
what is only told beside something else as COMPARISONS.

A case is imported by a process whose instructions are counted: its module imports what it measures
and little else. That is why a twin is named by text and looked up only where it is run.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from itertools import repeat
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Case:
    """One operation: what is called, its plain-Python twin, and a yardstick of the same kind."""

    name: str
    call: Callable[..., object]
    args: tuple[Any, ...] = ()
    twin: str  # "module:function", slow and obvious
    twin_args: tuple[Any, ...] | None = None  # None: the same
    yardstick: str  # a module of benchmarks/yardstick/
    count: int = 1000  # calls whose instructions are counted; fewer for what takes longer
    expected: object = None  # None: what the twin returns
    faster_min: float | None = None  # times faster than the twin that it has to be

    def __str__(self) -> str:
        return self.name

    def twin_call(self) -> Callable[[], object]:
        module, _, name = self.twin.partition(":")
        function = getattr(import_module(module), name)
        args = self.args if self.twin_args is None else self.twin_args
        return lambda: function(*args)

    def check(self) -> None:
        """Holds the result against that of the twin: nothing wrong is ever measured."""
        twin = self.twin_call()()
        found, expected = self.call(*self.args), twin if self.expected is None else self.expected
        assert found == expected, f"{self.name}: {found!r} instead of {expected!r}"


@dataclass(frozen=True, kw_only=True)
class Rate:
    """Work of whole processes: `measure` tells how often a second, ours and the twin."""

    name: str
    measure: Callable[[], tuple[float, float]]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Something beside something else in one run: `measure` tells the seconds of both, or None
    where what it needs is missing.
    """

    name: str
    measure: Callable[[], tuple[float, float] | None]
    cost_max: float | None = None  # times the cost of the other; None: only to be read


def run(call: Callable[..., object], args: tuple[Any, ...], count: int) -> None:
    for _ in repeat(None, count):
        call(*args)


def of_all_modules(kind: str) -> dict[str, Any]:
    """Every CASES, RATES or COMPARISONS of the modules bench_*.py, by "module: name"."""
    modules = sorted(path.stem for path in Path(__file__).parent.glob("bench_*.py"))
    return {
        f"{module.removeprefix('bench_')}: {entry.name}": entry
        for module in modules
        for entry in getattr(import_module(f"benchmarks.{module}"), kind, [])
    }
