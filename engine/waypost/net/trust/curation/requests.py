"""What providers and challengers do: apply, challenge, give evidence, leave, be paid."""

from waypost.net.trust.curation.base import Reached
from waypost.net.trust.curation.token import Token
from waypost.trust.address import parse_address
from waypost.trust.curation.reads import (
    curation_at,
    open_request_of,
    read_one,
    read_overview,
    request_of,
    terms_of,
)
from waypost.trust.curation.types import Overview, Phase, Request, Terms


class Requests(Reached):
    """Requests from their application to their end.

    `apply`, `challenge` and `adopt_terms` first approve what they stake, if that was not done.
    They can be repeated after an interruption: what was done is left alone.
    """

    _artifact = "StakeCuration"

    async def overview(self) -> Overview:
        """The curation as a whole, with the terms for who applies now."""
        return await self._read(lambda endpoint: read_overview(endpoint))

    async def terms(self, terms_id: int) -> Terms:
        """The terms with this number."""
        read = curation_at(self.address).read("parametersAt", terms_id)
        return await self._read(lambda endpoint: read_one(endpoint, read, terms_of))

    async def request(self, request_id: int) -> Request:
        """A request; its phase is NONE where there is none with this id."""
        read = curation_at(self.address).read("request", request_id)
        return await self._read(
            lambda endpoint: read_one(
                endpoint, read, lambda fields: request_of(request_id, fields)
            )
        )

    async def listing(self, provider_id: int) -> Request | None:
        """The provider's open request, if it has one."""
        read = curation_at(self.address).read("listing", provider_id)
        return await self._read(lambda endpoint: read_one(endpoint, read, open_request_of))

    async def withdrawable(self, account: str | bytes | None = None) -> int:
        """What an account, by default the own one, may withdraw."""
        holder = parse_address(account or self.account)
        read = curation_at(self.address).read("withdrawable", holder)
        return await self._read(lambda endpoint: read_one(endpoint, read, int))

    async def token(self) -> Token:
        """The token that is staked, used by the same account."""
        return Token(self, (await self.overview()).token)

    async def apply(
        self,
        provider_id: int,
        *,
        evidence_uri: str = "",
        evidence_hash: bytes = bytes(32),
        terms_id: int | None = None,
    ) -> int:
        """Provider's owner: applies with the deposit of the current terms. Returns the request's
        id, or 0 in a dry run that has to wait for the approval.

        With a `terms_id` any other terms are refused. `evidence_hash` is keccak256 of the document
        behind the URI.
        """
        await self._settled("applyFor")
        request = await self.listing(provider_id)
        if request is not None and request.requester == self.account:
            return request.id
        now = await self.overview()
        approved = await Token(self, now.token).require(self.address, now.terms.deposit)
        done = await self._transact_once(
            approved,
            "applyFor",
            provider_id,
            now.terms_id if terms_id is None else terms_id,
            evidence_hash,
            evidence_uri,
        )
        return self._told("Applied", "requestId", done) if done else 0

    async def challenge(
        self, request_id: int, reason: str = "", *, terms_id: int | None = None
    ) -> int:
        """Anyone: stakes as much as the request's deposit against it. Returns the dispute's id, or
        0 in a dry run that has to wait for the approval.

        The reason, a URI or a sentence, is logged. With a `terms_id` a request under any other
        terms is not challenged.
        """
        await self._settled("challenge")
        request = await self.request(request_id)
        if request.phase.challenged and request.challenger == self.account:
            return request.dispute_id
        approved = True
        if request.phase in (Phase.APPLIED, Phase.LISTED):
            deposit = (await self.terms(request.terms_id)).deposit
            approved = await (await self.token()).require(self.address, deposit)
        known = request.terms_id if terms_id is None else terms_id
        done = await self._transact_once(approved, "challenge", request_id, known, reason)
        return self._told("Challenged", "disputeID", done) if done else 0

    async def submit_evidence(self, request_id: int, evidence: str) -> None:
        """Anyone, until the request is closed: puts evidence, a URI or a sentence, on the log."""
        await self._transact("submitEvidence", request_id, evidence)

    async def execute(self, request_id: int) -> None:
        """Anyone: lists an application that nobody challenged in time."""
        await self._transact("execute", request_id)

    async def lapse(self, request_id: int) -> None:
        """Anyone: ends a challenge that was not ruled in time; all is as before it."""
        await self._transact("lapse", request_id)

    async def start_exit(self, request_id: int) -> None:
        """Requester, or the provider's owner: leaves the list when the exit delay is over."""
        await self._transact("startExit", request_id)

    async def finalize_exit(self, request_id: int) -> None:
        """Anyone, after the exit delay: the provider turns pending, its deposit goes back."""
        await self._transact("finalizeExit", request_id)

    async def adopt_terms(self, request_id: int, *, terms_id: int | None = None) -> None:
        """Requester of an unchallenged listing: puts it under the current terms, and pays or gets
        back the difference. With a `terms_id` any other terms are refused.
        """
        await self._settled("adoptTerms")
        request, now = await self.request(request_id), await self.overview()
        if request.terms_id == now.terms_id and request.phase is Phase.LISTED:
            return
        old = await self.terms(request.terms_id)
        approved, more = True, now.terms.deposit - old.deposit
        if more > 0 and request.requester == self.account:
            approved = await Token(self, now.token).require(self.address, more)
        wanted = now.terms_id if terms_id is None else terms_id
        await self._transact_once(approved, "adoptTerms", request_id, wanted)

    async def withdraw(self, to: str | bytes | None = None) -> int:
        """Sends all that is credited to the account to an address, by default to itself."""
        target = parse_address(to or self.account)
        return await self._transact_for("Withdrawn", "amount", "withdraw", target)
