"""A thousand servers of a kind: their slots, and the way from a node's answer to verdicts."""

from orjson import dumps, loads

from benchmarks.cases import Case
from waypost._ext import slots
from waypost._ext.digest import keccak256
from waypost._ext.hex import words_of
from waypost._ext.verdict import Block, Source, Verdict, judge_words
from waypost.config import RegistryConfig
from waypost.trust.endpoint import Endpoint
from waypost.trust.exchange import Batch
from waypost.trust.judgement import judge
from waypost.trust.kind import kind_word
from waypost.trust.reading.cache import Shelf
from waypost.trust.reading.known import read_known
from waypost.trust.reading.packed import PackedWords
from waypost.trust.reading.snapshot import snapshot_at
from waypost.trust.words import REGISTRY_VERSION, ProviderWord, RegistryWord, ResourceWord, Status

NODE_COUNT, PROVIDER_COUNT = 1000, 20
NOW_S = 1_800_000_000
BLOCK = Block(17, bytes([1] * 32), NOW_S)
KIND = kind_word("whisper.mailserver")
NODE_IDS = [keccak256(index.to_bytes(4, "big")) for index in range(NODE_COUNT)]
REGISTRY = RegistryWord(REGISTRY_VERSION, provider_count=PROVIDER_COUNT).pack()
PROVIDERS = {
    id_: ProviderWord(owner=id_, status=Status.ACTIVE, epoch=1).pack()
    for id_ in range(1, PROVIDER_COUNT + 1)
}


def resource(index: int) -> int:
    """Seven of eight are listed, a few of them too long ago or by a provider too many."""
    if index % 8 == 0:
        return 0
    provider_id = index % (PROVIDER_COUNT + 2) + 1
    expires_at = NOW_S + index - 100
    return ResourceWord(
        provider_id, 1, Status.ACTIVE, expires_at=expires_at, nonce=1, list_index=index
    ).pack()


def joined(words: list[int]) -> bytes:
    return b"".join(word.to_bytes(32, "big") for word in words)


def answer(resources: bytes) -> str:
    """What `snapshot` returns."""
    count = len(resources) // 32
    head = [BLOCK.number << 64 | NOW_S, REGISTRY, 0, 5 * 32, (6 + count) * 32, count]
    tail = [PROVIDER_COUNT, *PROVIDERS.values()]
    return "0x" + (joined(head) + resources + joined(tail)).hex()


def judged(text: str) -> list[Verdict]:
    snapshot = snapshot_at(BLOCK, text, NODE_COUNT, PROVIDER_COUNT)
    providers = dict(zip(PROVIDERS, snapshot.providers, strict=True))
    return judge_words(NODE_IDS, snapshot.resources, BLOCK, snapshot.registry, providers)


RESOURCES = joined([resource(index) for index in range(NODE_COUNT)])
ANSWER = answer(RESOURCES)
HEAD = {"number": hex(BLOCK.number), "hash": f"0x{BLOCK.hash.hex()}", "timestamp": hex(NOW_S)}
STORAGE = [f"0x{RESOURCES[at : at + 32].hex()}" for at in range(0, len(RESOURCES), 32)]
SHELF = Shelf(RegistryConfig())
SHELF.keep(BLOCK, 0, PackedWords(NODE_IDS, RESOURCES), 0.0)


def verified(shelf: Shelf | None, answer: bytes) -> list[Verdict]:
    """A verification from the question to the verdicts, but for its way to the node and back."""
    endpoint = Endpoint(bytes(20))
    endpoint._chain_id = 1
    shelf = shelf or Shelf(RegistryConfig())
    exchange = read_known(
        endpoint, shelf, KIND, NODE_IDS, lambda: PROVIDERS, RegistryConfig(), 0.0
    )
    (batch,) = next(exchange)
    assert isinstance(batch, Batch)
    dumps([call.params for call in batch.calls])
    try:
        exchange.send([loads(answer)])
    except StopIteration as stop:
        return judge(stop.value, NODE_IDS, PROVIDERS, Source.SNAPSHOT)
    raise AssertionError("one request has to do")


CASES = [
    Case(
        name="1000 servers verified, I/O apart",
        call=verified,
        args=(None, dumps([HEAD, ANSWER])),
        twin="benchmarks.twin_trust:judged",
        twin_args=(NODE_IDS, BLOCK, list(PROVIDERS), ANSWER),
        yardstick="parse",
        count=10,
    ),
    Case(
        name="1000 kept servers verified, I/O apart",
        call=verified,
        args=(SHELF, dumps([HEAD, HEAD, answer(b"")])),
        twin="benchmarks.twin_trust:judged",
        twin_args=(NODE_IDS, BLOCK, list(PROVIDERS), ANSWER),
        yardstick="parse",
        count=10,
    ),
    Case(
        name="1000 words to verdicts",
        call=judge_words,
        args=(NODE_IDS, RESOURCES, BLOCK, REGISTRY, PROVIDERS),
        twin="benchmarks.twin_trust:verdicts",
        yardstick="parse",
        faster_min=10,
        count=20,
    ),
    Case(
        name="a snapshot of 1000 to verdicts",
        call=judged,
        args=(ANSWER,),
        twin="benchmarks.twin_trust:judged",
        twin_args=(NODE_IDS, BLOCK, list(PROVIDERS), ANSWER),
        yardstick="parse",
        faster_min=10,
        count=20,
    ),
    Case(
        name="1000 storage values to words",
        call=words_of,
        args=(STORAGE,),
        twin="benchmarks.twin_trust:words",
        yardstick="parse",
        count=20,
    ),
    Case(
        name="slots of 1000 servers",
        call=slots.resource_slots,
        args=(KIND, NODE_IDS),
        twin="benchmarks.twin_trust:slots",
        yardstick="hash",
        count=5,
    ),
    Case(
        name="slots of 1000 servers as text",
        call=slots.resource_slot_texts,
        args=(KIND, NODE_IDS),
        twin="benchmarks.twin_trust:slot_texts",
        yardstick="hash",
        count=5,
    ),
]
