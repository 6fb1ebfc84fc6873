"""What a soak has shown, and what of it should not be."""

import re
from collections import Counter
from dataclasses import replace
from typing import Any

from tests.soak.conductor import Record, busy
from tests.soak.plan import Plan
from tests.soak.samples import Sample, slope
from tests.soak.server import opened
from waypost._ext.envelope import Envelope
from waypost.mail.archive import Query

GROWTH_MAX_B = 1 << 19  # of resident memory, a minute
SETTLING_B = 12 << 20  # that it may grow by after the warm-up, beside it
BLOCKS_MAX = 30_000  # more than before anybody came: what is remembered, and late imports
FILES_MAX = 4  # more than before anybody came: what the archive's readers open
ANSWER_S_MAX = 5.0  # of a first page, on a machine that does other things, too


def percentile(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


def _growth_b(samples: list[Sample]) -> float:
    """Of resident memory, a minute."""
    return slope([(each.at, each.resident_b) for each in samples])


def answered_in(metrics: str, share: float) -> str:
    """The bucket of the server's own time to a first page, in seconds."""
    name = "waypost_mail_first_page_seconds_bucket"
    found = re.findall(rf'^{name}\{{le="([^"]+)"\}} ([0-9.e+]+)$', metrics, re.MULTILINE)
    buckets = [(edge, float(count)) for edge, count in found]
    return next(edge for edge, count in buckets if count >= share * buckets[-1][1])


def figures(record: Record) -> dict[str, Any]:
    """The numbers."""
    server, warm = record.server, record.warm()
    askers, crowd, strangers = record.askers, record.crowd, record.strangers
    seconds = max(record.ended_at, 1e-9)
    return {
        "seconds": round(record.ended_at),
        "peers": record.plan.peer_count,
        "envelopes_per_s": round(crowd["posted"] / seconds, 1),
        "deliveries_per_s": round(crowd["delivered"] / seconds),
        "relay_p50_s": percentile(crowd["latencies_s"], 0.5),
        "relay_p99_s": percentile(crowd["latencies_s"], 0.99),
        "pages": askers["counts"].get("pages", 0),
        "histories": askers["counts"].get("histories", 0),
        "first_page_count": len(askers["first_s"]),
        "first_page_p50_s": percentile(askers["first_s"], 0.5),
        "first_page_p99_s": percentile(askers["first_s"], 0.99),
        "server_says_p50_s": f"<= {answered_in(record.metrics, 0.5)}",
        "server_says_p99_s": f"<= {answered_in(record.metrics, 0.99)}",
        "whole_page_p50_s": percentile(askers["page_s"], 0.5),
        "whole_page_p99_s": percentile(askers["page_s"], 0.99),
        "delivered_mib_to_askers": server["delivered"].get("bytes", 0) >> 20,
        "attacks": strangers["attacks"],
        "attack_kinds": strangers["kinds"],
        "slow_and_floods": strangers["ends"],
        "refusals": dict(sorted(server["refusals"].items())),
        "requests": server["requests"],
        "resident_mib": [sample.resident_b >> 20 for sample in (warm[0], warm[-1])],
        "resident_mib_idle_and_rested": [
            each.resident_b >> 20 for each in (record.idle, record.rested) if each
        ],
        "growth_kib_per_minute": round(_growth_b(warm) / 1024, 1),
        "growth_of_the_second_half": round(_growth_b(warm[len(warm) // 2 :]) / 1024, 1),
        "blocks": [
            each.blocks for each in (record.idle, warm[0], warm[-1], record.rested) if each
        ],
        "blocks_per_minute": round(slope([(each.at, each.blocks) for each in warm])),
        "server_cores": round((warm[-1].cpu_s - warm[0].cpu_s) / (warm[-1].at - warm[0].at), 2),
        "tables": {name: size for name, size in server["tables"].items() if size},
    }


def faults(record: Record) -> list[str]:
    """All that should not be, a sentence each."""
    found: list[str] = []
    for part in (_errors, _growth, _relay, _archive, _answers, _refusals, _end):
        found += part(record)
    return found


def _errors(record: Record) -> list[str]:
    found = []
    for name, log in record.logs.items():
        wrong = [line for line in log.splitlines() if _is_error(line, name)]
        if wrong:
            found.append(f"the log of {name} has {len(wrong)} errors, first: {wrong[0][:500]}")
    return found


def _is_error(line: str, name: str) -> bool:
    if name in ("server", "copy"):
        return '"level": "error"' in line or "Traceback" in line or not line.startswith("{")
    return bool(line)


def _growth(record: Record) -> list[str]:
    found, warm = [], record.warm()
    assert record.idle is not None
    assert record.rested is not None
    growth_b, minutes = _growth_b(warm), (warm[-1].at - warm[0].at) / 60
    if growth_b > GROWTH_MAX_B + SETTLING_B / minutes:
        found.append(f"its memory grew by {growth_b / 1024:.0f} KiB a minute")
    if record.rested.blocks > record.idle.blocks + BLOCKS_MAX:
        found.append(f"{record.rested.blocks} blocks are left, {record.idle.blocks} before")
    if record.rested.files > record.idle.files + FILES_MAX:
        found.append(f"{record.rested.files} files are open, {record.idle.files} before")
    threads = [each.threads for each in warm]
    if record.rested.threads > max(threads[: len(threads) // 2 + 1]):
        found.append(f"{record.rested.threads} threads run, {threads[0]} after the warm-up")
    if left := busy(record):
        found.append(f"some tables hold more than before: {left}")
    return found


def _relay(record: Record) -> list[str]:
    crowd, found = record.crowd, []
    for name in ("missing", "twice", "astray", "lost_links", "refused_by_peers"):
        if crowd[name]:
            found.append(f"the crowd: {name} {crowd[name]}")
    if not crowd["posted"] or crowd["posted"] != crowd["acknowledged"]:
        found.append(f"{crowd['posted']} were sent, {crowd['acknowledged']} acknowledged")
    return found


def _archive(record: Record) -> list[str]:
    """In both archives is what was acknowledged, and what was there from the start."""
    wanted = record.plan.acknowledged() | {each.hash for each in record.plan.history()}
    found = []
    if record.lacking_count:
        found.append(f"a client gets {record.lacking_count} less than was acknowledged")
    for name in ("server", "copy"):
        lacking = wanted - _hashes(record.plan, name)
        if lacking:
            found.append(f"the archive of {name} lacks {len(lacking)} of {len(wanted)} envelopes")
    return found


def _hashes(plan: Plan, name: str) -> set[bytes]:
    """Of all that an archive holds."""
    hashes, query = set(), Query(lower_s=0, upper_s=2**32 - 1, limit=5_000)
    with opened(plan, name) as archive:
        while True:
            page = archive.query(query)
            hashes |= {Envelope.parse(raw).hash for raw in page.raws}
            if not page.cursor:
                return hashes
            query = replace(query, cursor=page.cursor)


def _answers(record: Record) -> list[str]:
    found = [f"askers: {fault}: {count}" for fault, count in record.askers["faults"].items()]
    first_s = record.askers["first_s"]
    if not first_s or percentile(first_s, 0.99) > ANSWER_S_MAX:
        found.append(f"the first page took {percentile(first_s, 0.99):.2f} s at p99")
    return found


def _refusals(record: Record) -> list[str]:
    """The server counted each attack under the name that is expected, and nothing else."""
    strangers = record.strangers
    found = [f"strangers: {what}: {count}" for what, count in strangers["surprises"].items()]
    counted, vague = Counter(record.server["refusals"]), set(strangers["vague"])
    expected = Counter(strangers["counted"])
    for name in sorted({*counted, *expected} - vague):
        if counted[name] != expected[name]:
            found.append(f"refused for {name}: {counted[name]}, attacks: {expected[name]}")
    return found


def _end(record: Record) -> list[str]:
    found = [
        f"{name} ended with {status}" for name, status in record.statuses.items() if status != 0
    ]
    if "waypost_mail_healthy 1.0" not in record.metrics:
        found.append("the server does not say that it is healthy")
    return found
