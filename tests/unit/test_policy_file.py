"""The file of the trust policy: private, whole or not at all, and never two changes at once."""

import asyncio
import fcntl
import os
import signal
import stat
import sys
from pathlib import Path

import pytest

from waypost.errors import ConfigError
from waypost.net.trust import policy_file
from waypost.net.trust.policy_file import load_policy, policy_path, save_policy, update_policy
from waypost.trust.policy import TrustPolicy

REGISTRY = bytes(range(20))
POLICY = TrustPolicy().with_providers(1, REGISTRY, [1, 7])

ADD_ONE_BY_ONE = """
import sys
from waypost.net.trust.policy_file import update_policy
path, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for id_ in range(first, first + count):
    update_policy(lambda policy: policy.adding_providers(1, bytes(20), [id_]), path)
"""

WRITE_FOR_EVER = """
import sys
from waypost.net.trust.policy_file import save_policy
from waypost.trust.policy import TrustPolicy
policy = TrustPolicy()
for number in range(1, 200):
    policy = policy.with_providers(number, bytes(20), range(1, 200))
while True:
    save_policy(TrustPolicy(), sys.argv[1])
    print(flush=True)
    save_policy(policy, sys.argv[1])
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "trust.toml"


def test_a_policy_is_kept_in_a_private_file(path: Path) -> None:
    assert load_policy(path) == TrustPolicy()
    assert not path.parent.exists()
    save_policy(TrustPolicy(), path)
    save_policy(POLICY, path)
    assert load_policy(path) == POLICY
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert {entry.name for entry in path.parent.iterdir()} == {"trust.toml", ".trust.toml.lock"}


def test_its_place_is_the_platforms(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert policy_path() == tmp_path / "waypost" / "trust.toml"
    save_policy(POLICY)
    assert update_policy(lambda policy: policy) == load_policy() == load_policy(policy_path())


def test_a_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    path = tmp_path / "trust.toml"
    for content in (b"version = 3", b"\xff\xfe", b"#" * (2 << 20)):
        path.write_bytes(content)
        with pytest.raises(ConfigError, match=r"trust\.toml"):
            load_policy(path)
        with pytest.raises(ConfigError, match=r"trust\.toml"):
            update_policy(lambda _: POLICY, path)
        assert path.read_bytes() == content
    with pytest.raises(ConfigError, match="cannot read"):
        load_policy(tmp_path)
    with pytest.raises(ConfigError, match="cannot write"):
        save_policy(POLICY, tmp_path)
    with pytest.raises(ConfigError, match="cannot write"):
        save_policy(POLICY, path / "below")
    with pytest.raises(ConfigError, match="would have more than"):
        save_policy(TrustPolicy().with_own_servers(n.to_bytes(32) for n in range(12_000)), path)


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_change_is_refused(path: Path, mode: int) -> None:
    save_policy(POLICY, path)
    path.chmod(mode)
    with pytest.raises(ConfigError, match=f"run chmod go-w {path}"):
        load_policy(path)
    path.chmod(0o644)
    assert update_policy(lambda policy: policy, path) == POLICY
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_stays_one_and_what_it_leads_to_is_changed(path: Path, tmp_path: Path) -> None:
    save_policy(TrustPolicy(), path)
    link = tmp_path / "link.toml"
    link.symlink_to(path)
    update_policy(lambda _: POLICY, link)
    assert link.is_symlink()
    assert load_policy(link) == load_policy(path) == POLICY
    assert {entry.name for entry in tmp_path.iterdir()} == {"link.toml", "new"}


@pytest.mark.parametrize("fails", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_policy(
    path: Path, fails: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_policy(POLICY, path)

    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(policy_file.os, fails, no_space)
    with pytest.raises(ConfigError, match=r"cannot write the trust policy .*: No space left"):
        save_policy(TrustPolicy(), path)
    monkeypatch.undo()
    assert load_policy(path) == POLICY
    assert not list(path.parent.glob("*draft*"))


def test_a_change_that_fails_leaves_the_old_policy(path: Path) -> None:
    save_policy(POLICY, path)
    with pytest.raises(ConfigError, match="provider id"):
        update_policy(lambda policy: policy.adding_providers(1, REGISTRY, [0]), path)
    assert load_policy(path) == POLICY


async def test_a_writer_that_is_killed_leaves_a_whole_policy(path: Path) -> None:
    whole = {1, 200}  # chains with a policy of their own, and one
    for _ in range(5):
        writer = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", WRITE_FOR_EVER, str(path)), stdout=asyncio.subprocess.PIPE
        )
        assert writer.stdout is not None
        await writer.stdout.readline()
        for _ in range(20):
            assert len(load_policy(path).registries) + 1 in whole
        writer.send_signal(signal.SIGKILL)
        await writer.wait()
        assert len(load_policy(path).registries) + 1 in whole
        assert update_policy(lambda _: POLICY, path) == load_policy(path)
        assert not list(path.parent.glob("*draft*"))


async def test_no_change_of_two_processes_at_once_is_lost(path: Path) -> None:
    writers = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", ADD_ONE_BY_ONE, str(path), str(first), "25")
        )
        for first in (2, 102)
    ]
    assert [await writer.wait() for writer in writers] == [0, 0]
    wanted = {1, *range(2, 27), *range(102, 127)}
    assert load_policy(path).providers_of(1, bytes(20)) == wanted


def test_a_lock_that_is_never_let_go_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_policy(POLICY, path)
    monkeypatch.setattr(policy_file, "_LOCK_TIMEOUT_S", 0.1)
    lock = os.open(path.with_name(".trust.toml.lock"), os.O_RDWR)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(ConfigError, match=r"another program is changing .*trust\.toml"):
            save_policy(TrustPolicy(), path)
    finally:
        os.close(lock)
    save_policy(TrustPolicy(), path)
    assert load_policy(path) == TrustPolicy()
