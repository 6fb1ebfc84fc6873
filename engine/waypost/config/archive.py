"""Settings of the archive of a mail server."""

from dataclasses import dataclass

from waypost.config.rule import require


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveConfig:
    """An archive, and the keeper that has it on threads of its own."""

    sync_on_commit: bool = (
        True  # commits survive the loss of power; False: only that of the process
    )
    page_size_max_b: int = 4 << 20  # of envelopes in the answer to a query; at least one is given
    merged_count_max: int = 128  # topics of a query that are merged; beyond, all times are read
    examined_count_max: int = 100_000  # envelopes read for one page, of topics that are too many
    cache_size_b: int = 16 << 20  # of the file in memory, for each of two connections
    wal_size_max_b: int = 64 << 20  # of the write-ahead log; then it is written into the file
    known_topic_count_max: int = 1 << 16  # known to be in the list of topics

    queue_count_max: int = 1 << 16  # envelopes that wait for their commit
    queue_size_max_b: int = 64 << 20
    commit_count_max: int = 4096  # envelopes in one commit
    prune_count_max: int = 1000  # envelopes forgotten in one commit

    def __post_init__(self) -> None:
        for name in self.__slots__:
            require(name == "sync_on_commit" or getattr(self, name) > 0, f"{name} must be above 0")
