"""Settings of the archive of a mail server."""

from dataclasses import dataclass

from waypost.config.rule import require


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveConfig:
    """An archive, and the keeper that has it on threads of its own."""

    sync_on_commit: bool = True  # commits outlive a loss of power; if not, a killed process only
    reader_count: int = 2  # queries that are answered at the same time
    cache_size_b: int = 16 << 20  # of the file in memory, for the writer and for each reader
    wal_size_max_b: int = 64 << 20  # of the write-ahead log, which then goes into the file

    page_size_max_b: int = 4 << 20  # of the envelopes of a page; one is given at least
    merged_count_max: int = 256  # topics whose envelopes are merged; for more, time is gone along
    tested_count_max: int = 1 << 14  # topics that a bloom is held against; for more, the same
    examined_count_max: int = 50_000  # envelopes for one page, where time is gone along

    queue_count_max: int = 1 << 16  # envelopes that wait for their commit
    queue_size_max_b: int = 64 << 20
    commit_count_max: int = 4096  # envelopes in one commit, unless one append has more
    prune_count_max: int = 4096  # forgotten in one commit: as many, so that it keeps pace
    known_topic_count_max: int = 1 << 16  # topics that are known to be in the file

    def __post_init__(self) -> None:
        for name in self.__slots__:
            require(
                name == "sync_on_commit" or getattr(self, name) > 0, f"{name} must be more than 0"
            )
