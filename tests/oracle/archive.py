"""An archive as a sorted list, slow and obvious.

An envelope is (position, topic, raw), where the position is sent_s (4 bytes) || hash (32).
"""

from tests.oracle.whisper import bloom, matches


class Archive:
    def __init__(self):
        self.rows = []

    def append(self, rows):
        """How many are new."""
        new = set(rows) - set(self.rows)
        self.rows = sorted([*self.rows, *new])
        return len(new)

    def prune(self, before_s):
        """How many go."""
        kept = [row for row in self.rows if sent_s(row) >= before_s]
        gone = len(self.rows) - len(kept)
        self.rows = kept
        return gone

    def topics(self):
        return {topic for _, topic, _ in self.rows}

    def query(self, lower_s, upper_s, topics=None, bloom=None, newest_first=False):
        """All that a query asks for, in its order."""
        found = [
            row
            for row in self.rows
            if lower_s <= sent_s(row) <= upper_s and wanted(row[1], topics, bloom)
        ]
        return found[::-1] if newest_first else found


def sent_s(row):
    return int.from_bytes(row[0][:4], "big")


def wanted(topic, topics, filter_bloom):
    if topics is not None:
        return topic in topics
    return filter_bloom is None or matches(filter_bloom, bloom(topic))
