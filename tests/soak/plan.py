"""What a soak is made of; its processes draw the same from the same seed."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from random import Random
from typing import Self

from waypost._ext.digest import keccak256
from waypost._ext.envelope import Envelope
from waypost.config import (
    ArchiveConfig,
    HostConfig,
    MailServerConfig,
    RlpxConfig,
    WhisperConfig,
)
from waypost.keys import PrivateKey

PASSWORD = "status-offline-inbox"
POW_MIN = 0.001  # of envelopes: a few hashes
TOPICS = tuple(keccak256(bytes([number]))[:4] for number in range(64))
HISTORY_S = 7_200  # over which the envelopes lie that are in the archive from the start


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The counts and rates of a soak. haste: by how much the server's timeouts are divided."""

    folder: str
    begun_s: int
    enode: str = ""  # of the server, once it runs
    seed: int = 1
    duration_s: float = 900.0
    peer_count: int = 500
    light_share: float = 0.3
    envelopes_per_s: float = 25.0
    ttl_s: int = 20
    archive_count: int = 50_000
    asker_count: int = 8
    queries_per_s: float = 8.0
    attacks_per_s: float = 15.0
    slow_count: int = 90
    haste: float = 1.0

    @classmethod
    def from_json(cls, text: str) -> Self:
        return cls(**json.loads(text))

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    def random(self, *name: object) -> Random:
        """The numbers of one part of the soak."""
        return Random(f"{self.seed} {name}")

    def key(self, *name: object) -> PrivateKey:
        return PrivateKey.from_bytes(keccak256(f"{self.seed} {name}".encode()))

    def path(self, name: str) -> Path:
        return Path(self.folder) / name

    def history(self) -> Iterator[Envelope]:
        """What is in the archive from the start."""
        random = self.random("history")
        for _ in range(self.archive_count):
            sent_s = self.begun_s - 60 - random.randrange(HISTORY_S)
            yield letter(random, sent_s, 50)

    def acknowledged(self) -> set[bytes]:
        """The hashes of what the server has acknowledged, once the crowd has left."""
        return {bytes.fromhex(line) for line in self.path("acknowledged").read_text().split()}

    def whisper(self, **changes: object) -> WhisperConfig:
        return replace(WhisperConfig(pow_min=POW_MIN), **changes)

    def server_config(self) -> MailServerConfig:
        """As operators have it, but for what is only memory of the past: that is small, so that
        it is full after the warm-up and any other growth shows.
        """
        rlpx, host, mail = RlpxConfig(), HostConfig(), MailServerConfig()
        hasty = self.haste
        return replace(
            mail,
            host=replace(
                host,
                rlpx=replace(
                    rlpx,
                    handshake_timeout_s=rlpx.handshake_timeout_s / hasty,
                    ping_interval_s=rlpx.ping_interval_s / hasty,
                    silence_timeout_s=rlpx.silence_timeout_s / hasty,
                ),
                write_timeout_s=host.write_timeout_s / hasty,
                address_memory_count_max=256,
            ),
            whisper=self.whisper(
                status_timeout_s=WhisperConfig().status_timeout_s / hasty, address_count_max=1024
            ),
            archive=ArchiveConfig(
                page_size_max_b=mail.archive.page_size_max_b,
                cache_size_b=1 << 20,
                wal_size_max_b=4 << 20,
            ),
            recent_request_count_max=512,
            source_count_max=512,
            push_timeout_s=mail.push_timeout_s / hasty,
            sync_interval_s=10.0 / hasty,
            sync_ages_s=(1, 2 * self.ttl_s),
        )


def letter(random: Random, sent_s: int, ttl_s: int) -> Envelope:
    """Of one of the topics, with as much work as is needed."""
    bare = Envelope.create(
        expiry_s=sent_s + ttl_s,
        ttl_s=ttl_s,
        topic=random.choice(TOPICS),
        data=random.randbytes(random.randint(100, 600)),
    )
    return worked(bare)


def worked(bare: Envelope) -> Envelope:
    _, nonce = bare.search(0, 1 << 20, bare.bits_for(POW_MIN))
    return bare.sealed(nonce)
