"""The file that keeps the user's trust policy.

It is private, for URLs in it may hold access keys; it is replaced whole or not at all; and whoever
changes it holds a lock, so that no change is lost.
"""

import fcntl
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep

from platformdirs import user_config_path

from waypost.errors import ConfigError
from waypost.net.clock import monotonic
from waypost.trust.policy import TrustPolicy
from waypost.trust.policy_text import parse_policy, policy_text

_FILE_SIZE_MAX_B = 1 << 20
_LOCK_TIMEOUT_S = 10.0
_LOCK_INTERVAL_S = 0.02
_MODE = 0o600
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def policy_path() -> Path:
    """Where the policy is kept unless a caller says otherwise: the platform's place for settings,
    such as ~/.config/waypost/trust.toml.
    """
    return user_config_path("waypost", appauthor=False) / "trust.toml"


def load_policy(path: str | Path | None = None) -> TrustPolicy:
    """The policy in a file (`policy_path()`), or the default one where there is no file.

    Raises ConfigError, also where others may change the file.
    """
    path = Path(path or policy_path())
    try:
        with open(path, "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read(_FILE_SIZE_MAX_B + 1)
    except FileNotFoundError:
        return TrustPolicy()
    except OSError as error:
        raise ConfigError(f"cannot read the trust policy {path}: {error.strerror}") from None
    if mode & _OTHERS_WRITE:
        raise ConfigError(f"others may change whom you trust in {path}: run chmod go-w {path}")
    if len(text) > _FILE_SIZE_MAX_B:
        raise ConfigError(f"the trust policy {path} is larger than {_FILE_SIZE_MAX_B} bytes")
    try:
        return parse_policy(text.decode("utf-8"))
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from None


def save_policy(policy: TrustPolicy, path: str | Path | None = None) -> None:
    """Keeps a policy in a file (`policy_path()`), in the place of any that was there.

    To change the one that is there, use `update_policy`. Raises ConfigError.
    """
    with _locked(path) as target:
        _replace(target, policy)


def update_policy(
    change: Callable[[TrustPolicy], TrustPolicy], path: str | Path | None = None
) -> TrustPolicy:
    """Changes the policy in a file (`policy_path()`), and gives the new one back.

    Nobody else changes the file meanwhile. Raises ConfigError, and what `change` raises: then the
    file stays as it was.
    """
    with _locked(path) as target:
        policy = change(load_policy(target))
        _replace(target, policy)
    return policy


@contextmanager
def _locked(path: str | Path | None) -> Iterator[Path]:
    """The file itself, be `path` a link to it, while no other process writes it."""
    target = Path(os.path.realpath(path or policy_path()))
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        lock = os.open(target.with_name(f".{target.name}.lock"), flags, _MODE)
        try:
            _wait_for(lock, target)
            yield target
        finally:
            os.close(lock)
    except OSError as error:
        raise ConfigError(f"cannot write the trust policy {target}: {error.strerror}") from None


def _wait_for(lock: int, target: Path) -> None:
    deadline = monotonic() + _LOCK_TIMEOUT_S
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if monotonic() > deadline:
                raise ConfigError(
                    f"another program is changing the trust policy {target}: try again"
                ) from None
            sleep(_LOCK_INTERVAL_S)


def _replace(target: Path, policy: TrustPolicy) -> None:
    """Writes beside the file, then renames: whoever reads sees the old policy or the new one."""
    text = policy_text(policy).encode()
    if len(text) > _FILE_SIZE_MAX_B:
        raise ConfigError(f"the trust policy would have more than {_FILE_SIZE_MAX_B} bytes")
    draft = target.with_name(f".{target.name}.draft")
    draft.unlink(missing_ok=True)  # of a process that was killed here
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        with open(os.open(draft, flags, _MODE), "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)
    _sync(target.parent)


def _sync(folder: Path) -> None:
    """So that the new name outlives a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
