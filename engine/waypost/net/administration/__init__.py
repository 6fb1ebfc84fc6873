"""What providers, curators, guardians and the admin do with the registry: one idea a module.

Who may do what is the contract's to decide: a call that is not allowed raises RegistryError with
its reason, before anything is sent.
"""

from typing import TYPE_CHECKING

from waypost.config import RegistryConfig
from waypost.net.administration.base import Acts, Done, OnTransaction, Signer, Transaction
from waypost.net.administration.facts import Facts
from waypost.net.administration.oversight import Oversight
from waypost.net.administration.providers import Providers
from waypost.net.administration.roles import Roles
from waypost.net.administration.servers import Servers
from waypost.net.rpc import Rpc

if TYPE_CHECKING:
    from waypost.net.transactions import Sender

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
    from waypost.net.transactions import Sender  # noqa: PLC0415 - half a second for web3

    return Sender(rpc, account, chain_id, config)
