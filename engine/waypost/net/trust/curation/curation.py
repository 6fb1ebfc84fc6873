"""The curation as a user meets it."""

from pathlib import Path
from typing import Any, Self

from waypost.net.trust.administration import Signer
from waypost.net.trust.curation.base import Source
from waypost.net.trust.curation.governance import Governance
from waypost.net.trust.curation.multisig import Multisig
from waypost.net.trust.curation.requests import Requests
from waypost.net.trust.curation.token_vote import TokenVote
from waypost.net.trust.curation.vote_file import VoteFile
from waypost.trust.address import parse_address
from waypost.trust.curation.case import Case, read_case
from waypost.trust.curation.types import Terms


class Curation(Requests, Governance):
    """A registry's curator by stake, at one address of one chain.

    Who may do what is the contract's to decide: a call that is not allowed raises RegistryError
    with its reason, before anything is sent. Reads raise RpcError.
    """

    @classmethod
    async def deploy(
        cls,
        source: Source,
        account: Signer | None = None,
        *,
        registry: str | bytes,
        token: str | bytes,
        terms: Terms,
        owner: str | bytes | None = None,
        salt: str | bytes | None = None,
        **ways: Any,
    ) -> Self:
        """A new curation of a registry under these first terms; `owner`, by default the account,
        governs it. It does nothing before it takes office. With a `salt` (32 bytes) it is deployed
        by CREATE2, and where it exists already nothing is sent.
        """

        def arguments(own: bytes) -> tuple[Any, ...]:
            return (*map(parse_address, (registry, token, owner or own)), tuple(terms))

        return await cls._deployed(source, account, arguments, salt, **ways)

    async def case(self, request_id: int, account: str | bytes | None = None) -> Case:
        """All about a request, from one block: its terms, its provider, its dispute, and what an
        account, if one is given, has in it.
        """
        who = parse_address(account) if account is not None else None
        return await self._read(lambda endpoint: read_case(endpoint, request_id, who))

    async def token_vote(
        self,
        arbitrator: str | bytes | None = None,
        *,
        votes: str | Path | VoteFile | None = None,
    ) -> TokenVote:
        """An arbitrator by vote, by default that of the current terms."""
        return TokenVote(self, await self._arbitrator(arbitrator), votes=votes)

    async def multisig(self, arbitrator: str | bytes | None = None) -> Multisig:
        """An arbitrator whose owner rules, by default that of the current terms."""
        return Multisig(self, await self._arbitrator(arbitrator))

    async def _arbitrator(self, address: str | bytes | None) -> str | bytes:
        return address or (await self.overview()).terms.arbitrator
