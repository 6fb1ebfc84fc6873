"""The ladder by hand: which rung is used, what is learned, and what is noticed on each."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.exchanges import run
from tests.storage_node import ADDRESS, KIND, WHERE, StorageNode
from tests.verifications import verify
from waypost.config import RegistryConfig
from waypost.errors import RpcError
from waypost.trust.endpoint import Endpoint
from waypost.trust.exchange import Batch, Call
from waypost.trust.policy import TrustPolicy
from waypost.trust.reading.ladder.faults import Fault, fault_of
from waypost.trust.reading.ladder.learned import Limit
from waypost.trust.verdict import Outcome, Verdict

IDS = [number.to_bytes(32, "big") for number in range(1, 41)]
VALUES, CALL, AT = "eth_getStorageValues", "eth_call", "eth_getStorageAt"
LACKING = [(), (VALUES,), (VALUES, CALL)]


def small(size: int = 8, **more: int) -> RegistryConfig:
    return RegistryConfig(chunk_count_max=size, **more)


def listed(*lacks: str, **settings: int) -> StorageNode:
    """A node whose registry lists every second server."""
    node = StorageNode(*lacks, **settings)
    node.enlist(*IDS[::2])
    node.provide(1)
    return node


def ask(
    node: StorageNode,
    endpoint: Endpoint | None = None,
    ids: Sequence[bytes] = IDS,
    config: RegistryConfig | None = None,
    **driver: bool,
) -> list[Verdict]:
    exchange = verify(endpoint or Endpoint(ADDRESS), KIND, ids, TrustPolicy(), config or small())
    return run(exchange, node.answer, **driver)


def assert_right(verdicts: list[Verdict]) -> None:
    assert [v.error for v in verdicts] == [None] * len(verdicts)
    assert [v.trusted for v in verdicts] == [True, False] * (len(verdicts) // 2)


def cause(verdicts: list[Verdict]) -> RpcError:
    """The one cause for which all verdicts are unknown."""
    assert {v.outcome for v in verdicts} == {Outcome.UNKNOWN}
    (error,) = {str(v.error): v.error for v in verdicts}.values()
    assert error is not None
    return error


@pytest.mark.parametrize("lacks", LACKING)
def test_each_rung_gives_the_same_verdicts_and_is_found_once(lacks: tuple[str, ...]) -> None:
    node, endpoint = listed(*lacks), Endpoint(ADDRESS)
    for _ in range(2):
        assert_right(ask(node, endpoint))
    assert [node.methods(method) for method in lacks] == [1] * len(lacks)
    used = [VALUES, CALL, AT][len(lacks)]
    assert node.methods(used) > 1
    assert all(node.methods(below) == 0 for below in [VALUES, CALL, AT][len(lacks) + 1 :])


def test_an_endpoint_that_was_forgotten_is_probed_again() -> None:
    node, endpoint = listed(VALUES), Endpoint(ADDRESS)
    ask(node, endpoint)
    node.lacks.clear()  # the node was upgraded
    endpoint.forget()
    ask(node, endpoint)
    assert node.methods(VALUES) > 2


def test_a_node_without_any_way_says_which_it_lacks_and_is_asked_again() -> None:
    node, endpoint = listed(VALUES, CALL), Endpoint(ADDRESS)
    error = cause(ask(node, endpoint, batches=False))
    assert error.reason == "unsupported"
    for rung in (VALUES, "snapshot", "batch of eth_getStorageAt"):
        assert rung in str(error)
    node.lacks.clear()
    assert_right(ask(node, endpoint))


def test_a_node_that_knows_no_blocks_by_hash_is_named_as_such() -> None:
    class Old(StorageNode):
        def answer(self, call: Call) -> Any:
            if any(isinstance(parameter, dict) for parameter in call.params[1:]):
                message = "invalid argument 1: json: cannot unmarshal object into Go value"
                raise RpcError("rpc-error", message, code=-32602)
            return super().answer(call)

    error = cause(ask(Old()))
    assert error.reason == "unsupported"
    assert "EIP-1898" in str(error)


@pytest.mark.parametrize("reason", ["timeout", "unreachable", "http-status", "truncated"])
def test_a_failure_of_transport_is_no_reason_to_step_down(reason: str) -> None:
    class Dead(StorageNode):
        def eth_getStorageValues(self, *_: Any) -> Any:
            raise RpcError(reason)

    node = Dead()
    assert cause(ask(node)).reason == reason
    assert node.methods(CALL) == node.methods(AT) == 0


def test_a_node_that_wants_to_be_left_alone_is() -> None:
    class Busy(StorageNode):
        def eth_getStorageValues(self, *params: Any) -> Any:
            if self.methods(VALUES) > 1:
                raise RpcError("rate-limited", code=429)
            return super().eth_getStorageValues(*params)

    node, endpoint = Busy(), Endpoint(ADDRESS)
    node.provide(1)
    verdicts = ask(node, endpoint)
    assert [v.outcome for v in verdicts] == [Outcome.UNTRUSTED] * 8 + [Outcome.UNKNOWN] * 32
    assert node.methods(VALUES) <= 1 + small().connection_count_max + 1  # and no such block
    assert endpoint.learned.lacking == {}
    assert node.methods("eth_chainId") == 1  # nor is it probed again
    run(endpoint.pin(), node.answer)
    assert node.methods("eth_chainId") == 1


# ---------------------------------------------------------------------------------------- limits


@pytest.mark.parametrize("lacks", LACKING[:2])
def test_a_limit_is_learned_within_one_verification(lacks: tuple[str, ...]) -> None:
    node, endpoint = listed(*lacks, slot_count_max=9), Endpoint(ADDRESS)
    assert_right(ask(node, endpoint, config=small(32)))
    refused = len(node.calls)
    node.calls.clear()
    assert_right(ask(node, endpoint, config=small(32)))
    assert len(node.calls) < refused


def test_a_limit_recovers_when_the_node_gives_more() -> None:
    node, endpoint = listed(slot_count_max=9), Endpoint(ADDRESS)
    ask(node, endpoint, config=small(32))
    node.slot_count_max = 1024
    for _ in range(80):
        ask(node, endpoint, config=small(32))
    assert endpoint.learned.limit(VALUES, 32).size == 32


def test_a_limit_that_stands_is_seldom_probed() -> None:
    node, endpoint = listed(slot_count_max=19), Endpoint(ADDRESS)
    for _ in range(50):
        assert_right(ask(node, endpoint, config=small(32)))
    refused = sum(
        len(call.params[0]["0x" + ADDRESS.hex()]) > 19
        for call in node.calls
        if call.method == VALUES
    )
    assert refused < node.methods(VALUES) / 8


def test_one_server_that_is_too_much_goes_down_a_rung() -> None:
    node, endpoint = listed(slot_count_max=3), Endpoint(ADDRESS)  # three words are always asked
    assert_right(ask(node, endpoint))
    assert node.methods(CALL) > 0
    assert endpoint.learned.lacking == {}


def test_what_is_too_much_on_every_rung_ends() -> None:
    node = listed(slot_count_max=0)
    assert cause(ask(node, ids=IDS[:2], batches=False)).reason == "rpc-error"


def test_a_round_that_times_out_is_asked_again_for_less_but_once() -> None:
    class Slow(StorageNode):
        patience = 4

        def eth_getStorageValues(self, slots: Any, where: Any) -> Any:
            if len(slots["0x" + ADDRESS.hex()]) - 3 > self.patience:
                raise RpcError("timeout")
            return super().eth_getStorageValues(slots, where)

    node = Slow()
    assert {v.outcome for v in ask(node, config=small(8))} == {Outcome.UNTRUSTED}
    node = Slow()
    node.patience = 0
    assert cause(ask(node, config=small(8))).reason == "timeout"
    assert node.methods(VALUES) == 2


def test_a_limit_that_proves_too_much_goes_back_and_waits_longer() -> None:
    limit = Limit(100)
    limit.failed(100)
    for patience in (4, 8, 16):
        for _ in range(patience):
            assert limit.size == 50
            limit.carried(50)
        assert limit.size == 56
        limit.failed(56)
    assert limit.size == 50
    limit.failed(50)
    assert limit.size == 25


def test_limits_are_bounded() -> None:
    limit = Limit(10)
    for failed in (10, 10, 5, 2, 1, 1):
        limit.failed(failed)
    assert limit.size == 1
    for _ in range(100):
        limit.carried(limit.size)
    assert limit.size == 10
    limit.failed(10)
    for _ in range(100):
        limit.carried(1)  # says nothing about 5
    assert limit.size == 5


# ------------------------------------------------------------------------- what each rung notices


class Swapping:
    """Answers the calls of each round in the wrong order."""

    def __init__(self, node: StorageNode) -> None:
        self.node = node

    def run(self, exchange: Any) -> Any:
        try:
            sent = next(exchange)
            while True:
                answers = [self.answered(one) for one in sent]
                pinned = len(sent) > 1 and sent[0] not in (Call("eth_getBlockByNumber"),)
                reads = [
                    one for one in sent if isinstance(one, Batch) or one.method in (VALUES, CALL)
                ]
                sent = exchange.send(answers[::-1] if pinned and len(reads) > 1 else answers)
        except StopIteration as stop:
            return stop.value

    def answered(self, one: Call | Batch) -> Any:
        if isinstance(one, Batch):
            return [self.answered(call) for call in one.calls]
        try:
            return self.node.answer(one)
        except RpcError as error:
            return error


@pytest.mark.parametrize("lacks", LACKING)
def test_swapped_answers_never_make_a_wrong_verdict(lacks: tuple[str, ...]) -> None:
    node, endpoint = listed(*lacks), Endpoint(ADDRESS)
    ask(node, endpoint)  # so that whole rounds travel
    exchange = verify(endpoint, KIND, IDS, TrustPolicy(), small())
    verdicts = Swapping(node).run(exchange)
    assert Outcome.UNKNOWN in {v.outcome for v in verdicts}
    for place, verdict in enumerate(verdicts):
        assert verdict.outcome is Outcome.UNKNOWN or verdict.trusted == (place % 2 == 0)


@pytest.mark.parametrize("lacks", LACKING)
def test_storage_that_is_no_registrys_is_refused(lacks: tuple[str, ...]) -> None:
    node = StorageNode(*lacks)
    node.storage.clear()
    assert cause(ask(node)).reason == "wrong-version"


@pytest.mark.parametrize("lacks", LACKING)
def test_chunks_of_different_states_are_refused(lacks: tuple[str, ...]) -> None:
    class Racing(StorageNode):
        def answer(self, call: Call) -> Any:
            self.version_kind(len(self.calls) // 6)
            return super().answer(call)

    node = Racing(*lacks)
    assert cause(ask(node, config=small(4))).reason == "wrong-block"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (None, "bad-answer"),
        ({}, "bad-answer"),
        ([], "bad-answer"),
        ({"0x" + "11" * 20: ["0x0"] * 11}, "bad-answer"),
        ({"0x" + ADDRESS.hex(): ["0x0"] * 10}, "bad-answer"),
        ({"0x" + ADDRESS.hex(): None}, "bad-answer"),
        ({"0x" + ADDRESS.hex(): ["0x0"] * 11}, "wrong-version"),
        ({"0x" + ADDRESS.hex(): ["0x0"] * 11, "0x00": []}, "bad-answer"),
    ],
)
def test_storage_values_of_another_shape_are_refused(answer: Any, reason: str) -> None:
    class Odd(StorageNode):
        def eth_getStorageValues(self, *_: Any) -> Any:
            return answer

    assert cause(ask(Odd(), ids=IDS[:8])).reason == reason


# ---------------------------------------------------------------------------------------- faults


@pytest.mark.parametrize(
    ("code", "message", "fault"),
    [
        (-32601, "Method not found", Fault.LACKING),  # anvil
        (-32601, "the method eth_x does not exist/is not available", Fault.LACKING),  # geth
        (-32600, "Unsupported method: eth_x", Fault.LACKING),
        (-32602, "invalid argument 1: json: cannot unmarshal object", Fault.LACKING),
        (-32602, "too many arguments, want at most 2", Fault.LACKING),
        (-32602, "total slot count 1025 exceeds limit 1024", Fault.TOO_MUCH),
        (-32602, "too many slots (max 1024)", Fault.TOO_MUCH),
        (-32603, "EVM error OutOfGas", Fault.TOO_MUCH),
        (-32603, "EVM error CreateContractSizeLimit", Fault.TOO_MUCH),
        (-32000, "max initcode size exceeded: code size 49153 limit 49152", Fault.TOO_MUCH),
        (-32000, "execution aborted (timeout = 5s)", Fault.TOO_MUCH),
        (-32600, "batch too large", Fault.TOO_MUCH),
        (-32000, "gas required exceeds allowance (50000000)", Fault.TOO_MUCH),
        (-32000, "insufficient gas for floor data gas cost: have 1, want 2", Fault.TOO_MUCH),
        (-32000, "insufficient funds for gas * price + value", Fault.OTHER),
        (-32001, "Resource not found", Fault.GONE),
        (-32000, "header not found", Fault.GONE),
        (-32000, "hash 0xab is not currently canonical", Fault.GONE),
        (-32000, "distance to target block exceeds maximum proof window", Fault.GONE),
        (-32005, "daily request count exceeded, request rate limited", Fault.BUSY),
        (-32005, "limit exceeded", Fault.BUSY),
        (429, "Too Many Requests", Fault.BUSY),
        (3, "execution reverted", Fault.OTHER),
        (-32603, "internal error", Fault.OTHER),
        (None, "", Fault.OTHER),
    ],
)
def test_what_nodes_say_is_understood(code: int | None, message: str, fault: Fault) -> None:
    assert fault_of(RpcError("rpc-error", message, code=code)) is fault


def test_what_transports_say_is_understood() -> None:
    assert fault_of(RpcError("http-status", code=413)) is Fault.TOO_MUCH
    assert fault_of(RpcError("http-status", code=503)) is Fault.OTHER
    assert fault_of(RpcError("too-large")) is Fault.TOO_MUCH
    assert fault_of(RpcError("timeout")) is Fault.SLOW
    assert fault_of(RpcError("rate-limited", code=429)) is Fault.BUSY
    assert fault_of(RpcError("bad-answer", "out of gas")) is Fault.OTHER


def test_a_node_that_obeys_is_asked_for_a_block_that_is_none_once() -> None:
    node, endpoint = StorageNode(), Endpoint(ADDRESS)
    node.provide(1)
    for _ in range(2):
        verdicts = ask(node, endpoint)
        assert {verdict.outcome for verdict in verdicts} == {Outcome.UNTRUSTED}
    elsewhere = [call for call in node.calls if call.method == VALUES and call.params[1] != WHERE]
    assert len(elsewhere) == 1


@pytest.mark.parametrize("answer", [None, "0x", {}, {"0x" + ADDRESS.hex(): ["0x" + "00" * 32]}])
def test_any_other_answer_for_a_block_that_is_none_is_a_refusal(answer: Any) -> None:
    class Lenient(StorageNode):
        def eth_getStorageValues(self, slots: Any, where: Any) -> Any:
            return super().eth_getStorageValues(slots, where) if where == WHERE else answer

    node, endpoint = Lenient(), Endpoint(ADDRESS)
    node.provide(1)
    for _ in range(2):
        verdicts = ask(node, endpoint)
    assert {verdict.outcome for verdict in verdicts} == {Outcome.UNTRUSTED}
    assert endpoint.learned.obedient == {VALUES}
    assert node.methods("eth_call") == 0


def test_a_block_that_is_none_is_asked_for_again_where_that_failed() -> None:
    class Flaky(StorageNode):
        def eth_getStorageValues(self, slots: Any, where: Any) -> Any:
            if where != WHERE:
                raise RpcError("timeout")
            return super().eth_getStorageValues(slots, where)

    node, endpoint = Flaky(), Endpoint(ADDRESS)
    node.provide(1)
    for _ in range(2):
        ask(node, endpoint)
    elsewhere = [call for call in node.calls if call.method == VALUES and call.params[1] != WHERE]
    assert len(elsewhere) == 2
