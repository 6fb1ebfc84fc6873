"""`waypost demo --trust`: each step for a machine, all for a person, and a story that fails."""

from typing import Any
from unittest import mock

from tests.commands import waypost, waypost_process
from waypost.cli.trust_demo import vote
from waypost.trust.curation.types import Ruling

STEPS = [
    *("opening", "registered", "found", "applied", "challenged", "committed", "revealed"),
    *("accepted", "listed", "trusted", "picked", "stolen", "suspended", "avoided", "restored"),
    *("relisted", "believed", "caught", "refused", "proven"),
]
SERVERS = ["veteran", "petra-1", "petra-2", "impostor"]
GOOD = {"veteran", "petra-1", "petra-2"}


def reasons(step: dict[str, Any]) -> tuple[str, str, str]:
    """What is held of the veteran, of Petra's two, and of the impostor."""
    assert [row["server"] for row in step["rows"]] == SERVERS
    for row in step["rows"]:
        assert (row["verdict"] == "trusted") == (row["reason"] == "")
    veteran, petra_1, petra_2, impostor = (row["reason"] for row in step["rows"])
    assert petra_1 == petra_2
    return veteran, petra_1, impostor


async def test_each_step_shows_what_it_says() -> None:
    ended = await waypost_process("demo", "--trust", "--json")
    assert (ended.status, ended.err) == (0, "")
    steps = {line["step"]: line for line in ended.data}
    assert list(steps) == STEPS

    assert steps["registered"]["status"] == "pending"
    assert "ProviderNotActive" in steps["registered"]["refused"]
    assert reasons(steps["found"]) == ("", "not-listed", "not-listed")
    assert steps["applied"]["phase"] == "applied"
    assert (steps["challenged"]["phase"], steps["challenged"]["dispute"]) == (
        "applied_challenged",
        1,
    )
    assert all(row["choice"].startswith("sealed 0x") for row in steps["committed"]["rows"])
    assert [(row["voter"], row["choice"]) for row in steps["revealed"]["rows"]] == [
        ("vera", "for Petra"),
        ("vincent", "for Petra"),
        ("viktor", "for Carl"),
    ]
    assert (steps["accepted"]["phase"], steps["accepted"]["status"]) == ("listed", "active")
    assert [(row["who"], row["gets"]) for row in steps["accepted"]["rows"]] == [
        ("petra", "80 STK"),
        ("vera", "12 STK"),
        ("vincent", "8 STK"),
    ]

    assert reasons(steps["listed"]) == ("", "provider-not-trusted", "not-listed")
    assert reasons(steps["trusted"]) == ("", "", "not-listed")
    assert set(steps["picked"]["picks"]) == GOOD

    assert reasons(steps["stolen"]) == ("", "", "")
    assert reasons(steps["suspended"]) == ("", "provider-suspended", "provider-suspended")
    assert steps["suspended"]["blocks_until_dropped"] in (0, 1)
    assert steps["suspended"]["dropped"] == ["impostor", "petra-1", "petra-2"]
    assert steps["avoided"]["picks"] == {"veteran": 10}
    assert "not curator" in steps["avoided"]["refused"]
    assert reasons(steps["restored"]) == ("", "epoch-passed", "epoch-passed")
    assert (steps["restored"]["status"], steps["restored"]["epoch"]) == ("active", 2)
    assert reasons(steps["relisted"]) == ("", "", "epoch-passed")

    assert reasons(steps["believed"]) == ("", "", "")
    assert steps["believed"]["rows"][3]["listed_by"] == "provider 1"
    assert reasons(steps["caught"]) == ("bad-proof",) * 3
    assert {row["verdict"] for row in steps["caught"]["rows"]} == {"unknown"}
    assert "4 unknown (4 bad-proof" in steps["refused"]["refused"]
    assert reasons(steps["proven"]) == ("", "", "epoch-passed")
    assert set(steps["proven"]["picks"]) == GOOD


async def test_a_person_reads_it_from_top_to_bottom() -> None:
    ended = await waypost_process("demo", "--trust")
    assert (ended.status, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert [line[:2] for line in lines if line[:1].isdigit()] == ["1.", "2.", "3.", "4."]
    days = [line.split()[1] for line in lines if line.startswith("day ")]
    assert days == ["1", "2", "4", "6", "6", "7", "9", "10"]
    assert max(map(len, lines)) <= 92
    assert ended.out.count("provider 2  untrusted  epoch-passed") == 5


def test_a_story_that_goes_otherwise_is_not_told_to_its_end() -> None:
    too_few = {"vera": (30, Ruling.REQUESTER)}
    with mock.patch.object(vote, "VOTES", too_few):
        ended = waypost("demo", "--trust", "--json")
    assert "Petra has not won" in ended.failure(1)
    assert ended.data[-1]["step"] == "revealed"
