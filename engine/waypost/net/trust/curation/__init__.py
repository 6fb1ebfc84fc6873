"""Curation from Python: the contract that holds the registry's curator role, its arbitrators, and
the token that is staked and votes.

    async with Curation(endpoint, address, account=key) as curation:
        request_id = await curation.apply(provider_id)
        vote = await curation.token_vote()

Each of them can also be had by itself, or over the connection and account of another contract:
`TokenVote(curation, address)`.
"""

from waypost.net.trust.curation.curation import Curation
from waypost.net.trust.curation.multisig import Multisig
from waypost.net.trust.curation.token import Token
from waypost.net.trust.curation.token_vote import TokenVote
from waypost.net.trust.curation.vote_file import VoteFile

__all__ = ["Curation", "Multisig", "Token", "TokenVote", "VoteFile"]
