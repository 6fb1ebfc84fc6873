"""The user's keys, and what they open."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from waypost._ext.envelope import Envelope
from waypost._ext.secp256k1 import SecretKey
from waypost.errors import ConfigError, MessageError
from waypost.whisper.message import Message
from waypost.whisper.symmetric import KEY_SIZE_B, key_from_password


class _HasSecretKey(Protocol):
    @property
    def secret_key(self) -> SecretKey: ...


Key = SecretKey | _HasSecretKey | bytes | str
"""One's own key, a shared key of 32 bytes, or the password of one."""

Keys = Key | Iterable[Key] | Mapping[bytes, Key | Iterable[Key]]
"""Keys for whatever comes, or for each topic its own."""


class Keyring:
    """Opens envelopes by whichever key fits; the key of a password is derived once."""

    def __init__(self, keys: Keys) -> None:
        self._any: tuple[SecretKey | bytes, ...] = ()
        self._of_topics: dict[bytes, tuple[SecretKey | bytes, ...]] = {}
        if isinstance(keys, Mapping):
            self._of_topics = {topic: _each(key) for topic, key in keys.items()}
        else:
            self._any = _each(keys)
        if not (self._any or self._of_topics):
            raise ConfigError("without a key nothing can be read: give at least one")

    @property
    def topics(self) -> list[bytes]:
        """The topics that have keys of their own."""
        return list(self._of_topics)

    def open(self, envelope: Envelope) -> Message | None:
        """What an envelope holds, or None: it is not for us, or no message."""
        for key in self._of_topics.get(envelope.topic, self._any):
            try:
                return Message.open(envelope.data, key)
            except MessageError:
                continue
        return None


def _each(keys: Key | Iterable[Key]) -> tuple[SecretKey | bytes, ...]:
    if isinstance(keys, (SecretKey, bytes, str)) or hasattr(keys, "secret_key"):
        return (_key(keys),)
    return tuple(_key(key) for key in keys)


def _key(key: object) -> SecretKey | bytes:
    if isinstance(key, str):
        return key_from_password(key)
    if isinstance(key, bytes):
        if len(key) != KEY_SIZE_B:
            raise ConfigError(f"a shared key is {KEY_SIZE_B} bytes, not {len(key)}")
        return key
    secret_key = getattr(key, "secret_key", key)
    if not isinstance(secret_key, SecretKey):
        raise ConfigError("a key is a PrivateKey, a shared key of 32 bytes, or a password")
    return secret_key
