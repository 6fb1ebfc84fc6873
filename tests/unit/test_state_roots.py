"""Sources of trusted headers: one node, a block by its hash, several nodes that agree."""

import asyncio
from collections.abc import Sequence
from itertools import permutations
from typing import Any

import pytest

from tests.chains import GENESIS_S
from waypost import EmbeddedChain, HeaderAgreement, TrustedBlock, TrustedEndpoint
from waypost.config import RegistryConfig
from waypost.errors import ConfigError, RpcError
from waypost.net.rpc import ChainRpc
from waypost.trust.exchange import Answer, Call
from waypost.trust.proofs.header import Header, header_in, header_of

HASTY = RegistryConfig(request_timeout_s=3.0)  # of 9 that the slow take
URLS = [f"http://127.0.0.1:{port}" for port in range(1, 4)]
LENGTH = 40


def chain_of(fork_at: int = LENGTH, length: int = LENGTH) -> EmbeddedChain:
    """A chain of so many blocks, which differs from the others from a block on."""
    chain = EmbeddedChain(GENESIS_S)
    for number in range(1, length + 1):
        chain.mine(GENESIS_S + 12 * number + (number > fork_at))
    return chain


TRUE = chain_of()


def true_header(number: int) -> Header:
    return header_in(TRUE.answer(Call("eth_getBlockByNumber", [hex(number), False]), GENESIS_S))


class Member:
    """A node whose head may be older than its chain's, that may be slow, dead or a liar."""

    def __init__(self, chain: EmbeddedChain = TRUE, *, behind: int = 0, **spoilt: Any) -> None:
        self._rpc = ChainRpc(chain)
        self._head = chain.head.number - behind
        self._spoilt = spoilt
        self.calls: list[Call] = []
        self.closed = False

    async def request(self, call: Call) -> Any:
        self.calls.append(call)
        await asyncio.sleep(self._spoilt.get("delay_s", 0))
        if self._spoilt.get("dead"):
            raise RpcError("unreachable", "nobody there")
        if call.method != "eth_chainId" and call.params[0] in ("latest", "finalized"):
            call = Call(call.method, [hex(self._head), False])
        elif call.method == "eth_getBlockByNumber" and int(call.params[0], 16) > self._head:
            return None
        answer = await self._rpc.request(call)
        return {**answer, **self._spoilt.get("lie", {})} if isinstance(answer, dict) else answer

    async def batch(self, calls: Sequence[Call]) -> list[Answer]:
        raise AssertionError("batches are not needed")

    async def close(self) -> None:
        self.closed = True


async def agreed(*members: Member, agree: int = 2, **more: Any) -> int:
    source = HeaderAgreement(members, agree=agree, config=HASTY, **more)
    header = await source.header()
    assert header == true_header(header.number)
    return header.number


async def refusal(source: Any, at: Any = "latest") -> RpcError:
    with pytest.raises(RpcError) as raised:
        await source.header(at)
    return raised.value


async def test_one_endpoint_is_believed_what_its_headers_hash_to() -> None:
    source = TrustedEndpoint(TRUE)
    assert (await source.header()).block == TRUE.head
    assert await source.header(7) == true_header(7)
    assert (await refusal(source, LENGTH + 1)).reason == "no-block"
    await source.close()
    for lie in ({"stateRoot": f"0x{'11' * 32}"}, {"hash": f"0x{'11' * 32}"}):
        assert (await refusal(TrustedEndpoint(Member(lie=lie)))).reason == "bad-header"


async def test_another_block_than_was_asked_for_is_refused() -> None:
    class Stuck(Member):
        async def request(self, call: Call) -> Any:
            return await super().request(Call(call.method, ["latest", False]))

    assert (await refusal(TrustedEndpoint(Stuck()), 7)).reason == "wrong-block"


async def test_the_chain_is_checked_once() -> None:
    member = Member()
    source = TrustedEndpoint(member, chain_id=31337)
    await source.header()
    await source.header()
    assert [call.method for call in member.calls].count("eth_chainId") == 1
    assert (await refusal(TrustedEndpoint(Member(), chain_id=1))).reason == "wrong-chain"


async def test_a_block_is_trusted_by_its_hash_whoever_tells_of_it() -> None:
    header = true_header(7)
    source = TrustedBlock(header.hash.hex(), TRUE)
    assert await source.header() == await source.header("finalized") == header
    assert await source.header(7) == header
    assert (await refusal(source, 8)).reason == "no-block"

    class Other(Member):
        async def request(self, call: Call) -> Any:
            return await super().request(Call("eth_getBlockByNumber", ["latest", False]))

    assert (await refusal(TrustedBlock(header.hash, Other()))).reason == "wrong-block"
    with pytest.raises(ConfigError):
        TrustedBlock("0x12", TRUE)


async def test_heads_that_are_equal_are_agreed_on_at_once() -> None:
    members = [Member(), Member(), Member(delay_s=60)]
    source = HeaderAgreement(members, config=RegistryConfig(request_timeout_s=60.0))
    async with asyncio.timeout(20):
        assert (await source.header()).number == LENGTH
    assert [len(member.calls) for member in members] == [1, 1, 1]


@pytest.mark.parametrize("behind", [1, 2, 5, 16])
async def test_the_newest_block_that_enough_have_is_taken(behind: int) -> None:
    for members in permutations([Member(), Member(behind=behind), Member(dead=True)]):
        assert await agreed(*members) == LENGTH - behind


async def test_nodes_that_lag_too_far_have_no_say() -> None:
    """Otherwise one that names an old block would be joined in it by all honest ones."""
    source = HeaderAgreement([Member(), Member(behind=17), Member(delay_s=9)], config=HASTY)
    error = await refusal(source)
    assert error.reason == "no-agreement"
    assert f"block {LENGTH} 0x{TRUE.head.hash[:4].hex()}" in error.detail
    assert "no answer in time" in error.detail


@pytest.mark.parametrize("fork_at", [LENGTH - 1, LENGTH - 2, 0])
async def test_a_minority_on_another_branch_is_outvoted(fork_at: int) -> None:
    branch = chain_of(fork_at, LENGTH + 3)
    for members in permutations([Member(branch), Member(), Member(behind=1)]):
        assert await agreed(*members) in (LENGTH, LENGTH - 1)


async def test_two_heads_of_one_parent_agree_on_it() -> None:
    """Nobody has told of the parent itself: it is asked for."""
    assert await agreed(Member(), Member(chain_of(LENGTH - 1))) == LENGTH - 1


async def test_branches_that_are_longer_are_no_agreement() -> None:
    source = HeaderAgreement([Member(), Member(chain_of(LENGTH - 3))], config=HASTY)
    assert (await refusal(source)).reason == "no-agreement"


LIES = [
    Member(lie={"stateRoot": f"0x{'11' * 32}"}),
    Member(lie={"hash": f"0x{'11' * 32}"}),
    Member(lie={"number": "0x1000"}),
    Member(chain_of(0)),
    Member(chain_of(0, LENGTH + 100)),
    Member(behind=LENGTH),
    Member(behind=17),
    Member(delay_s=9),
    Member(dead=True),
]


@pytest.mark.parametrize("liar", LIES)
async def test_a_minority_can_neither_choose_nor_prevent(liar: Member) -> None:
    orders = permutations([liar, Member(), Member(behind=1)])
    numbers = await asyncio.gather(*(agreed(*members) for members in orders))
    assert min(numbers) >= LENGTH - 1


async def test_two_liars_of_five_change_nothing() -> None:
    honest = [Member(), Member(behind=2), Member(behind=1)]
    pairs = permutations(LIES, 2)
    numbers = await asyncio.gather(*(agreed(*liars, *honest, agree=3) for liars in pairs))
    assert LENGTH - 2 <= min(numbers) <= max(numbers) <= LENGTH


async def test_a_final_block_may_be_far_behind() -> None:
    source = HeaderAgreement([Member(behind=3), Member(behind=35)], config=HASTY)
    assert await source.header("finalized") == true_header(LENGTH - 35)
    assert (await refusal(source)).reason == "no-agreement"


async def test_a_number_is_that_block_and_no_other() -> None:
    source = HeaderAgreement([Member(), Member(chain_of(LENGTH - 1)), Member()], config=HASTY)
    assert await source.header(LENGTH) == true_header(LENGTH)
    assert await source.header(3) == true_header(3)
    two = HeaderAgreement([Member(), Member(chain_of(LENGTH - 1))], config=HASTY)
    assert (await refusal(two, LENGTH)).reason == "no-agreement"
    assert (await refusal(two, LENGTH + 1)).reason == "no-agreement"


async def test_endpoints_of_another_chain_have_no_say() -> None:
    source = HeaderAgreement([Member(), Member()], chain_id=1, config=HASTY)
    error = await refusal(source)
    assert "wrong-chain" in error.detail


def test_an_endpoint_counts_once() -> None:
    member = Member()
    twice: list[list[Any]] = [
        [URLS[0], URLS[0]],
        [URLS[0], f"{URLS[0]}/"],
        ["http://LOCALHOST:1/key", "https://localhost:1/key"],
        ["ipc:/run/geth.ipc", "/run/geth.ipc"],
        [member, member],
    ]
    for endpoints in twice:
        with pytest.raises(ConfigError, match="twice"):
            HeaderAgreement(endpoints)


@pytest.mark.parametrize(("agree", "count"), [(1, 3), (0, 3), (4, 3), (2, 1), (2, 17)])
def test_agreement_takes_two_or_more(agree: int, count: int) -> None:
    with pytest.raises(ConfigError, match="cannot agree"):
        HeaderAgreement([Member() for _ in range(count)], agree=agree)


async def test_access_keys_in_urls_are_not_repeated() -> None:
    source = HeaderAgreement([f"{url}/v3/sekrit?key=sekrit" for url in URLS], config=HASTY)
    error = await refusal(source)
    assert "sekrit" not in str(error)
    assert URLS[0] in str(error)
    await source.close()


async def test_only_what_is_its_own_is_closed() -> None:
    member = Member()
    source = HeaderAgreement([member, TRUE])
    await source.header()
    await source.close()
    await source.close()
    assert not member.closed


def test_a_header_of_bytes_knows_its_parent() -> None:
    header = header_of(true_header(7).rlp)
    assert header == true_header(7)
    assert header.parent_hash == true_header(6).hash
