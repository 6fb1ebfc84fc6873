"""A follower on chains that grow, are reorganised, lag behind and lie."""

from typing import Any

import pytest

from tests.exchanges import run
from tests.scripts import ADDRESS, ScriptedChain, log, text
from waypost.config import RegistryConfig
from waypost.errors import ConfigError, RpcError
from waypost.trust.endpoint import Endpoint
from waypost.trust.watch.changes import Rewound
from waypost.trust.watch.cursor import Anchor, Cursor
from waypost.trust.watch.follower import Follower

CONFIG = RegistryConfig(watch_block_count_max=16, watch_range_count_max=8, watch_lag_count_max=3)


def follower(since: str | None = None) -> Follower:
    return Follower(CONFIG, Cursor.parse(since) if since else None)


def step(follower: Follower, chain: ScriptedChain) -> Any:
    """What one advance tells, as short as can be: `(block, log)`, or `-block` for a Rewound."""
    told = run(follower.advance(chain.endpoint), chain.answer)
    if told is None:
        return None
    return [
        -change.block_number
        if isinstance(change, Rewound)
        else (change.block_number, change.log_index)
        for change in told
    ]


def steps(follower: Follower, chain: ScriptedChain) -> list[Any]:
    """All that is told until there is no more."""
    told = []
    while (some := step(follower, chain)) is not None:
        told += some
    return told


def started(chain: ScriptedChain) -> Follower:
    follows = follower()
    assert steps(follows, chain) == []
    return follows


def test_it_begins_behind_the_head() -> None:
    chain = ScriptedChain()
    chain.mine(2, logs=2)
    assert steps(follower(), chain) == []


def test_several_logs_of_a_block_come_in_their_order_and_once() -> None:
    chain = ScriptedChain()
    follows = started(chain)
    chain.mine(logs=3)
    assert step(follows, chain) == [(1, 0), (1, 1), (1, 2)]
    assert step(follows, chain) is None
    chain.mine(2, logs=1)
    assert steps(follows, chain) == [(2, 0), (3, 0)]


def test_it_begins_behind_a_block_or_a_log() -> None:
    chain = ScriptedChain()
    chain.mine(3, logs=2)
    everything = [(1, 0), (1, 1), (2, 0), (2, 1), (3, 0), (3, 1)]
    assert steps(follower("0"), chain) == everything
    assert steps(follower(f"1:{chain.hash(1).hex()}"), chain) == everything[2:]
    assert steps(follower(f"1:{chain.hash(1).hex()}:0"), chain) == everything[1:]
    assert steps(follower(f"3:{chain.hash(3).hex()}:1"), chain) == []
    assert steps(follower("7"), chain) == []


@pytest.mark.parametrize(
    ("depth", "anchor"), [(1, 29), (2, 26), (4, 26), (9, 15), (15, 15), (16, 14)]
)
def test_a_cursor_whose_block_left_the_chain_goes_back_to_an_anchor(
    depth: int, anchor: int
) -> None:
    chain = ScriptedChain(10)  # block 9 is the newest
    follows = started(chain)
    for _ in range(21):
        chain.mine(logs=1)
        steps(follows, chain)
    cursor = str(follows.cursor)
    assert len(cursor) < 250
    chain.drop(depth)
    chain.mine(depth + 2, logs=2, mark="b")
    anchors = [anchor.block_number for anchor in Cursor.parse(cursor).anchors]
    assert anchors == [29, 26, 15]
    if anchor < anchors[-1]:
        with pytest.raises(RpcError, match="gone: block 30 has left"):
            step(follower(cursor), chain)
        return
    again = follower(cursor)
    assert step(again, chain) == [-anchor]
    old = [(number, 0) for number in range(anchor + 1, 31 - depth)]
    new = [(number, index) for number in range(31 - depth, 33) for index in (0, 1)]
    assert steps(again, chain) == old + new


def test_a_cursor_in_the_middle_of_a_block_goes_back_too() -> None:
    chain = ScriptedChain(3)
    follows = started(chain)
    chain.mine(2, logs=3)
    steps(follows, chain)
    cursor = str(follows.cursor_at(3, chain.hash(3), 1))
    assert steps(follower(cursor), chain) == [(3, 2), (4, 0), (4, 1), (4, 2)]
    chain.drop(2)
    chain.mine(2, logs=1, mark="b")
    assert steps(follower(cursor), chain) == [-2, (3, 0), (4, 0)]


def test_a_cursor_ahead_of_a_shorter_branch_goes_back_once_that_stays() -> None:
    chain = ScriptedChain(3)
    follows = started(chain)
    chain.mine(4, logs=1)
    steps(follows, chain)
    again = follower(str(follows.cursor))
    chain.drop(3)
    assert [step(again, chain) for _ in range(3)] == [None, None, [-2]]
    assert steps(again, chain) == [(3, 0)]


def test_another_endpoint_of_another_chain_is_noticed() -> None:
    chain = ScriptedChain(3)
    follows = started(chain)
    chain.mine(1, logs=1)
    chain.endpoint = Endpoint(ADDRESS, chain_id=7)
    with pytest.raises(RpcError, match="wrong-chain"):
        step(follows, chain)
    chain.endpoint = Endpoint(ADDRESS, chain_id=1)
    assert steps(follows, chain) == [(3, 0)]


def test_a_cursor_that_left_the_chain_is_refused() -> None:
    chain = ScriptedChain(3)
    with pytest.raises(RpcError, match="gone: block 1 has left"):
        step(follower(f"1:{bytes(32).hex()}"), chain)


def test_a_reorganisation_is_told_and_then_the_new_branch() -> None:
    chain = ScriptedChain(3)
    follows = started(chain)
    chain.mine(3, logs=1)
    assert steps(follows, chain) == [(3, 0), (4, 0), (5, 0)]
    chain.drop(2)
    chain.mine(3, logs=2, mark="b")
    assert steps(follows, chain) == [-3, (4, 0), (4, 1), (5, 0), (5, 1), (6, 0), (6, 1)]
    anchors = tuple(Anchor.of(number, chain.hash(number)) for number in (5, 2, 0))
    assert follows.cursor == (6, chain.hash(6), None, anchors)


def test_a_reorganisation_may_go_back_behind_the_beginning() -> None:
    chain = ScriptedChain(3)
    follows = started(chain)
    chain.drop(2)
    chain.mine(3, logs=1, mark="b")
    assert steps(follows, chain) == [0, (1, 0), (2, 0), (3, 0)]


def test_a_shorter_branch_is_told_at_once() -> None:
    chain = ScriptedChain(3)
    follows = started(chain)
    chain.mine(3, logs=1)
    steps(follows, chain)
    chain.drop(3)
    chain.mine(1, logs=2, mark="b")
    assert steps(follows, chain) == [-2, (3, 0), (3, 1)]


def test_a_node_that_lags_behind_takes_nothing_back() -> None:
    chain = ScriptedChain(3)
    follows = started(chain)
    chain.mine(2, logs=1)
    assert steps(follows, chain) == [(3, 0), (4, 0)]
    newest = chain.blocks[-2:]
    chain.drop(2)
    assert [step(follows, chain), step(follows, chain)] == [None, None]
    chain.blocks += newest
    assert steps(follows, chain) == []
    chain.mine(1, logs=1)
    assert steps(follows, chain) == [(5, 0)]


def test_blocks_that_stay_away_are_taken_back() -> None:
    chain = ScriptedChain(3)
    follows = started(chain)
    chain.mine(2, logs=1)
    steps(follows, chain)
    chain.drop(2)
    told = [step(follows, chain) for _ in range(CONFIG.watch_lag_count_max)]
    assert told == [None, None, [-2]]
    assert step(follows, chain) is None


def test_a_deeper_reorganisation_than_is_remembered_is_an_error() -> None:
    chain = ScriptedChain(3)
    follows = started(chain)
    for _ in range(20):
        chain.mine()
        steps(follows, chain)
    chain.drop(16)
    chain.mine(18, mark="b")
    with pytest.raises(RpcError, match="deep-reorg: none of the last 16 blocks"):
        step(follows, chain)
    shallow = ScriptedChain(3)
    follows = started(shallow)
    for _ in range(20):
        shallow.mine()
        steps(follows, shallow)
    shallow.drop(15)
    shallow.mine(18, mark="b")
    assert step(follows, shallow) == [-(3 + 20 - 15 - 1)]


def test_what_is_old_is_read_in_ranges_as_large_as_the_node_takes() -> None:
    chain = ScriptedChain(range_max=3)
    chain.mine(60, logs=1)
    follows = follower("0")
    assert steps(follows, chain) == [(number, 0) for number in range(1, 61)]
    ranges = [call.params[0] for call in chain.asked if call.method == "eth_getLogs"]
    sizes = [
        int(span["toBlock"], 16) - int(span["fromBlock"], 16) + 1
        for span in ranges
        if "fromBlock" in span
    ]
    assert sizes[:4] == [8, 4, 2, 2]
    assert max(sizes[4:]) <= 4
    assert sum("blockHash" in span for span in ranges) >= CONFIG.watch_block_count_max // 4
    chain.range_max = 100
    chain.mine(200)
    chain.asked.clear()
    steps(follows, chain)
    spans = [call.params[0] for call in chain.asked if call.method == "eth_getLogs"]
    last = [span for span in spans if "fromBlock" in span][-1]
    assert int(last["toBlock"], 16) - int(last["fromBlock"], 16) + 1 > 3, "the range recovers"


def test_a_range_that_the_node_never_answers_is_an_error() -> None:
    chain = ScriptedChain(range_max=0)
    chain.mine(60)
    with pytest.raises(RpcError, match="too wide"):
        steps(follower("0"), chain)


def test_a_reorganisation_while_a_range_is_read_is_not_taken_for_the_chain() -> None:
    chain = ScriptedChain()
    chain.mine(60, logs=1)
    follows = follower("0")
    assert step(follows, chain) == []
    stale = list(chain.blocks)

    def moving(call: Any) -> Any:
        answer = chain.answer(call)
        if call.method == "eth_getLogs" and len(chain.blocks) == 61:
            chain.drop(59)
            chain.mine(60, logs=2, mark="b")
        return answer

    assert run(follows.advance(chain.endpoint), moving) == []
    assert stale[5] != chain.blocks[5]
    assert steps(follows, chain)[:3] == [(1, 0), (2, 0), (2, 1)]


def test_a_failure_changes_nothing() -> None:
    chain = ScriptedChain()
    follows = started(chain)
    chain.mine(2, logs=1)
    before = follows.cursor
    for failing in ("eth_getLogs", "eth_getBlockByNumber"):

        def broken(call: Any, failing: str = failing) -> Any:
            if call.method == failing:
                raise RpcError("unreachable", "the line is cut")
            return chain.answer(call)

        with pytest.raises(RpcError, match="unreachable"):
            run(follows.advance(chain.endpoint), broken)
        assert follows.cursor == before
    assert steps(follows, chain) == [(1, 0), (2, 0)]


HASH = ScriptedChain(2).hash(1)
LIES = {
    "of another contract": [log(1, HASH, 0, address=text(bytes(20)))],
    "of another block": [log(2, HASH, 0)],
    "of an earlier block": [log(0, HASH, 0)],
    "of a block with another hash": [log(1, bytes(32), 0)],
    "out of order": [log(1, HASH, 1), log(1, HASH, 0)],
    "twice": [log(1, HASH, 0), log(1, HASH, 0)],
    "removed": [log(1, HASH, 0, removed=True)],
    "of another event": [log(1, HASH, 0, topics=[text(bytes(32))])],
    "with too many topics": [log(1, HASH, 0, topics=[text(HASH)] * 5)],
    "without topics": [log(1, HASH, 0, topics=[])],
    "with topics that are none": [log(1, HASH, 0, topics="0x")],
    "with a short topic": [log(1, HASH, 0, topics=["0x00"])],
    "with short data": [log(1, HASH, 0, data="0x01")],
    "with data that is none": [log(1, HASH, 0, data=7)],
    "with a truth that is neither": [log(1, HASH, 0, data=text(b"\x02".rjust(32, b"\0")))],
    "without a number": [log(1, HASH, 0, blockNumber=None)],
    "without an index": [log(1, HASH, 0, logIndex=[])],
    "that is none": ["0x"],
    "not in a list": {"logs": []},
    "null": None,
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_logs_that_cannot_be_are_refused(lie: Any) -> None:
    chain = ScriptedChain()
    follows = started(chain)
    chain.mine()
    assert chain.hash(1) == HASH

    def lying(call: Any) -> Any:
        return lie if call.method == "eth_getLogs" else chain.answer(call)

    with pytest.raises(RpcError, match=r"bad-answer|wrong-block"):
        run(follows.advance(chain.endpoint), lying)
    assert steps(follows, chain) == []


@pytest.mark.parametrize(
    "header",
    [
        None,
        "0x",
        {"number": "0x1"},
        {"number": "0x1", "hash": "0x00", "parentHash": text(HASH)},
        {"number": "one", "hash": text(HASH), "parentHash": text(HASH)},
    ],
)
def test_heads_that_cannot_be_are_refused(header: Any) -> None:
    chain = ScriptedChain()
    follows = started(chain)
    with pytest.raises(RpcError, match="bad-answer"):
        run(follows.advance(chain.endpoint), lambda _: header)


def test_a_block_of_another_number_is_refused() -> None:
    chain = ScriptedChain(3)
    follows = started(chain)
    chain.mine(3)

    def lying(call: Any) -> Any:
        return chain.blocks[1] if call.params == ["0x2", False] else chain.answer(call)

    with pytest.raises(RpcError, match="block 1 where 2 was asked for"):
        run(follows.advance(chain.endpoint), lying)


START = "0123456789abcdef"


@pytest.mark.parametrize(
    "given",
    [
        "17",
        f"17:{'ab' * 32}",
        f"0:{'00' * 32}:3",
        f"17:{'ab' * 32},16:{START}",
        f"17:{'ab' * 32}:3" + 4 * f",16:{START}",
    ],
)
def test_a_cursor_is_read_back_from_its_text(given: str) -> None:
    assert str(Cursor.parse(given)) == given


BAD_ANCHORS = [
    f"17,16:{START}",
    f"17:{'ab' * 32},16",
    f"17:{'ab' * 32},16:{START[1:]}",
    f"17:{'ab' * 32}" + 5 * f",16:{START}",
]


@pytest.mark.parametrize(
    "given", ["", "-1", "x", "1:", "1:ab", f"1:{'AB' * 32}", "1::2", "1\n", *BAD_ANCHORS]
)
def test_what_is_no_cursor_is_refused(given: str) -> None:
    with pytest.raises(ConfigError, match="is no cursor"):
        Cursor.parse(given)
