"""A curation for tests: its people, its contracts, and a clock that the test moves."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.chains import ANVIL_KEY, GENESIS_S, ask
from waypost.keys import PrivateKey
from waypost.net.rpc import ChainRpc, RpcEndpoint
from waypost.net.trust.curation import Curation, Multisig, Token, TokenVote
from waypost.net.trust.registry import Registry
from waypost.trust.curation.types import Terms
from waypost.trust.embedded import EmbeddedChain

DAY_S = 86_400
TOKEN = 10**18
COMMIT_S = REVEAL_S = 2 * DAY_S
QUORUM = 50 * TOKEN


@dataclass
class Stage:
    """A chain and its clock, and people who have funds and tokens on it."""

    endpoint: RpcEndpoint
    move: Callable[[int], None]  # the clock, by so many seconds
    votes: Path
    admin: PrivateKey
    people: dict[str, PrivateKey] = field(default_factory=dict)

    def key(self, name: str) -> PrivateKey:
        return self.admin if name == "admin" else self.people[name]


PEOPLE = ("provider", "challenger", "voter", "other_voter", "stranger")


def embedded_stage(folder: Path) -> Stage:
    """An embedded chain whose clock stands still until it is moved."""
    people = {name: PrivateKey.from_bytes(bytes([n]) * 32) for n, name in enumerate(PEOPLE, 0x61)}
    admin = PrivateKey.from_bytes(ANVIL_KEY)
    funded = {key.address: 10**24 for key in (admin, *people.values())}
    chain = EmbeddedChain(GENESIS_S, funded=funded)
    clock = [GENESIS_S]

    def move(seconds: int) -> None:
        clock[0] += seconds
        chain.mine(clock[0])

    return Stage(ChainRpc(chain, lambda: clock[0]), move, folder / "votes", admin, people)


def anvil_stage(url: str, folder: Path) -> Stage:
    """An anvil node, whose people are new ones."""
    people = {name: PrivateKey.generate() for name in PEOPLE}
    admin = PrivateKey.from_bytes(ANVIL_KEY)
    for key in people.values():
        ask(url, "anvil_setBalance", key.checksum_address, hex(10**21))

    def move(seconds: int) -> None:
        ask(url, "evm_increaseTime", seconds)
        ask(url, "evm_mine")

    return Stage(url, move, folder / "votes", admin, people)


@dataclass
class Court:
    """A registry curated by stake, whose disputes holders of the token rule."""

    stage: Stage
    registry: Registry
    token: Token
    vote: TokenVote
    multisig: Multisig
    curation: Curation
    terms: Terms

    def by(self, name: str) -> Curation:
        """The curation as one of the people uses it."""
        return Curation(self.curation, self.curation.address, account=self.stage.key(name))

    def voter(self, name: str) -> TokenVote:
        """The arbitrator by vote as one of the people uses it."""
        account = self.stage.key(name)
        return TokenVote(self.vote, self.vote.address, account=account, votes=self.stage.votes)

    async def provider(self) -> int:
        """A new provider of the provider's."""
        key = self.stage.key("provider")
        return await Registry(
            self.registry._rpc, self.registry.address, account=key
        ).register_provider()


async def open_court(stage: Stage) -> Court:
    """All contracts, in office; everybody has a thousand tokens but for the stranger."""
    admin = stage.admin
    registry = await Registry.deploy(stage.endpoint, admin)
    token = await Token.deploy(registry, name="Stake", symbol="STK", supply=10**6 * TOKEN)
    for name in PEOPLE[:-1]:
        await token.transfer(stage.key(name).address, 1000 * TOKEN)
    vote = await TokenVote.deploy(
        registry,
        token=token.address,
        commit_period_s=COMMIT_S,
        reveal_period_s=REVEAL_S,
        quorum=QUORUM,
    )
    multisig = await Multisig.deploy(registry)
    terms = Terms(100 * TOKEN, 3 * DAY_S, 10 * DAY_S, 3 * DAY_S, 2000, vote.address)
    curation = await Curation.deploy(
        registry, registry=registry.address, token=token.address, terms=terms
    )
    await curation.take_office()
    return Court(stage, registry, token, vote, multisig, curation, terms)
