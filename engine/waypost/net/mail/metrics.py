"""What a mail server tells Prometheus; the counts are those of its stats."""

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from waypost.net.mail.stats import MailServerStats

_FIRST_PAGE_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_COMMIT_COUNTS = tuple(4**power for power in range(8))


class MailMetrics(Collector):
    """The metrics of one server, in a registry of its own: `registry`. stats gives None while it
    is not running.
    """

    def __init__(self, stats: Callable[[], MailServerStats | None]) -> None:
        self._stats = stats
        self.registry = CollectorRegistry()
        self.first_page_s = Histogram(
            "waypost_mail_first_page_seconds",
            "From a request to the first page of its answer.",
            buckets=_FIRST_PAGE_S,
            registry=self.registry,
        )
        self.commit_envelopes = Histogram(
            "waypost_mail_commit_envelopes",
            "Envelopes that were committed together.",
            buckets=_COMMIT_COUNTS,
            registry=self.registry,
        )
        self.registry.register(self)
        ProcessCollector(registry=self.registry)

    def collect(self) -> Iterator[Metric]:
        """The counts and sizes as they are now."""
        stats = self._stats()
        yield _gauge("healthy", "1, or 0: /health says why.", stats is not None and stats.healthy)
        if stats is not None:
            yield from self._families(stats)

    def _families(self, stats: MailServerStats) -> Iterator[Metric]:
        yield _counts("envelopes", "Envelopes that peers sent.", "outcome", stats.envelopes)
        yield _counts("requests", "Requests of clients and servers.", "outcome", stats.requests)
        yield _counts("synced_envelopes", "From other servers.", "outcome", stats.synced)
        yield _counts("refusals", "What was refused of peers.", "reason", stats.refusals)
        yield _counts("found", "Tries of what discovery found.", "outcome", stats.found)
        yield _count("delivered_envelopes", "Sent to clients.", stats.delivered["envelopes"])
        yield _count("delivered_bytes", "Sent to clients.", stats.delivered["bytes"])
        yield _gauge("peers", "Links with their status exchanged.", stats.peer_count)
        yield _gauge("peers_found", "Peers that discovery found.", stats.found_peer_count)
        yield _gauge("peers_served", "Peers whose requests are answered.", stats.served_count)
        yield _gauge("intake_bytes", "Waiting for their commit.", stats.intake_size_b)
        yield _copied(stats.copied_s)
        if stats.archive is not None:
            held = stats.archive
            yield _gauge("archive_envelopes", "In the archive.", held.envelope_count)
            yield _gauge("archive_topics", "In the archive.", held.topic_count)
            yield _gauge("archive_bytes", "On disk.", held.size_b)
            if held.oldest_s is not None and held.newest_s is not None:
                yield _gauge("archive_oldest_seconds", "Since 1970.", held.oldest_s)
                yield _gauge("archive_newest_seconds", "Since 1970.", held.newest_s)


def _counts(name: str, text: str, label: str, counts: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(f"waypost_mail_{name}", text, labels=[label])
    for value, count in counts.items():
        family.add_metric([value], count)
    return family


def _copied(copied_s: Mapping[bytes, int]) -> Metric:
    text = "When a server had been copied last, since 1970; 0: not since the start."
    family = GaugeMetricFamily("waypost_mail_copied_seconds", text, labels=["server"])
    for node_id, when_s in copied_s.items():
        family.add_metric([node_id.hex()], when_s)
    return family


def _count(name: str, text: str, count: int) -> Metric:
    return CounterMetricFamily(f"waypost_mail_{name}", text, value=count)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"waypost_mail_{name}", text, value=value)
