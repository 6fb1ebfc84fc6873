"""What providers, curators, guardians and the admin do with the registry: one idea a module.

Who may do what is the contract's to decide: a call that is not allowed raises RegistryError with
its reason, before anything is sent.
"""

from typing import TYPE_CHECKING

from waypost.config import RegistryConfig
from waypost.net.rpc import Rpc
from waypost.net.trust.administration.base import Acts, Done, OnTransaction, Signer, Transaction
from waypost.net.trust.administration.facts import Facts
from waypost.net.trust.administration.oversight import Oversight
from waypost.net.trust.administration.providers import Providers
from waypost.net.trust.administration.roles import Roles
from waypost.net.trust.administration.servers import Servers

if TYPE_CHECKING:
    from waypost.net.trust.transactions import Sender

__all__ = [
    "Acts",
    "Administration",
    "Done",
    "OnTransaction",
    "Signer",
    "Transaction",
    "sender_for",
]


class Administration(Providers, Servers, Oversight, Roles, Facts):
    """All transactions of the registry, and the reads that go with them.

    A transaction needs an account. In a dry run it is simulated at the head block, refused as it
    would be, and not sent.
    """


def sender_for(
    rpc: Rpc, account: Signer, chain_id: int | None, config: RegistryConfig
) -> "Sender":
    """What sends an account's transactions."""
    from waypost.net.trust.transactions import Sender  # noqa: PLC0415 - half a second for web3

    return Sender(rpc, account, chain_id, config)
