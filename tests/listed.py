"""A registry on anvil that lists ten thousand servers."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.request import Request, urlopen

from tests.chains import ANVIL_KEY, running_anvil
from waypost._ext.digest import keccak256
from waypost._ext.secp256k1 import SecretKey
from waypost._ext.slots import resource_slots
from waypost.net.run import run
from waypost.net.trust.registry import Registry
from waypost.trust.kind import kind_word
from waypost.trust.words import ResourceWord, Status

KIND = "whisper.mailserver"
NODE_IDS = [keccak256(index.to_bytes(4, "big")) for index in range(10_000)]

_CALL_COUNT = 1000  # in one batch
_TIMEOUT_S = 60.0


class Listed(NamedTuple):
    url: str
    address: bytes


@contextmanager
def listed_on_anvil() -> Iterator[Listed]:
    """A node of its own, with every one of NODE_IDS listed by provider 1.

    Their words are laid into the storage of a registry that was deployed as ever: what a node has
    to do for a read is the same as if each server had signed its consent, which takes minutes.
    Without anvil, the test is skipped.
    """
    with running_anvil() as url:
        address = run(_deploy(url))
        slots = resource_slots(kind_word(KIND), NODE_IDS)
        values = [
            ResourceWord(1, 1, Status.ACTIVE, registered_at=1, nonce=1, list_index=index).pack()
            for index in range(len(NODE_IDS))
        ]
        calls = [
            ("anvil_setStorageAt", [f"0x{address.hex()}", f"0x{slot.hex()}", f"0x{value:064x}"])
            for slot, value in zip(slots, values, strict=True)
        ]
        for start in range(0, len(calls), _CALL_COUNT):
            ask_all(url, calls[start : start + _CALL_COUNT])
        ask_all(url, [("anvil_mine", ["0x1"])])
        yield Listed(url, address)


def ask_all(url: str, calls: Sequence[tuple[str, list[Any]]]) -> None:
    """One batch, all of which has to succeed, by other means than those under test."""
    batch = [
        {"jsonrpc": "2.0", "id": id_, "method": method, "params": params}
        for id_, (method, params) in enumerate(calls)
    ]
    body = json.dumps(batch).encode()
    request = Request(url, body, {"Content-Type": "application/json"})
    with urlopen(request, timeout=_TIMEOUT_S) as response:
        assert not any("error" in answer for answer in json.load(response))


async def _deploy(url: str) -> bytes:
    async with await Registry.deploy(url, SecretKey(ANVIL_KEY)) as registry:
        return registry.address
