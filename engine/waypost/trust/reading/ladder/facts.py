"""The facts of a registry of ours about many servers, all at one block."""

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from waypost.config import RegistryConfig
from waypost.errors import RpcError
from waypost.trust.endpoint import Endpoint
from waypost.trust.exchange import Exchange
from waypost.trust.policy import GrantAt
from waypost.trust.reading.finality import pin_at
from waypost.trust.reading.ladder.climb import climb
from waypost.trust.reading.ladder.faults import Fault, fault_of
from waypost.trust.reading.ladder.obedience import all_obey
from waypost.trust.reading.ladder.question import Question
from waypost.trust.reading.ladder.rung import Part
from waypost.trust.reading.ladder.snapshot_call import SnapshotCall
from waypost.trust.reading.ladder.storage_batch import StorageBatch
from waypost.trust.reading.ladder.storage_values import StorageValues
from waypost.trust.reading.snapshot import Snapshot
from waypost.trust.verdict import Block

RUNGS = (StorageValues.name, SnapshotCall.name, StorageBatch.name)


class Facts(NamedTuple):
    """What was read at a block: parts of the question, each a Snapshot or why there is none."""

    chain_id: int
    block: Block
    provider_ids: Sequence[int]
    parts: list[Part[Snapshot]]


def read_facts(
    endpoint: Endpoint,
    kind: bytes,
    node_ids: Sequence[bytes],
    providers: Callable[[], Collection[int]],
    config: RegistryConfig,
    where: GrantAt = GrantAt.LATEST,
) -> Exchange[Facts]:
    """The words of these servers of a kind, and of the providers, at the head or final block.

    `providers` is asked once the chain is known. If the block leaves the chain meanwhile, a newer
    one is taken, `config.pin_count_max` in all. Raises RpcError if there is no block to be had;
    afterwards a failure fails a part.
    """
    for _ in range(config.pin_count_max):
        block = yield from pin_at(endpoint, where)
        chain_id = endpoint.chain_id
        provider_ids = sorted(providers())
        question = Question(endpoint.address, kind, provider_ids)
        parts = yield from read_at(endpoint, block, question, node_ids, config)
        faults = {fault_of(part.found) for part in parts if isinstance(part.found, RpcError)}
        if Fault.GONE not in faults:
            break
    if Fault.OTHER in faults:
        endpoint.forget()  # it may be another node by now, or another contract
    return Facts(chain_id, block, provider_ids, parts)


def read_at(
    endpoint: Endpoint,
    block: Block,
    question: Question,
    node_ids: Sequence[bytes],
    config: RegistryConfig,
) -> Exchange[list[Part[Snapshot]]]:
    """The answers to a question about these servers at this block, which may be none: then one
    part tells of the registry, the kind and the providers. A failure fails a part.
    """
    values, batch = StorageValues(question), StorageBatch(question, config.call_count_max)
    rungs = (values, SnapshotCall(question, config.chunk_count_max), batch)
    while True:
        parts = yield from climb(endpoint.learned, block, rungs, node_ids, config)
        if (yield from all_obey(endpoint.learned, (values, batch))):
            return agreeing(parts)


def agreeing(parts: list[Part[Snapshot]]) -> list[Part[Snapshot]]:
    """The parts, or errors instead of all that was read if it cannot come from one state.

    Registry, kind and providers are in every answer: at one block they are the same.
    """
    read = {
        (found.registry, found.kind, found.providers)
        for _, _, found in parts
        if isinstance(found, Snapshot)
    }
    if len(read) < 2:
        return parts
    error = RpcError("wrong-block", "answers to one question come from different blocks")
    return [
        part._replace(found=error) if isinstance(part.found, Snapshot) else part for part in parts
    ]
