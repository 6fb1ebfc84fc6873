"""What the owner of a curation does, and how a curation comes into office."""

from collections.abc import Iterable

from waypost.errors import ConfigError
from waypost.net.trust.administration import Administration
from waypost.net.trust.administration.oversight import reason_word
from waypost.net.trust.curation.base import Reached
from waypost.trust.address import parse_address
from waypost.trust.curation.reads import read_overview
from waypost.trust.curation.types import Terms
from waypost.trust.kind import kind_word
from waypost.trust.words import Status

_CURATOR = "curator"
_DECISIONS = (Status.PENDING, Status.ACTIVE, Status.SUSPENDED)


class Governance(Reached):
    """Governance, and the registry's admin who appoints and deposes the curation."""

    async def registry(self) -> Administration:
        """The registry that it curates, used by the same account."""
        address = (await self._read(lambda endpoint: read_overview(endpoint))).registry
        return Administration(
            self._sources.at(address),
            self._sender,
            self._config,
            dry_run=self._dry_run,
            on_transaction=self._on_transaction,
        )

    async def take_office(self, leaving: Iterable[str | bytes] | None = None) -> None:
        """Registry's admin: makes this the curator, and takes the role from all others.

        The others are asked of the node's log, unless `leaving` names them. Can be repeated.
        """
        await self._settled("grantRole")
        registry = await self.registry()
        if leaving is None:
            holders = await registry.role_holders()
            others = [one.account for one in holders if one.role == _CURATOR]
        else:
            others = [
                other
                for other in map(parse_address, leaving)
                if await registry.has_role(_CURATOR, other)
            ]
        if not await registry.has_role(_CURATOR, self.address):
            await registry.grant_role(_CURATOR, self.address)
        for other in others:
            if other != self.address:
                await registry.revoke_role(_CURATOR, other)

    async def set_parameters(self, terms: Terms) -> int:
        """Owner: sets the terms of the requests to come. Returns their number."""
        return await self._transact_for("ParametersSet", "termsId", "setParameters", tuple(terms))

    async def decide(self, provider_id: int, status: Status, reason: str = "") -> None:
        """Owner: makes a provider pending, active or suspended. No deposit moves."""
        if status not in _DECISIONS:
            raise ConfigError("governance makes a provider pending, active or suspended")
        await self._transact("decide", provider_id, status, reason_word(reason))

    async def set_kind(self, kind: str, ttl_s_min: int, ttl_s_max: int, flags: int = 0) -> None:
        """Owner: limits how long listings of a kind last, in seconds; a maximum of 0 is none."""
        await self._transact("setKind", kind_word(kind), ttl_s_min, ttl_s_max, flags)

    async def transfer_ownership(self, to: str | bytes) -> None:
        """Owner: offers the office to an account, which has to accept it."""
        await self._transact("transferOwnership", parse_address(to))

    async def accept_ownership(self) -> None:
        """Takes the office that was offered to the account."""
        await self._transact("acceptOwnership")
