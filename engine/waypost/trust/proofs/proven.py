"""Facts that are proven against a header: no node can make up any of them."""

from collections.abc import Iterable, Sequence

from waypost.config import RegistryConfig
from waypost.errors import RpcError
from waypost.trust.endpoint import Endpoint
from waypost.trust.exchange import Exchange
from waypost.trust.proofs.header import Header
from waypost.trust.reading.known import Known, known_in
from waypost.trust.reading.ladder.climb import climb
from waypost.trust.reading.ladder.facts import Facts
from waypost.trust.reading.ladder.faults import Fault, fault_of
from waypost.trust.reading.ladder.question import Question
from waypost.trust.reading.ladder.storage_proofs import StorageProofs


def read_proven(
    endpoint: Endpoint,
    header: Header,
    kind: bytes,
    node_ids: Sequence[bytes],
    provider_ids: Iterable[int],
    code_hash: bytes,
    config: RegistryConfig,
) -> Exchange[Known]:
    """The facts about these servers of a kind (each named once) in the state after this block.

    The contract's code has to have this hash. Raises RpcError where the node is of another chain;
    otherwise what it does not prove is the failure of a server.
    """
    if not endpoint.is_probed:
        yield from endpoint.pin()
    question = Question(endpoint.address, kind, sorted(provider_ids))
    rung = StorageProofs(question, header, config.proof_count_max, code_hash)
    parts = yield from climb(endpoint.learned, header.block, [rung], node_ids, config)
    facts = Facts(endpoint.chain_id, header.block, question.provider_ids, parts)
    return known_in(facts, node_ids)


def lacks_block(failures: Iterable[RpcError]) -> bool:
    """Whether a node lacks the block, or proofs of its state."""
    return any(fault_of(error) is Fault.GONE for error in failures)
