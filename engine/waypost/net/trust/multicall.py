"""Many reads of any contracts at once, and registries that are not ours."""

from collections.abc import Callable, Iterable
from typing import Self

from waypost.config import RegistryConfig
from waypost.net.rpc import RpcEndpoint, drive, name_of, rpc_at
from waypost.trust.address import parse_address
from waypost.trust.endpoint import ChainEndpoint, Endpoint
from waypost.trust.exchange import Exchange, T
from waypost.trust.kind import kind_word
from waypost.trust.multicall.calls import CallFailure, multicall
from waypost.trust.multicall.codec import ContractCall
from waypost.trust.multicall.foreign import Key, ListingView, verify_foreign
from waypost.trust.policy import TrustPolicy, policy_of
from waypost.trust.verdict import Block, Verdict


class _Reader:
    """The way to a node, which ends with `async with`."""

    def __init__(self, endpoint: RpcEndpoint, config: RegistryConfig | None) -> None:
        self._config = config or RegistryConfig()
        self._rpc = rpc_at(endpoint, self._config)
        self._closes_rpc = self._rpc is not endpoint

    async def _drive(self, exchange: Exchange[T]) -> T:
        retry_count_max = self._config.rate_limit_retry_count_max
        return await drive(self._rpc, exchange, self._config.verify_timeout_s, retry_count_max)

    async def close(self) -> None:
        """Lets go of connections; a later use makes new ones. Closing twice is fine."""
        if self._closes_rpc:
            await self._rpc.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_failure: object) -> None:
        await self.close()


class Multicall(_Reader):
    """Reads of any contracts of the chain at an endpoint, in as few requests as its node allows.

    `endpoint` is what a Registry takes. With a `chain_id` any other chain is refused.

        async with Multicall("http://127.0.0.1:8545") as chain:
            name, supply = await chain.read([(token, b"..."), (token, b"...")])
    """

    def __init__(
        self,
        endpoint: RpcEndpoint,
        *,
        chain_id: int | None = None,
        config: RegistryConfig | None = None,
    ) -> None:
        super().__init__(endpoint, config)
        self._endpoint = ChainEndpoint(chain_id, name_of(self._rpc))

    async def head(self) -> Block:
        """The head block, for several reads at the same block. Raises RpcError."""
        return await self._drive(self._endpoint.pin())

    async def read(
        self, calls: Iterable[tuple[str | bytes, bytes]], *, block: Block | None = None
    ) -> list[bytes | CallFailure]:
        """What each call, an address and calldata, returns at one block: the head, or `block`.

        A call that reverts, runs out of gas or goes where no contract is fails alone, and its
        CallFailure says how. Raises RpcError if no block is to be had, ConfigError for what is no
        address.
        """
        made = [ContractCall(parse_address(to), data) for to, data in calls]
        exchange = multicall(self._endpoint, made, self._config, block)
        _, results = await self._drive(exchange)
        return results


class ForeignRegistry(_Reader):
    """A registry that is not ours: any contract that lists servers by a view of one parameter.

    `signature`, `key` and `accept` are those of a ListingView: Status' MailServerRegistry is
    `ForeignRegistry(url, address, "exists(bytes)")`.
    """

    def __init__(
        self,
        endpoint: RpcEndpoint,
        address: str | bytes,
        signature: str = "isListed(bytes32)",
        *,
        key: Key | None = None,
        accept: Callable[[int], bool] = bool,
        chain_id: int | None = None,
        config: RegistryConfig | None = None,
    ) -> None:
        super().__init__(endpoint, config)
        self._view = ListingView(signature, key, accept)
        self._endpoint = Endpoint(parse_address(address), chain_id, name_of(self._rpc))

    async def verify(
        self,
        kind: str,
        node_ids: Iterable[bytes],
        trust: TrustPolicy | Iterable[int] | None = None,
    ) -> list[Verdict]:
        """One verdict for each node id (32 bytes), in their order, all from one block.

        The contract knows neither kinds nor providers: of `trust` only the user's own servers
        count. Only a caller's mistake raises (ConfigError).
        """
        kind_word(kind)
        exchange = verify_foreign(
            self._endpoint, self._view, node_ids, policy_of(trust), self._config
        )
        return await self._drive(exchange)
