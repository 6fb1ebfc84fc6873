"""The world of `waypost demo --trust`: contracts on an embedded chain, people with accounts, and
nodes on loopback.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from waypost.cli.world import LISTEN, list_servers
from waypost.keys import PrivateKey
from waypost.net.discv5.node import Node
from waypost.net.mail.server import KIND
from waypost.net.rpc import ChainRpc
from waypost.net.trust.administration import Transaction
from waypost.net.trust.curation import Curation, Token, TokenVote, VoteFile
from waypost.net.trust.registry import Registry
from waypost.spans import DAY_S
from waypost.trust.curation.types import Terms
from waypost.trust.curation.votes import SecretVote
from waypost.trust.embedded import EmbeddedChain

PETRA = 2  # the number of her provider
BLOCK_S = 12  # of the chain's own clock
STK = 10**18  # the smallest units in one of the tokens that are staked

COMMIT_DAYS = REVEAL_DAYS = CHALLENGE_DAYS = 2
QUORUM = 50
DEPOSIT = 100
VOTERS_SHARE = 20  # of a stake that was lost, in percent

_FIRST_MORNING_S = 1_767_254_400  # 2026-01-01 08:00 UTC
_PLAIN_COUNT = 5
_PEOPLE = ("governance", "guardian", "petra", "carl", "vera", "vincent", "viktor", "helper")
_TOKENS = {"petra": 100, "carl": 100, "vera": 30, "vincent": 20, "viktor": 25}
_SERVERS = ("veteran", "petra-1", "petra-2", "impostor")


class Calendar:
    """The chain's clock: days pass when the story says so."""

    def __init__(self) -> None:
        self._now_s = _FIRST_MORNING_S

    def __call__(self) -> int:
        """The time, in seconds since 1970."""
        return self._now_s

    def advance(self, seconds: int) -> None:
        """Lets time pass."""
        self._now_s += seconds

    @property
    def day(self) -> str:
        """Which day of the story it is."""
        return f"day {(self._now_s - _FIRST_MORNING_S) // DAY_S + 1}"


class VotesInMind(VoteFile):
    """Keeps votes in memory: a story leaves no file behind."""

    def __init__(self) -> None:
        super().__init__("memory")
        self._votes: list[SecretVote] = []

    def add(self, vote: SecretVote) -> None:
        self._votes.append(vote)

    def votes(self) -> list[SecretVote]:
        return self._votes


@dataclass(frozen=True)
class Person:
    """Somebody with an account, and the contracts as that account uses them."""

    key: PrivateKey
    registry: Registry
    curation: Curation
    vote: TokenVote
    sent: list[Transaction]
    """Transactions of the account to the registry, in their order."""


@dataclass(frozen=True)
class TrustWorld:
    """Everything that the story runs."""

    chain: EmbeddedChain
    calendar: Calendar
    honest: ChainRpc
    """The honest node that everybody asks, at first."""
    people: dict[str, Person]
    servers: dict[str, PrivateKey]
    uma: Node
    """The user's node."""

    @property
    def registry_address(self) -> bytes:
        return self.people["governance"].registry.address

    def node(self) -> ChainRpc:
        """One more honest node of the chain."""
        return ChainRpc(self.chain, self.calendar)

    def mine(self) -> int:
        """The number of a new block, one block's time after the last."""
        self.calendar.advance(BLOCK_S)
        return self.chain.mine(self.calendar()).number

    def pass_days(self, count: int) -> None:
        """Lets days pass; a block then shows the new time to whoever reads the chain."""
        self.calendar.advance(count * DAY_S)
        self.mine()

    async def list_petras(self) -> None:
        """Petra lists her two servers. Raises RegistryError."""
        keys = [self.servers["petra-1"], self.servers["petra-2"]]
        await list_servers(self.people["petra"].registry, PETRA, keys)

    async def petras_status(self) -> str:
        """What the registry says of her as a provider."""
        provider = await self.people["petra"].registry.provider(PETRA)
        return provider.status.name.lower()


@asynccontextmanager
async def open_trust_world() -> AsyncIterator[TrustWorld]:
    """Deploy the contracts, give people their tokens, list the first server, start every node."""
    async with AsyncExitStack() as stack:
        calendar = Calendar()
        chain = EmbeddedChain(calendar())
        honest = ChainRpc(chain, calendar)
        keys = {name: stack.enter_context(PrivateKey.generate()) for name in _PEOPLE}
        people = await _open_court(honest, keys)

        bootnode = await stack.enter_async_context(Node(listen=LISTEN))

        async def start(key: PrivateKey | None = None, **pairs: bytes) -> Node:
            node = Node(key, listen=LISTEN, bootnodes=[bootnode.record], pairs=pairs)
            return await stack.enter_async_context(node)

        for _ in range(_PLAIN_COUNT):
            await start()
        servers = {name: stack.enter_context(PrivateKey.generate()) for name in _SERVERS}
        for key in servers.values():
            await start(key, **{KIND: b"\x01"})
        await list_servers(people["governance"].registry, 1, [servers["veteran"]])
        uma = await start()
        yield TrustWorld(chain, calendar, honest, people, servers, uma)


async def _open_court(node: ChainRpc, keys: dict[str, PrivateKey]) -> dict[str, Person]:
    """A registry whose curator is a curation by stake, with an arbitrator by vote."""
    founder = keys["governance"]
    registry = await Registry.deploy(node, founder, guardian=keys["guardian"].address)
    token = await Token.deploy(registry, name="Stake", symbol="STK", supply=10**6 * STK)
    for name, count in _TOKENS.items():
        await token.transfer(keys[name].address, count * STK)
    vote = await TokenVote.deploy(
        registry,
        token=token.address,
        commit_period_s=COMMIT_DAYS * DAY_S,
        reveal_period_s=REVEAL_DAYS * DAY_S,
        quorum=QUORUM * STK,
    )
    terms = Terms(
        deposit=DEPOSIT * STK,
        challenge_period_s=CHALLENGE_DAYS * DAY_S,
        ruling_period_s=30 * DAY_S,
        exit_delay_s=CHALLENGE_DAYS * DAY_S,
        dispensation_bps=VOTERS_SHARE * 100,
        arbitrator=vote.address,
    )
    curation = await Curation.deploy(
        registry, registry=registry.address, token=token.address, terms=terms
    )
    await curation.take_office()

    def person(key: PrivateKey) -> Person:
        sent: list[Transaction] = []
        own = Registry(node, registry.address, account=key, on_transaction=sent.append)
        return Person(
            key,
            own,
            Curation(own, curation.address),
            TokenVote(own, vote.address, votes=VotesInMind()),
            sent,
        )

    return {name: person(key) for name, key in keys.items()}
