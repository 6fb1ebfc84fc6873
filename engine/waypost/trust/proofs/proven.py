"""Facts that are proven against a header: no node can make up any of them."""

from collections.abc import Iterable, Sequence
from functools import partial

from waypost.config import RegistryConfig
from waypost.errors import RpcError
from waypost.trust.endpoint import Endpoint
from waypost.trust.exchange import Exchange, beside
from waypost.trust.proofs.ancestry import ancestor_calls, is_ancestor
from waypost.trust.proofs.header import Header
from waypost.trust.reading.cache import Shelf
from waypost.trust.reading.ladder.climb import climb
from waypost.trust.reading.ladder.facts import Facts
from waypost.trust.reading.ladder.faults import Fault, fault_of
from waypost.trust.reading.ladder.question import Question
from waypost.trust.reading.ladder.storage_proofs import StorageProofs
from waypost.trust.reading.shelved import Known, Shelved


def read_proven(
    endpoint: Endpoint,
    header: Header,
    shelf: Shelf,
    kind: bytes,
    node_ids: Sequence[bytes],
    provider_ids: Iterable[int],
    code_hash: bytes,
    config: RegistryConfig,
    now: float,
) -> Exchange[Known]:
    """The facts about these servers of a kind (each named once) in the state after this block.

    The contract's code has to have this hash. Words on the shelf, where nothing but proven ones
    may be, are used if it is proven that their block is an ancestor, and that the kind's word is
    still the same. Raises RpcError where the node is of another chain; otherwise what it does not
    prove is the failure of a server.
    """
    if not endpoint.is_probed:
        yield from endpoint.pin()
    question, chain_id = Question(endpoint.address, kind, sorted(provider_ids)), endpoint.chain_id
    rung = StorageProofs(question, header, config.proof_count_max, code_hash)
    words = Shelved(shelf, node_ids, now)
    read = partial(climb, endpoint.learned, header.block, [rung], config=config)
    asked, anchor = words.missing(), shelf.anchor if shelf else None
    calls = ancestor_calls(anchor, header) if anchor else []
    parts, answers = yield from beside(read(asked), calls)
    holds = anchor is None or is_ancestor(anchor, header, answers)
    facts = Facts(chain_id, header.block, question.provider_ids, parts)
    return (yield from words.completed(facts, asked, holds, read))


def lacks_block(failures: Iterable[RpcError]) -> bool:
    """Whether a node lacks the block, or proofs of its state."""
    return any(fault_of(error) is Fault.GONE for error in failures)
