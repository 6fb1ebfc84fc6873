"""Looks for a session's key in all memory of this process. Status 1 where a copy outlives it."""

import ctypes
import sys
from pathlib import Path

from waypost._ext.address import pack
from waypost._ext.session import SessionTable

ADDRESS = pack("192.0.2.1", 30303)
KEY = bytes(range(7, 7 + 16))
OTHER = bytes(16)
TABLE_COUNT = 100
memmem = ctypes.CDLL(None).memmem
memmem.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]
memmem.restype = ctypes.c_void_p


def copies():
    """How often KEY stands in writable memory, searched in place."""
    count = 0
    for line in Path("/proc/self/maps").read_text().splitlines():
        bounds, access, *_ = line.split()
        at, end = (int(bound, 16) for bound in bounds.split("-"))
        while access.startswith("rw") and (at := memmem(at, end - at, KEY, len(KEY)) or end) < end:
            count, at = count + 1, at + 1
    return count


def node_id(number):
    return number.to_bytes(32, "big")


def tables_with_key():
    """So many that what one leaves behind in freed memory is not overwritten at once."""
    tables = [SessionTable(16, 1) for _ in range(TABLE_COUNT)]
    for table in tables:
        table.establish(node_id(0), ADDRESS, KEY, OTHER, 0.0)
    return tables


def grow(table):
    for number in range(1, 16):
        table.establish(node_id(number), ADDRESS, OTHER, OTHER, 0.0)


def evict(table):
    for number in range(1, 17):
        table.establish(node_id(number), ADDRESS, OTHER, OTHER, 0.0)


def move(table):
    other = SessionTable(16, 2)
    other.adopt(table, node_id(0), ADDRESS, 0.0)
    other.forget(node_id(0), ADDRESS)


def exchange(table):
    other = SessionTable(16, 2)
    other.establish(node_id(0), ADDRESS, OTHER, OTHER, 0.0)
    other.adopt(table, node_id(0), ADDRESS, 0.0)
    other.forget(node_id(0), ADDRESS)


def forget(table):
    table.forget(node_id(0), ADDRESS)


def replace(table):
    table.establish(node_id(0), ADDRESS, OTHER, OTHER, 0.0)


def main():
    copies()
    without = copies()
    tables = tables_with_key()
    found = {"while they are held": copies() - without - TABLE_COUNT}
    for table in tables:
        grow(table)
    found["after growth"] = copies() - without - TABLE_COUNT
    del table, tables
    found["after the tables are freed"] = copies() - without
    for leave in (forget, replace, evict, move, exchange):
        tables = tables_with_key()
        for table in tables:
            leave(table)
        found[f"after {leave.__name__}"] = copies() - without
    print(f"copies too many: {found}")
    return any(found.values())


if __name__ == "__main__":
    sys.exit(main())
