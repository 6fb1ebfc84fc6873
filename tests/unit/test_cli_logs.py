"""Logs of commands that serve: a line for a person, or JSON for a machine."""

import json
import logging

import pytest

from waypost.cli.logs import logs_on_stderr

OURS, OTHERS = logging.getLogger("waypost.part"), logging.getLogger("library")


def fail():
    raise ValueError("bad")


def log_some():
    OURS.debug("not said")
    OURS.info("stored %d", 5, extra={"count": 5, "reason": "full"})
    OTHERS.info("not said")
    OTHERS.warning("of another")
    try:
        fail()
    except ValueError:
        OURS.exception("failed")


def test_lines_for_a_person(capsys):
    with logs_on_stderr(as_json=False, level="info"):
        log_some()
    first, second, third, *trace = capsys.readouterr().err.splitlines()
    moment, said = first.split(" ", 1)
    assert said == "INFO    stored 5 count=5 reason=full"
    assert (len(moment), moment[-1]) == (len("2026-01-01T00:00:00.000Z"), "Z")
    assert second.endswith(" WARNING of another")
    assert third.endswith(" ERROR   failed")
    assert trace[-1] == "ValueError: bad"


def test_json_for_a_machine(capsys):
    with logs_on_stderr(as_json=True, level="info"):
        log_some()
    stored, other, failed = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    del stored["time"]
    assert stored == {
        "level": "info",
        "logger": "waypost.part",
        "message": "stored 5",
        "count": 5,
        "reason": "full",
    }
    assert other["logger"] == "library"
    assert failed["error"].endswith("ValueError: bad")


def test_what_others_wrote_steers_no_terminal(capsys):
    with logs_on_stderr(as_json=False, level="info"):
        OURS.info("said", extra={"text": "\x1b[2J\nnext"})
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(("level", "count"), [("debug", 4), ("info", 3), ("error", 2)])
def test_levels(capsys, level, count):
    with logs_on_stderr(as_json=True, level=level):
        log_some()
    assert len(capsys.readouterr().err.splitlines()) == count


def test_afterwards_nothing_is_said(capsys):
    before = logging.getLogger().handlers[:], OURS.getEffectiveLevel()
    with logs_on_stderr(as_json=False, level="debug"):
        pass
    assert (logging.getLogger().handlers[:], OURS.getEffectiveLevel()) == before
