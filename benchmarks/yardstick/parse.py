"""Branches, pointers and small objects: the C scanner of json."""

from json import loads

TEXT = '{"id": 1, "records": ["a", "b", "c", "d"], "endpoint": {"ip": "127.0.0.1", "udp": 30303}}'


def run() -> object:
    return loads(TEXT)
