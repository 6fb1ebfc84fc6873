"""Opens and drops a million sessions, twice. Status 1 where resident memory grew."""

import sys
from pathlib import Path

from waypost._ext.address import pack
from waypost._ext.session import SessionTable

COUNT = 1_000_000
CAPACITY = 1_000
GROWTH_MAX_B = 256 * 1024
PAGE_SIZE_B = 4096


def resident_b():
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_SIZE_B


def churn(table, first, count):
    """Half of the sessions are dropped, the others evicted."""
    address, key = pack("192.0.2.1", 30303), bytes(16)
    for number in range(first, first + count):
        node_id = number.to_bytes(32, "big")
        table.establish(node_id, address, key, key, 0.0)
        if number % 2:
            table.forget(node_id, address)


def main():
    """First in one table, then in a thousand tables one after the other."""
    table = SessionTable(CAPACITY, 1)
    churn(table, 0, 10 * CAPACITY)
    before = resident_b()
    churn(table, 10 * CAPACITY, COUNT)
    for _ in range(COUNT // CAPACITY):
        churn(SessionTable(CAPACITY, 1), 0, CAPACITY)
    growth = resident_b() - before
    print(f"{2 * COUNT} sessions: resident memory grew by {growth} bytes")
    return growth > GROWTH_MAX_B


if __name__ == "__main__":
    sys.exit(main())
