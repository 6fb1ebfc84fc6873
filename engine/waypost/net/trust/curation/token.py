"""The ERC-20 token that is staked, and with which its holders vote."""

from typing import Any, Self

from waypost.errors import RegistryError
from waypost.net.trust.administration.base import Signer
from waypost.net.trust.curation.base import Reached, Source
from waypost.trust.address import address_text, parse_address
from waypost.trust.curation.reads import read_one, read_token, token_at
from waypost.trust.curation.types import TokenFacts


class Token(Reached):
    """Any ERC-20 token. Amounts are in its smallest unit."""

    _artifact = "FixedSupplyToken"

    @classmethod
    async def deploy(
        cls,
        source: Source,
        account: Signer | None = None,
        *,
        name: str,
        symbol: str,
        supply: int,
        holder: str | bytes | None = None,
        salt: str | bytes | None = None,
        **ways: Any,
    ) -> Self:
        """A plain token whose whole supply exists from the start and belongs to `holder`, by
        default the account: for demos, and for communities that have no token yet.

        Raises RegistryError, RpcError, as every `deploy` here. `ways` are those of the class.
        """
        return await cls._deployed(
            source,
            account,
            lambda own: (name, symbol, supply, parse_address(holder or own)),
            salt,
            **ways,
        )

    async def facts(self) -> TokenFacts:
        """What it says about itself."""
        return await self._read(lambda endpoint: read_token(endpoint))

    async def balance(self, account: str | bytes | None = None) -> int:
        """What an account has; by default the own one."""
        holder = parse_address(account or self.account)
        return await self._number("balanceOf", holder)

    async def allowance(self, spender: str | bytes, owner: str | bytes | None = None) -> int:
        """What a spender may take from an account; by default the own one."""
        holder = parse_address(owner or self.account)
        return await self._number("allowance", holder, parse_address(spender))

    async def approve(self, spender: str | bytes, amount: int) -> None:
        """Lets a contract take so much from the account."""
        await self._transact("approve", parse_address(spender), amount)

    async def transfer(self, to: str | bytes, amount: int) -> None:
        """Gives tokens to somebody."""
        await self._transact("transfer", parse_address(to), amount)

    async def require(self, spender: str | bytes, amount: int) -> bool:
        """Approves what a contract is going to take, unless it may already.

        Returns whether it may now: in a dry run nothing is approved. Raises RegistryError if the
        account has not that much.
        """
        balance = await self.balance()
        if balance < amount:
            mine, where = address_text(self.account), address_text(self.address)
            raise RegistryError(
                f"{mine} has {balance} units of the token {where}, and needs {amount}: "
                "let somebody transfer it more"
            )
        if await self.allowance(spender) >= amount:
            return True
        await self.approve(spender, amount)
        return not self._dry_run

    async def _number(self, function: str, *args: Any) -> int:
        read = token_at(self.address).read(function, *args)
        return await self._read(lambda endpoint: read_one(endpoint, read, int))
