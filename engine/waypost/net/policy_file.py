"""The file that keeps the user's trust policy."""

import os
from pathlib import Path

from waypost.errors import ConfigError
from waypost.trust.policy import TrustPolicy

_FILE_SIZE_MAX_B = 1 << 20


def load_policy(path: str | Path) -> TrustPolicy:
    """The policy in a file, or the default one where there is no file. Raises ConfigError."""
    try:
        with open(path, "rb") as file:
            text = file.read(_FILE_SIZE_MAX_B + 1)
    except FileNotFoundError:
        return TrustPolicy()
    except OSError as error:
        raise ConfigError(f"cannot read the trust policy {path}: {error.strerror}") from None
    if len(text) > _FILE_SIZE_MAX_B:
        raise ConfigError(f"the trust policy {path} is larger than {_FILE_SIZE_MAX_B} bytes")
    try:
        return TrustPolicy.from_toml(text.decode("utf-8"))
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from None


def save_policy(path: str | Path, policy: TrustPolicy) -> None:
    """Writes a policy, whole or not at all. Raises ConfigError."""
    path = Path(path)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(draft, "w", encoding="utf-8") as file:
                file.write(policy.to_toml())
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigError(f"cannot write the trust policy {path}: {error.strerror}") from None
