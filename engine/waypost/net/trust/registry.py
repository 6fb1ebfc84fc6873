"""The registry of servers as a user meets it: asked and, with an account, administered."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Self

from waypost.config import RegistryConfig
from waypost.errors import ConfigError, RpcError
from waypost.net.rpc import RpcEndpoint
from waypost.net.trust.administration import Administration, OnTransaction, Signer, sender_for
from waypost.net.trust.administration.deployment import deploy
from waypost.net.trust.bell import Bell
from waypost.net.trust.mirror import Mirror
from waypost.net.trust.proving import Prover
from waypost.net.trust.reading import Reader
from waypost.net.trust.sources import Sources
from waypost.net.trust.state_roots import StateRootSource
from waypost.net.trust.stats import RegistryStats
from waypost.net.trust.watch import Watch
from waypost.trust.address import parse_address
from waypost.trust.administration.deployment import registry_creation
from waypost.trust.administration.listings import Provider, Server, list_providers, list_servers
from waypost.trust.judgement import judge, unknown, without_own
from waypost.trust.kind import kind_word
from waypost.trust.policy import GrantAt, TrustPolicy, policy_of
from waypost.trust.proofs.document import ProofDocument, prove_servers
from waypost.trust.reading.finality import confirmed, to_confirm
from waypost.trust.reading.mirror import Copy, read_copy
from waypost.trust.reading.shelved import Known
from waypost.trust.state_roots import StateRoots
from waypost.trust.verdict import Verdict
from waypost.trust.watch.cursor import Cursor
from waypost.trust.watch.logs import log_filter

ADMIN_DELAY_S = 2 * 24 * 3600  # of a change of the admin, unless the deployer says otherwise


class Registry(Administration):
    """The registry at one address of one chain.

    `endpoint` is the URL of a node, or an embedded chain, or an Rpc that the caller closes; or
    several of them, of which the first that is well is asked, and the others stand in. With a
    `chain_id` any other chain is refused; without one, whichever chain the endpoint serves is
    taken. `account` signs transactions: reads need none. In a `dry_run` transactions are simulated
    and not sent. `on_transaction` is called for each one that is done, or was simulated. Nothing
    is sent before the first use, so a wrong endpoint shows there.

    With `state_roots`, a source that the caller closes or what a policy says of one, `verify` is
    in proof mode: the endpoint need not be trusted, as every word is proven against a header from
    that source, and the code of the contract too: it is of our version, or has the `code_hash`
    (keccak256, 32 bytes). The chain_id is needed then. Other reads are as the endpoint tells them.
    """

    def __init__(
        self,
        endpoint: RpcEndpoint | Sequence[RpcEndpoint],
        address: str | bytes,
        *,
        chain_id: int | None = None,
        account: Signer | None = None,
        state_roots: StateRootSource | StateRoots | None = None,
        code_hash: bytes | None = None,
        config: RegistryConfig | None = None,
        dry_run: bool = False,
        on_transaction: OnTransaction | None = None,
    ) -> None:
        config = config or RegistryConfig()
        if code_hash is not None and state_roots is None:
            raise ConfigError("code_hash is checked with proofs only: give state_roots, too")
        sources = Sources(endpoint, parse_address(address), chain_id, config)
        self._reader = (
            Prover(sources, state_roots, code_hash, config)
            if state_roots
            else Reader(sources, config)
        )
        self._bells: set[Bell] = set()
        super().__init__(
            sources,
            sender_for(sources.rpc, account, chain_id, config) if account else None,
            config,
            dry_run=dry_run,
            on_transaction=on_transaction,
        )

    @classmethod
    async def deploy(
        cls,
        endpoint: RpcEndpoint | Sequence[RpcEndpoint],
        account: Signer,
        *,
        chain_id: int | None = None,
        admin: str | bytes | None = None,
        curator: str | bytes | None = None,
        guardian: str | bytes | None = None,
        provider_owner: str | bytes | None = None,
        metadata_uri: str = "",
        metadata_hash: bytes = bytes(32),
        admin_delay_s: int = ADMIN_DELAY_S,
        salt: str | bytes | None = None,
        config: RegistryConfig | None = None,
        dry_run: bool = False,
        on_transaction: OnTransaction | None = None,
    ) -> Self:
        """Deploys a new registry, with `account` in each role that is given to nobody else.

        `provider_owner` owns provider 1, which is active from the start and has this metadata. A
        change of the admin waits `admin_delay_s`. With a `salt` (32 bytes) it is deployed by
        CREATE2: the address depends on nothing but the salt and these arguments, and where that
        registry exists already, nothing is sent. Raises RegistryError, RpcError.
        """
        creation = partial(
            registry_creation,
            admin=admin,
            curator=curator,
            guardian=guardian,
            provider_owner=provider_owner,
            metadata_uri=metadata_uri,
            metadata_hash=metadata_hash,
            admin_delay_s=admin_delay_s,
        )
        at = partial(
            cls,
            endpoint,
            chain_id=chain_id,
            account=account,
            config=config,
            dry_run=dry_run,
            on_transaction=on_transaction,
        )
        async with at(bytes(20)) as maker:
            address = await deploy(maker, creation, salt)
        return at(address)

    async def verify(
        self,
        kind: str,
        node_ids: Iterable[bytes],
        trust: TrustPolicy | Iterable[int] | None = None,
    ) -> list[Verdict]:
        """One verdict for each node id (32 bytes), in their order, all from one block.

        `trust` is a policy, or the ids of the trusted providers; by default provider 1 is trusted.
        A registry that cannot be asked makes verdicts UNKNOWN: only a caller's mistake raises
        (ConfigError).
        """
        word, policy, ids = kind_word(kind), policy_of(trust), list(node_ids)
        verdicts, strangers = without_own(ids, policy)
        if strangers:
            known = await self._reader.read(word, strangers, policy)
            found = self._judged(known, strangers, policy)
            if isinstance(known, Known):
                to_ask = to_confirm(found, policy, known.chain_id, self.address)
                if to_ask:
                    known = await self._reader.read_final(word, to_ask, policy)
                    found = confirmed(found, self._judged(known, to_ask, policy))
            if len(found) == len(ids):  # all are strangers, each named once: they are in order
                return found
            verdicts.update(zip(strangers, found, strict=True))
        return [verdicts[node_id] for node_id in ids]

    def _judged(
        self, known: Known | RpcError, node_ids: Sequence[bytes], policy: TrustPolicy
    ) -> list[Verdict]:
        if isinstance(known, RpcError):
            return unknown(node_ids, known, self._reader.source)
        trusted = policy.providers_of(known.chain_id, self.address)
        return judge(known, node_ids, trusted, self._reader.source)

    async def prove(
        self, kind: str, node_ids: Iterable[bytes], provider_ids: Iterable[int] | None = None
    ) -> ProofDocument:
        """A proof about these servers and providers at the head block, which anybody can check
        without a node.

        By default the providers are those that list the servers. Raises RpcError, ConfigError.
        """
        ids = list(node_ids)
        if provider_ids is None:
            verdicts = await self.verify(kind, ids)
            provider_ids = sorted({one.provider_id for one in verdicts if one.provider_id})
        providers = tuple(provider_ids)
        return await self._read(
            lambda endpoint: prove_servers(endpoint.address, kind, providers, ids, self._config)
        )

    async def providers(self) -> list[Provider]:
        """All providers, in the order of their ids. Raises RpcError."""
        return await self._read(lambda endpoint: list_providers(endpoint, self._config))

    async def servers(self, kind: str) -> list[Server]:
        """All listed servers of a kind, whoever listed them, trusted or not. Raises RpcError."""
        return await self._read(lambda endpoint: list_servers(endpoint, kind, self._config))

    def watch(self, kind: str | None = None, *, since: Cursor | str | None = None) -> Watch:
        """The changes of the registry as they happen: `async for change in registry.watch()`.

        With a kind, not those of servers of other kinds; the node is not told which. It begins
        with the block after the head, or after `since`: the cursor of a watch, or its text, or
        the number of a block. Changes are hints that the node gives, also in proof mode: verdicts
        come from `verify`. Raises ConfigError; the watch itself raises RpcError.
        """
        return Watch(
            self._sources,
            self._config,
            self.bell(),
            None if kind is None else kind_word(kind),
            Cursor.parse(since) if isinstance(since, str) else since,
        )

    def mirror(self, kind: str) -> Mirror:
        """A mirror of all servers of a kind, which verifies without asking about any of them.

        For registries of some thousands of servers: it refuses more than config.listing_count_max.
        Its pages come without proofs, so in proof mode there is none. Raises ConfigError.
        """
        if isinstance(self._reader, Prover):
            raise ConfigError(
                "a mirror believes its node: make it of a registry without state_roots, or verify "
                "single servers with proofs"
            )

        async def read(kind: bytes, before: Copy | None, where: GrantAt) -> Copy:
            return await self._read(
                lambda endpoint: read_copy(endpoint, kind, before, self._config, where)
            )

        return Mirror(kind, self.address, read, self.bell)

    def bell(self) -> Bell:
        """What rings when a new block may be there; until it or the registry is closed."""
        subscriptions = [("newHeads",), ("logs", log_filter(self.address))]
        bell = Bell(self._sources, subscriptions, self._config, self._bells.discard)
        self._bells.add(bell)
        return bell

    def stats(self) -> RegistryStats:
        """What it has been doing, in numbers."""
        reader = self._reader
        return RegistryStats(
            self._sources.stats(),
            reader.read_count,
            reader.merged_count,
            reader.kept_count,
            reader.cached_count,
            self._sources.fail_over_count,
        )

    async def close(self) -> None:
        """Ends its watches and lets go of connections; a later use makes new ones.

        Closing twice is fine.
        """
        for bell in tuple(self._bells):
            await bell.aclose()
        await self._reader.close()
        await self._sources.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_failure: object) -> None:
        await self.close()
