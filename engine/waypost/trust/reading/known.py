"""What a registry says about servers at the newest block: from a shelf what still holds there, and
from the node the rest.

In the best case one request does it: a JSON-RPC batch of the head, the header in the place of the
shelf's anchor, and a `snapshot` of the head with the words that are missing, which may be none. It
counts only if the snapshot names the head's number and time. Where it does not (another block came
in between; a rollup, on which the EVM sees the parent chain's number, while several blocks share a
time), and on nodes without batches, the head is pinned first and read by its hash.

On one machine that takes less time than the batch, since a node finds words in storage faster than
by the EVM; but it saves less than a round trip takes from anywhere else. So the batch is first.
`make bench` shows both.

That the shelf holds is as sure as the node's word that the anchor is on its chain: no less sure
than any other word of it.
"""

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import NamedTuple

from waypost.config import RegistryConfig
from waypost.errors import RpcError
from waypost.trust.endpoint import HEAD, Endpoint, block_of
from waypost.trust.exchange import Answer, Batch, Call, Exchange, checked, hex_text
from waypost.trust.policy import GrantAt
from waypost.trust.reading.cache import Shelf
from waypost.trust.reading.ladder.facts import Facts, read_at, read_facts
from waypost.trust.reading.ladder.faults import Fault, fault_of
from waypost.trust.reading.ladder.question import Question
from waypost.trust.reading.ladder.rung import Part
from waypost.trust.reading.ladder.snapshot_call import SnapshotCall
from waypost.trust.reading.shelved import Known, Shelved, known_in
from waypost.trust.reading.snapshot import Snapshot, encode_snapshot, snapshot_of_head
from waypost.trust.verdict import Block

AT_ONCE = "head and snapshot in one batch"  # as what a node may lack
# How a batch fails that the node does not want as such; otherwise nothing else will do either.
_REFUSALS = ("rpc-error", "bad-answer", "no-answer", "wrong-id", "http-status")


def read_known(
    endpoint: Endpoint,
    shelf: Shelf,
    kind: bytes,
    node_ids: Sequence[bytes],
    providers: Callable[[], Collection[int]],
    config: RegistryConfig,
    now: float,
) -> Exchange[Known]:
    """The facts about these servers of a kind (each named once) at the head block.

    `providers` is asked once the chain is known. What is read goes to the shelf, which must not be
    in use by another read. A shelf that cannot be shown to hold at that block is emptied or, where
    the node does not answer, not used. Raises RpcError if there is no block to be had; afterwards
    a failure is that of a server.
    """
    return (yield from _Read(endpoint, shelf, kind, node_ids, providers, config, now).run())


def read_final(
    endpoint: Endpoint,
    kind: bytes,
    node_ids: Sequence[bytes],
    providers: Callable[[], Collection[int]],
    config: RegistryConfig,
) -> Exchange[Known]:
    """The same at the finalized block, without a shelf. Raises RpcError (`no-finality`)."""
    final = GrantAt.FINALIZED
    facts = yield from read_facts(endpoint, kind, node_ids, providers, config, final)
    return known_in(facts, node_ids)


class _Opening(NamedTuple):
    """The block to read at, and whether the shelf's anchor is on its chain."""

    block: Block
    holds: bool
    snapshot: Snapshot | None = None  # of what is missing, if that came along


class _Read:
    def __init__(
        self,
        endpoint: Endpoint,
        shelf: Shelf,
        kind: bytes,
        node_ids: Sequence[bytes],
        providers: Callable[[], Collection[int]],
        config: RegistryConfig,
        now: float,
    ) -> None:
        self._endpoint = endpoint
        self._shelf = shelf
        self._kind = kind
        self._providers = providers
        self._config = config
        self._words = Shelved(shelf, node_ids, now)

    def run(self) -> Exchange[Known]:
        opening = yield from self._open_at_once()
        for _ in range(self._config.pin_count_max):
            known = yield from self._read(opening or (yield from self._open()))
            faults = set(map(fault_of, set(known.failures.values())))
            if Fault.GONE not in faults:
                break
            opening = None
        if Fault.OTHER in faults:
            self._endpoint.forget()  # it may be another node by now, or another contract
        return known

    # ---- the block

    def _open(self) -> Exchange[_Opening]:
        block, headers = yield from self._endpoint.pin_with(*self._anchor_calls())
        return _Opening(block, self._holds(block, headers))

    def _open_at_once(self) -> Exchange[_Opening | None]:
        """The same and the snapshot in one request; None if that is no way here, or not now."""
        learned = self._endpoint.learned
        limit = learned.limit(SnapshotCall.name, self._config.chunk_count_max)
        missing = self._words.missing()
        lacks = {AT_ONCE, SnapshotCall.name} & learned.lacking.keys()
        if lacks or not self._endpoint.is_probed or len(missing) > limit.size:
            return None
        question = self._question()
        data = encode_snapshot(self._kind, missing, question.provider_ids)
        message = {"to": hex_text(question.address), "data": hex_text(data)}
        call = Call("eth_call", [message, "latest"])
        (answer,) = yield [Batch([HEAD, *self._anchor_calls(), call])]
        try:
            return self._opened(checked(answer), len(missing), len(question.provider_ids))
        except RpcError as error:
            fault = fault_of(error)
            if error.reason == "behind" or fault in (Fault.BUSY, Fault.SLOW):
                raise
            if isinstance(answer, RpcError) and error.reason not in _REFUSALS:
                raise
            if isinstance(answer, RpcError) or fault is Fault.LACKING:
                learned.lacking[AT_ONCE] = error
            elif fault is Fault.TOO_MUCH and len(missing) > 1:
                limit.failed(len(missing))
            return None

    def _opened(
        self, answers: Sequence[Answer], missing_count: int, provider_count: int
    ) -> _Opening:
        head, *headers, words = answers
        block = self._endpoint.head_of(head)
        snapshot = snapshot_of_head(block, words, missing_count, provider_count)
        return _Opening(block, self._holds(block, headers), snapshot)

    def _anchor_calls(self) -> list[Call]:
        """What shows whether the anchor is on the chain, if the shelf has any words."""
        anchor = self._shelf.anchor if self._shelf else None
        return [Call(HEAD.method, [hex(anchor.number), False])] if anchor else []

    def _holds(self, block: Block, headers: Sequence[Answer]) -> bool:
        anchor = self._shelf.anchor
        if anchor is None or anchor.hash == block.hash or not headers:
            return anchor is None or anchor.hash == block.hash
        try:
            return anchor.number < block.number and block_of(headers[0]).hash == anchor.hash
        except RpcError:
            return False

    # ---- the words

    def _read(self, opening: _Opening) -> Exchange[Known]:
        block, question = opening.block, self._question()
        if not opening.holds and not opening.snapshot:
            self._words.forget()
        read = partial(read_at, self._endpoint, block, question, config=self._config)
        asked, chain_id = self._words.missing(), self._endpoint.chain_id
        if opening.snapshot:
            parts: list[Part[Snapshot]] = [Part(0, len(asked), opening.snapshot)]
        else:
            parts = yield from read(asked)
        facts = Facts(chain_id, block, question.provider_ids, parts)
        return (yield from self._words.completed(facts, asked, opening.holds, read))

    def _question(self) -> Question:
        return Question(self._endpoint.address, self._kind, sorted(self._providers()))
