"""The user's side of the story: a running finder, and what it holds of each server."""

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple, Self

from waypost._ext.record import ENR
from waypost.cli.story import Row, require
from waypost.cli.trust_demo.world import TrustWorld
from waypost.config import FinderConfig
from waypost.errors import NothingTrusted, WaypostError
from waypost.net.finder import ServerFinder
from waypost.net.mail.server import KIND
from waypost.net.rpc import Rpc
from waypost.net.run import until
from waypost.net.trust.registry import Registry
from waypost.net.trust.state_roots import StateRootSource
from waypost.trust.candidates import TrustedServer
from waypost.trust.policy import TrustPolicy
from waypost.trust.verdict import Source, Verdict

_SIGHT_TIMEOUT_S = 30.0
_REFUSAL_TIMEOUT_S = 1.5
_EAGER = FinderConfig(settle_s=0.05, retry_interval_s=0.3, recheck_interval_s=0.3)
_PATIENT = FinderConfig(settle_s=0.05)


class Drop(NamedTuple):
    """A server that the finder let go of."""

    server: str
    judged_in: int  # the block whose state took the trust away
    head: int  # the head block when the finder told of it


class Client:
    """Uma's client, which looks for servers until it is closed."""

    def __init__(
        self,
        world: TrustWorld,
        policy: TrustPolicy,
        node: Rpc | None = None,
        state_roots: StateRootSource | None = None,
        *,
        patient: bool = False,
    ) -> None:
        """It asks the node, by default the honest one; with `state_roots` in proof mode.

        One that is `patient` does not ask again before a minute, unless the chain has a new block.
        """
        self._registry = Registry(
            node or world.honest,
            world.registry_address,
            chain_id=world.chain.chain_id,
            state_roots=state_roots,
        )
        self.drops: list[Drop] = []
        self._world = world
        self._names = {key.node_id: name for name, key in world.servers.items()}
        self._verdicts: dict[str, Verdict] = {}
        config = _PATIENT if patient else _EAGER
        self._finder = ServerFinder(world.uma, self._registry, KIND, policy, config=config)
        self._finder.on_verdict(self._judged)
        self._finder.on_revoked(self._revoked)

    async def __aenter__(self) -> Self:
        await self._finder.__aenter__()
        return self

    async def __aexit__(self, *_failure: object) -> None:
        await self._finder.close()
        await self._registry.close()

    async def sees(self, veteran: str, petra: str, impostor: str) -> list[Row]:
        """One row for each server, once its verdict is the expected one: `trusted`, or the reason
        why not. Petra's two are always alike. Raises WaypostError if they stay otherwise.
        """
        expected = {"veteran": veteran, "petra-1": petra, "petra-2": petra, "impostor": impostor}
        await until(lambda: self._seen() == expected, _SIGHT_TIMEOUT_S)
        seen = self._seen()
        require(seen == expected, f"the client should see {expected}, but sees {seen}")
        return [self._row(name, self._verdicts[name]) for name in expected]

    async def tally(self, pick_count: int, among: set[str]) -> dict[str, int]:
        """How often each server comes out of so many picks: each of these does, and no other."""
        picks = Counter([self.name(await self._finder.pick()) for _ in range(pick_count)])
        require(picks.keys() == among, f"{sorted(picks)} were picked, not {sorted(among)}")
        return {name: picks[name] for name in sorted(among)}

    async def refusal(self) -> str:
        """Why the next pick finds nothing. Raises WaypostError if it does find something."""
        try:
            server = await self._finder.pick(timeout=_REFUSAL_TIMEOUT_S)
        except NothingTrusted as refused:
            return str(refused)
        raise WaypostError(f"{self.name(server)} was picked, although nothing was proven")

    @property
    def sources(self) -> list[Source]:
        """Where its verdicts come from, each kind of source once."""
        return sorted({verdict.source for verdict in self._verdicts.values()})

    async def until(self, condition: Callable[[], bool], complaint: str) -> None:
        """Waits for what has to come."""
        require(await until(condition, _SIGHT_TIMEOUT_S), complaint)

    def name(self, server: TrustedServer) -> str:
        """What the story calls a server."""
        return self._names[server.node_id]

    def _judged(self, record: ENR, verdict: Verdict) -> None:
        self._verdicts[self._names[record.node_id]] = verdict

    def _revoked(self, server: TrustedServer, verdict: Verdict) -> None:
        judged_in = verdict.block.number if verdict.block else 0
        self.drops.append(Drop(self.name(server), judged_in, self._world.chain.head.number))

    def _seen(self) -> dict[str, str]:
        return {name: _why(verdict) for name, verdict in self._verdicts.items()}

    @staticmethod
    def _row(name: str, verdict: Verdict) -> Row:
        provider = verdict.provider_id
        return {
            "server": name,
            "node_id": verdict.node_id.hex()[:16],
            "listed_by": f"provider {provider}" if provider else "-",
            "verdict": verdict.outcome.value,
            "reason": "" if verdict.trusted else _why(verdict),
        }


def _why(verdict: Verdict) -> str:
    if verdict.error is not None:
        return verdict.error.reason
    return str(verdict.reason or verdict.outcome)
