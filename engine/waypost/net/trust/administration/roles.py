"""Roles: who is curator, guardian and admin, and what the guardian and the admin do."""

from waypost.net.trust.administration.base import Acts
from waypost.trust.address import parse_address
from waypost.trust.administration.roles import role_word


class Roles(Acts):
    """Halting the registry, naming its successor, and handing roles on.

    A role is `curator` or `guardian`; the admin's changes hands in two steps and with a delay.
    """

    async def set_halted(self, halted: bool) -> None:
        """Guardian: nothing in the registry is trusted, until the admin clears it."""
        await self._transact("setHalted", halted)

    async def deprecate(self, successor: str | bytes) -> None:
        """Admin, once: names the registry that takes this one's place."""
        await self._transact("deprecate", parse_address(successor))

    async def grant_role(self, role: str, account: str | bytes) -> None:
        """Admin: gives a role to an account."""
        await self._transact("grantRole", role_word(role), parse_address(account))

    async def revoke_role(self, role: str, account: str | bytes) -> None:
        """Admin: takes a role from an account."""
        await self._transact("revokeRole", role_word(role), parse_address(account))

    async def renounce_role(self, role: str) -> None:
        """Gives up a role that the account itself holds."""
        address = self._needed("renounceRole").address
        await self._transact("renounceRole", role_word(role), address)

    async def begin_admin_transfer(self, new_admin: str | bytes) -> None:
        """Admin: offers the role to an account, which may accept it once the delay is over."""
        await self._transact("beginDefaultAdminTransfer", parse_address(new_admin))

    async def cancel_admin_transfer(self) -> None:
        """Admin: takes the offer back."""
        await self._transact("cancelDefaultAdminTransfer")

    async def accept_admin_transfer(self) -> None:
        """Becomes the admin, as was offered to the account."""
        await self._transact("acceptDefaultAdminTransfer")

    async def change_admin_delay(self, delay_s: int) -> None:
        """Admin: sets the delay of later changes of the admin; this change is delayed as well."""
        await self._transact("changeDefaultAdminDelay", delay_s)

    async def cancel_admin_delay_change(self) -> None:
        """Admin: keeps the delay as it is."""
        await self._transact("rollbackDefaultAdminDelay")
