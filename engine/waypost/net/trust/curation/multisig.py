"""The arbitrator whose owner rules: one curator, typically a multisig wallet."""

from typing import Any, Self

from waypost.net.trust.administration import Signer
from waypost.net.trust.curation.base import Reached, Source
from waypost.trust.address import parse_address
from waypost.trust.curation.reads import hearing_of, multisig_at, read_one
from waypost.trust.curation.types import Hearing, Ruling


class Multisig(Reached):
    """Disputes that one owner rules."""

    _artifact = "MultisigArbitrator"

    @classmethod
    async def deploy(
        cls,
        source: Source,
        account: Signer | None = None,
        *,
        owner: str | bytes | None = None,
        salt: str | bytes | None = None,
        **ways: Any,
    ) -> Self:
        """A new arbitrator whose disputes `owner` rules, by default the account."""
        return await cls._deployed(
            source, account, lambda own: (parse_address(owner or own),), salt, **ways
        )

    async def owner(self) -> bytes:
        """Who rules, 20 bytes."""
        return await self._read(
            lambda endpoint: read_one(
                endpoint, multisig_at(self.address).read("owner"), parse_address
            )
        )

    async def dispute(self, dispute_id: int) -> Hearing:
        """A dispute; its `arbitrable` is zero where there is none with this id."""
        read = multisig_at(self.address).read("dispute", dispute_id)
        return await self._read(
            lambda endpoint: read_one(
                endpoint, read, lambda fields: hearing_of(dispute_id, fields)
            )
        )

    async def rule(self, dispute_id: int, ruling: Ruling, reason: str = "") -> None:
        """Owner, once: rules. The reason, a URI or a sentence, is logged."""
        await self._transact("giveRuling", dispute_id, int(ruling), reason)

    async def transfer_ownership(self, to: str | bytes) -> None:
        """Owner: offers the office to an account, which has to accept it."""
        await self._transact("transferOwnership", parse_address(to))

    async def accept_ownership(self) -> None:
        """Takes the office that was offered to the account."""
        await self._transact("acceptOwnership")
