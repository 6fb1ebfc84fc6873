"""What the gate of the benchmarks refuses: slower code, and a baseline that cannot tell. And what
a report says.
"""

import json
import os
import shutil

import pytest

from benchmarks import gate, report
from benchmarks.__main__ import main
from benchmarks.cases import Case, Comparison, Rate
from benchmarks.clocks import InstructionClock, PairedClock

TOOLS = {"cc": "cc 12", "python": "3.11"}
COSTS = {"a": 100.0, "b": 10.0}


@pytest.fixture
def judge(monkeypatch, tmp_path):
    """The reasons to fail when measurement after measurement has these costs."""
    path = tmp_path / "baseline.json"
    path.write_text(json.dumps({"tools": TOOLS, "costs": COSTS}))
    monkeypatch.setattr(gate, "baseline_path", lambda clock: path)
    monkeypatch.setattr(gate, "toolchain", lambda: TOOLS)

    def reasons(clock, *measured, cases=COSTS):
        left = list(measured)
        monkeypatch.setattr(gate, "measure", lambda *_: gate.Result(TOOLS, left.pop(0)))
        found = gate.judge(clock, cases)
        assert left == []
        return found

    return reasons


def test_instructions_may_rise_by_one_per_cent(judge):
    assert judge("instructions", {"a": 100.9, "b": 10.0}) == []
    (reason,) = judge("instructions", {"a": 105.0, "b": 5.0})
    assert reason == "a: 5.0% more instructions"


def test_a_ratio_fails_when_it_fails_three_times(judge):
    slow, fine = {"a": 120.0, "b": 10.0}, {"a": 105.0, "b": 10.0}
    assert judge("ratio", fine) == []
    assert judge("ratio", slow, {"a": 119.0}, {"a": 101.0}) == []
    assert judge("ratio", slow, {"a": 119.0}, {"a": 115.0}) == [
        "a: 15.0% more time, in runs of its yardstick"
    ]


def test_a_baseline_of_other_tools_or_cases_judges_nothing(judge, monkeypatch):
    (new,) = judge("instructions", cases=[*COSTS, "c"])
    assert new.startswith("c is not in the baseline: run `make bench-record`")
    (gone,) = judge("instructions", cases=["a"])
    assert gone.startswith("b is only in the baseline: run `make bench-record`")
    monkeypatch.setattr(gate, "toolchain", lambda: TOOLS | {"cc": "cc 13"})
    (other,) = judge("ratio")
    assert other.startswith("the baseline is for cc cc 12, here is cc 13: run `make bench-record`")


def test_instructions_without_a_baseline_fail_and_ratios_do_not(monkeypatch, tmp_path):
    monkeypatch.setattr(gate, "baseline_path", lambda clock: tmp_path / "missing.json")
    assert gate.judge("instructions", COSTS) == [
        "no instructions baseline for missing: run `make bench-record`"
    ]
    assert gate.judge("ratio", COSTS) == []


def test_a_paired_clock_tells_how_often_the_reference_fits(monkeypatch):
    times = iter([0.0, 2.0, 2.0, 8.0])  # the reference takes 2, the target 6
    monkeypatch.setattr("benchmarks.clocks.perf_counter", lambda: next(times))
    clock = PairedClock()
    clock.use(lambda: None, scale=0.5)
    opened = clock()
    assert clock() - opened == 1.5


def test_an_instruction_clock_divides_the_difference_of_two_runs(monkeypatch):
    clock = InstructionClock()
    monkeypatch.setattr(clock, "_start", lambda worker: int(worker[-1]))
    monkeypatch.setattr(clock, "_instructions", lambda count: 1_000_000 + 7 * count)
    clock.measure(["worker"], 100)
    closed = clock()  # of whatever pytest-benchmark times around it
    assert closed == pytest.approx(7e-9)
    assert clock() == 0.0


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind counts instructions")
@pytest.mark.skipif(
    "libasan" in os.environ.get("LD_PRELOAD", ""), reason="of a process without a sanitizer"
)
def test_a_count_is_the_same_whatever_lies_elsewhere_in_memory(monkeypatch):
    # Both lengths put the stack, and what is copied from it, at other addresses.
    counts = []
    for length in (8, 100):
        monkeypatch.setenv("PADDING", "x" * length)
        clock = InstructionClock()
        clock.measure(["-m", "benchmarks.worker", "table: contacts at 3 distances"], 100)
        counts.append(clock())
    assert counts[0] == pytest.approx(counts[1], rel=0.001)


def test_a_target_is_missed_when_it_is_far_off_three_times(capsys):
    def reasons(*measured, cost_max=1.5):
        left = list(measured)
        one = Comparison(name="one", measure=lambda: left.pop(0), cost_max=cost_max)
        found = gate.judge_targets({"one": one})
        assert left == []
        return found

    assert reasons((2.2, 1.0)) == []
    assert reasons((2.3, 1.0), (2.3, 1.0), (2.1, 1.0)) == []
    assert reasons((2.3, 1.0), (2.4, 1.0), (2.3, 1.0)) == [
        "one: 2.3 times the cost, at most 1.5 wanted"
    ]
    assert reasons(cost_max=None) == []
    assert capsys.readouterr().out == ""
    assert reasons(None) == []
    assert "a program is missing" in capsys.readouterr().out


def test_a_report_says_the_same_to_people_and_machines(monkeypatch, capsys):
    entries = {
        "CASES": {"m: c": Case(name="c", call=abs, twin="", yardstick="", faster_min=10.0)},
        "RATES": {"m: r": Rate(name="r", measure=lambda: (300.0, 100.0))},
        "COMPARISONS": {
            "m: d": Comparison(name="d", measure=lambda: (3e-3, 2e-3), cost_max=2.0),
            "m: e": Comparison(name="e", measure=lambda: (2e-3, 4e-3), cost_max=0.25),
            "m: none": Comparison(name="none", measure=lambda: None),
        },
    }
    monkeypatch.setattr(report, "of_all_modules", entries.__getitem__)
    monkeypatch.setattr(report, "side_by_side", lambda case: (1e-6, 5e-5))
    assert main(["bench"]) == 0
    ratios = [" ".join(line.split()[4:]) for line in capsys.readouterr().out.splitlines()]
    for said in ("50.0 x at least 10 x", "3.0 x", "1.50 x the cost, at most 2 x"):
        assert any(ratio.endswith(said) for ratio in ratios), ratios
    assert any(ratio.endswith("2.00 x faster, at least 4 x") for ratio in ratios)
    assert any("a program is missing" in ratio for ratio in ratios)
    assert main(["bench", "--json"]) == 0
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        {"operation": "m: c", "ours_s": 1e-6, "twin_s": 5e-5, "faster_min": 10.0},
        {"rate": "m: r", "ours_per_s": 300.0, "twin_per_s": 100.0},
        {"comparison": "m: d", "ours_s": 3e-3, "other_s": 2e-3, "cost_max": 2.0},
        {"comparison": "m: e", "ours_s": 2e-3, "other_s": 4e-3, "cost_max": 0.25},
        {"comparison": "m: none", "ours_s": None, "other_s": None, "cost_max": None},
    ]


def test_benchmarks_that_are_asked_wrongly(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["bench-gate", "--json"])
    assert "unrecognized arguments: --json" in capsys.readouterr().err
