"""Mail servers that copy from each other, and what they do about those that lie."""

import time
from itertools import count

import pytest

from tests.mailers import Troubled, archived, serving
from tests.whisper_nodes import EASY, mail
from waypost.errors import ArchiveError
from waypost.keys import PrivateKey
from waypost.mail import sync
from waypost.mail.ages import Progress
from waypost.mail.archive import position_of
from waypost.mail.sync import SyncRequest
from waypost.net.archive import SqliteArchive
from waypost.net.mail import syncing
from waypost.net.mail.resume import ResumePoints
from waypost.net.run import until
from waypost.net.whisper.node import WhisperNode

SOON = {"sync_interval_s": 0.05, "retention_days": 0, "sync_ages_s": (0,)}
AGES = {**SOON, "sync_ages_s": (30, 3_600)}


@pytest.fixture
def key():
    with PrivateKey.generate() as made:
        yield made


def enode_of(key: PrivateKey, port: int = 1) -> str:
    return f"enode://{key.secret_key.point.hex()}@127.0.0.1:{port}"


def filled(path, count, **changes) -> SqliteArchive:
    archive = SqliteArchive(path)
    archive.append([mail(number, **changes) for number in range(count)])
    return archive


class Clock:
    """The time of day of those that copy: it goes on when a test says so."""

    def __init__(self) -> None:
        self.now_s = int(time.time())

    def __call__(self) -> int:
        return self.now_s


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(syncing, "wall_clock_s", made)
    return made


@pytest.fixture
def hurried(monkeypatch):
    """Each round is some seconds after the one before: something is due in every one."""
    seconds = count(int(time.time()), 10)
    monkeypatch.setattr(syncing, "wall_clock_s", lambda: next(seconds))


async def copied_until(path, one, now_s: int, age_s: int = 30) -> None:
    """Wait until a round at that time has ended."""
    due = Progress(now_s - age_s + 1)

    def ended() -> bool:
        return ResumePoints(path).get(one.node_id).get(age_s) == due

    assert await until(ended, 20)


async def test_a_server_copies_what_it_lacks_page_by_page_and_goes_on(tmp_path, key, clock):
    archive = filled(tmp_path / "one", 25, age_s=100)
    async with (
        serving(archive, sync_to=[enode_of(key)]) as one,
        serving(tmp_path / "two", key, sync_from=[one.enode], sync_limit=10, **AGES) as two,
    ):
        await archived(two, 25)
        assert one.stats.requests["completed"] >= 3
        archive.append([mail(number, age_s=20) for number in range(100, 103)])
        clock.now_s += 30
        await archived(two, 28)
        await two.measure()
        assert two.stats.archive.envelope_count == 28
        assert two.stats.synced["refused"] == 0
        assert two.stats.healthy


async def test_a_server_that_was_away_fills_the_gap_though_newer_ones_came(tmp_path, key, clock):
    """The resume point is of the copying, not the newest that the archive has."""
    clock.now_s -= 1000
    archive = filled(tmp_path / "one", 5, age_s=5000)
    async with serving(archive, sync_to=[enode_of(key)]) as one:
        settings = {"sync_from": [one.enode], **AGES}
        async with serving(tmp_path / "two", key, **settings) as two:
            await archived(two, 5)
            await copied_until(tmp_path / "two.sync", one, clock.now_s)
        archive.append([mail(number, age_s=400) for number in range(50, 55)])  # while it is away
        clock.now_s += 1000
        two_archive = SqliteArchive(tmp_path / "two")
        two_archive.append([mail(99)])  # what it hears first when it is back
        two_archive.close()
        before = one.stats.delivered["envelopes"]
        async with serving(tmp_path / "two", key, **settings) as two:
            await archived(two, 5)
            await copied_until(tmp_path / "two.sync", one, clock.now_s)
        assert one.stats.delivered["envelopes"] - before == 5  # and not all from the start


async def test_what_reached_the_other_server_late_is_copied_at_a_later_age(tmp_path, key, clock):
    archive = filled(tmp_path / "one", 1, age_s=5000)
    async with serving(archive, sync_to=[enode_of(key)]) as one:
        settings = {"sync_from": [one.enode], **AGES}
        async with serving(tmp_path / "two", key, **settings) as two:
            await copied_until(tmp_path / "two.sync", one, clock.now_s)
            archive.append([mail(1, age_s=2000)])
            clock.now_s += 60
            await copied_until(tmp_path / "two.sync", one, clock.now_s)
            assert two.stats.stored_count == 1
            clock.now_s += 3600
            await archived(two, 2)
            await copied_until(tmp_path / "two.sync", one, clock.now_s)
        assert one.stats.delivered["envelopes"] == 2


async def test_two_servers_copy_from_each_other_over_one_link(tmp_path, key):
    """The first has no way to the second but the link by which that copies."""
    one = filled(tmp_path / "one", 300, size_b=20_000, age_s=100)
    two = SqliteArchive(tmp_path / "two")
    two.append([mail(number, size_b=20_000, age_s=100) for number in range(300, 600)])
    settings = {**AGES, "sync_limit": 50}
    async with (
        serving(one, sync_from=[enode_of(key)], **settings) as first,
        serving(two, key, sync_from=[first.enode], **settings) as second,
    ):
        await archived(first, 300)
        await archived(second, 300)
        assert len(first._live.whisper.peers) == len(second._live.whisper.peers) == 1


async def test_it_is_told_when_each_server_was_copied_last(tmp_path, key, clock):
    with PrivateKey.generate() as away:
        sources = {"sync_from": [enode_of(away)], **AGES}
        async with serving(filled(tmp_path / "one", 5), sync_open=True) as one:
            sources["sync_from"].append(one.enode)
            async with serving(tmp_path / "two", key, **sources) as two:
                times = {away.node_id: 0, one.node_id: clock.now_s}
                assert await until(lambda: two.stats.copied_s == times, 20), two.stats
                clock.now_s += 7
                times[one.node_id] += 7
                assert await until(lambda: two.stats.copied_s == times, 20), two.stats
                registry = two.metrics.registry
                for node_id, when_s in times.items():
                    label = {"server": node_id.hex()}
                    told = registry.get_sample_value("waypost_mail_copied_seconds", label)
                    assert told == when_s


async def test_a_stranger_may_not_copy_unless_that_is_open(tmp_path):
    archive = filled(tmp_path / "one", 5)
    async with serving(archive) as one:
        async with serving(tmp_path / "two", sync_from=[one.enode], **SOON) as two:
            assert await until(lambda: one.stats.refusals["stranger"] > 0, 20)
            assert two.stats.stored_count == 0
        assert one.stats.requests["refused"] > 0
    archive = filled(tmp_path / "three", 5)
    async with (
        serving(archive, sync_open=True) as one,
        serving(tmp_path / "four", sync_from=[one.enode], **SOON) as two,
    ):
        await archived(two, 5)


async def test_copying_fails_with_the_archive_and_says_so(tmp_path, key, caplog):
    two_archive = Troubled(tmp_path / "two")
    two_archive.trouble = ArchiveError("full", "no room")
    async with (
        serving(filled(tmp_path / "one", 5), sync_open=True) as one,
        serving(two_archive, key, sync_from=[one.enode], **SOON) as two,
    ):
        assert await until(lambda: bool(two.problems), 20)
        assert two.problems == ["the archive takes no more envelopes: full: no room"]
        assert await until(lambda: bool(caplog.records), 20)
        assert caplog.records[0].reason == "full"


async def test_a_server_that_is_named_twice_is_copied_once(tmp_path, key, hurried):
    async with serving(filled(tmp_path / "one", 5), sync_to=[enode_of(key)]) as one:
        twice = [one.enode, f"{one.enode}?discport=0"]
        settings = {**SOON, "sync_timeout_s": 2.0}
        async with serving(tmp_path / "two", key, sync_from=twice, **settings) as two:
            await archived(two, 5)
            assert await until(lambda: one.stats.requests["completed"] >= 10, 20)
            assert two.healthy, two.problems


class Liar:
    """A node that answers 123 by a script: lists of payloads, one list a request."""

    def __init__(self, node: WhisperNode, script) -> None:
        self.asked: list[SyncRequest] = []
        self._node, self._script = node, list(script)
        node.on_packet(self._answer)

    def _answer(self, packet) -> None:
        self.asked.append(sync.decode_request(packet.payload))
        for payload in self._script.pop(0) if self._script else []:
            self._node.send(packet.peer, 124, payload)


LONG_AGO = mail(7, age_s=10**6)
LIES = {
    "out-of-range": [*sync.encode_bundles([mail(1, age_s=-10_000).raw], 1 << 20)],
    "bad-rlp": [b"\x01"],
    "refused": [sync.encode_error("go away")],
    "empty": [bytes.fromhex("c4c0808080")],
}


@pytest.mark.parametrize("reason", LIES)
async def test_a_server_that_lies_is_left_and_asked_again_later(tmp_path, key, reason, caplog):
    with PrivateKey.generate() as liar_key:
        async with WhisperNode(liar_key, listen="127.0.0.1:0", config=EASY) as node:
            liar = Liar(node, [LIES[reason], [sync.encode_end(b"")]])
            source = enode_of(liar_key, node.port)
            async with serving(tmp_path / "two", key, sync_from=[source], **SOON) as two:
                assert await until(lambda: len(liar.asked) >= 2, 20)
                assert two.stats.stored_count == 0
                assert two.healthy
            assert caplog.records[0].reason == reason


async def test_a_server_that_refuses_to_go_on_is_asked_for_the_rest_later(tmp_path, key):
    """But where it refuses that, too, the cursor may be to blame."""
    first, no = mail(1), [sync.encode_error("the server is shutting down")]
    cursor = position_of(first)
    page = [*sync.encode_bundles([first.raw], 1 << 20), sync.encode_end(cursor)]
    with PrivateKey.generate() as other_key:
        async with WhisperNode(other_key, listen="127.0.0.1:0", config=EASY) as node:
            liar = Liar(node, [page, no, no])
            source = enode_of(other_key, node.port)
            async with serving(tmp_path / "two", key, sync_from=[source], **SOON):
                assert await until(lambda: len(liar.asked) == 4, 20)
    assert [asked.cursor for asked in liar.asked] == [b"", cursor, cursor, b""]


async def test_a_silent_server_is_given_up_for_now(tmp_path, key, caplog):
    with PrivateKey.generate() as silent_key:
        async with WhisperNode(silent_key, listen="127.0.0.1:0", config=EASY) as node:
            liar = Liar(node, [])
            settings = {"sync_timeout_s": 0.05, **SOON}
            source = enode_of(silent_key, node.port)
            async with serving(tmp_path / "two", key, sync_from=[source], **settings):
                assert await until(lambda: len(liar.asked) >= 2, 20)
            assert caplog.records[0].reason == "silent"


async def test_the_end_of_trouble_is_logged_once(tmp_path, key, hurried, caplog):
    caplog.set_level("INFO", logger=syncing.__name__)
    with PrivateKey.generate() as other_key:
        async with WhisperNode(other_key, listen="127.0.0.1:0", config=EASY) as node:
            end = [sync.encode_end(b"")]
            liar = Liar(node, [[sync.encode_error("go away")], end, end, end])
            source = enode_of(other_key, node.port)
            settings = {"sync_timeout_s": 60.0, **SOON}
            async with serving(tmp_path / "two", key, sync_from=[source], **settings):
                assert await until(lambda: len(liar.asked) >= 5, 20)
    assert [each.levelname for each in caplog.records] == ["WARNING", "INFO"]


async def test_a_server_that_hangs_up_is_dialled_again(tmp_path, key, caplog):
    with PrivateKey.generate() as other_key:
        async with WhisperNode(other_key, listen="127.0.0.1:0", config=EASY) as node:
            asked = []
            node.on_packet(lambda packet: (asked.append(1), node.disconnect(packet.peer)))
            source = enode_of(other_key, node.port)
            async with serving(tmp_path / "two", key, sync_from=[source], **SOON):
                assert await until(lambda: len(asked) >= 2, 20)
            assert caplog.records[0].reason == "closed"


@pytest.mark.parametrize(
    "point",
    [Progress(2_000_000_000_000 // 1000), Progress(5, 9, bytes(36))],
    ids=["of-the-future", "of-a-round-that-is-too-old"],
)
async def test_a_point_that_the_clock_has_left_does_no_harm(tmp_path, key, point, hurried):
    async with serving(filled(tmp_path / "one", 5), sync_open=True) as one:
        points = ResumePoints(tmp_path / "two.sync")
        points.set(one.node_id, {0: point})
        settings = {**SOON, "retention_days": 1, "sync_from": [one.enode]}
        async with serving(tmp_path / "two", key, **settings) as two:
            assert await until(lambda: one.stats.requests["completed"] >= 2, 20)
            assert two.healthy
            (left,) = ResumePoints(tmp_path / "two.sync").get(one.node_id).values()
            assert (left.cursor, 10 < left.since_s < time.time() + 10_000) == (b"", True)


async def test_what_was_not_asked_for_is_counted(tmp_path):
    async with serving(tmp_path / "one") as server:
        node = server._live.whisper
        server._live._syncing.receive(bytes(32), b"")
        assert server.stats.synced == {"unasked": 1}
        assert node.peers == {}


def test_resume_points_survive_and_a_damaged_file_begins_anew(tmp_path, caplog):
    path = tmp_path / "points"
    progress = {30: Progress(5, 9, bytes(36)), 60: Progress(3)}
    points = ResumePoints(path)
    assert points.get(bytes(32)) == {}
    points.set(bytes(32), progress)
    assert ResumePoints(path).get(bytes(32)) == progress
    for damage in (
        *("", "[]", "{}x", '{"00": 1}', '{"00": {"30": {"since_s": 1}}}', '{"zz": {}}'),
        *(point("5000000000", 9, ""), point(-1, 9, ""), point(1, 5e9, ""), point(1, 9, "00")),
        *('{"00": {"x": {"since_s": 1, "upper_s": 1, "cursor": ""}}}', '{"00": {"since_s": 1}}'),
    ):
        path.write_text(damage)
        assert ResumePoints(path).get(bytes(32)) == {}
    assert len(caplog.records) == 12


def point(since_s, upper_s, cursor) -> str:
    fields = f'"since_s": {since_s}, "upper_s": {upper_s}, "cursor": "{cursor}"'
    return f'{{"{bytes(32).hex()}": {{"30": {{{fields}}}}}}}'
