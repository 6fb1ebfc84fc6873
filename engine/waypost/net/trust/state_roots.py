"""Where the headers come from against whose state roots words are proven: the user's choice.

    waypost.HeaderAgreement(["https://a.example", "https://b.example", ...], agree=2)
    waypost.TrustedEndpoint("http://127.0.0.1:8545")   # a node of one's own, or a light client
    waypost.TrustedBlock("0x...", endpoint)            # by its hash; the endpoint may lie

Or any object with `header` and `close`, such as a light client. Of each block the hash is
recomputed from the header's fields, so a node can neither mix blocks nor invent a state root.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Literal, Protocol, TypeAlias
from urllib.parse import urlsplit

from waypost.config import ENDPOINT_COUNT_MAX, RegistryConfig
from waypost.errors import ConfigError, RpcError
from waypost.hexadecimal import given_bytes
from waypost.net.rpc import Rpc, RpcEndpoint, name_of, rpc_at
from waypost.trust.exchange import Call, hex_text, quantity
from waypost.trust.proofs.ballot import Ballot
from waypost.trust.proofs.header import Header, header_in
from waypost.trust.state_roots import AgreedRoots, EndpointRoots, LightClientRoots, StateRoots

BlockTag: TypeAlias = Literal["latest", "finalized"]

_ANY_REACH = 1 << 62  # a finalized block stays so, however old: it grants late, but never wrongly


class StateRootSource(Protocol):
    """Something whose word on the chain's blocks is taken: implement it to bring a light client.

    A `Header` is made by `waypost.trust.proofs.header`: `header_of` takes the RLP, `header_in` the
    JSON of a node.
    """

    async def header(self, at: int | BlockTag = "latest") -> Header:
        """The header of the head block, of the last final one, or of the one with this number.

        Raises RpcError: what could not be asked, or is not known (`no-block`).
        """

    async def close(self) -> None:
        """Lets go of connections. Closing twice is fine."""


class TrustedEndpoint:
    """One node whose word is taken on which blocks are on the chain: its URL, an embedded chain,
    or an Rpc that the caller closes.

    With a `chain_id` any other chain is refused.
    """

    def __init__(
        self,
        endpoint: RpcEndpoint,
        *,
        chain_id: int | None = None,
        config: RegistryConfig | None = None,
    ) -> None:
        self._rpc = rpc_at(endpoint, config or RegistryConfig())
        self._closes_rpc = self._rpc is not endpoint
        self._chain_id_wanted = chain_id
        self.name = name_of(self._rpc)
        """What it may be called before others: a URL without what may be an access key."""

    async def header(self, at: int | BlockTag = "latest") -> Header:
        """See StateRootSource."""
        return await self.tell(at)

    async def tell(self, block: int | bytes | BlockTag) -> Header:
        """The header of a block given by tag, number or hash (32 bytes). Raises RpcError."""
        if self._chain_id_wanted is not None:
            await self._check_chain(self._chain_id_wanted)
        header = await _ask(self._rpc, block)
        if block not in ("latest", "finalized", header.number, header.hash):
            raise RpcError("wrong-block", f"block {header.number} is not the one asked for")
        return header

    async def close(self) -> None:
        """Lets go of connections; a later use makes new ones. Closing twice is fine."""
        if self._closes_rpc:
            await self._rpc.close()

    async def _check_chain(self, wanted: int) -> None:
        chain_id = quantity(await self._rpc.request(Call("eth_chainId")))
        if chain_id != wanted:
            raise RpcError("wrong-chain", f"{self.name} serves {chain_id}, not {wanted}")
        self._chain_id_wanted = None


class TrustedBlock:
    """One block, known by its hash: words are as they were then. `endpoint` gives its header, and
    need not be trusted.
    """

    def __init__(
        self,
        block_hash: bytes | str,
        endpoint: RpcEndpoint,
        *,
        config: RegistryConfig | None = None,
    ) -> None:
        self._hash = parse_hash(block_hash)
        self._node = TrustedEndpoint(endpoint, config=config)
        self._header: Header | None = None

    async def header(self, at: int | BlockTag = "latest") -> Header:
        """That block, which stands for the head and the final one. Raises RpcError."""
        if self._header is None:
            self._header = await self._node.tell(self._hash)
        if isinstance(at, int) and at != self._header.number:
            raise RpcError("no-block", f"only block {self._header.number} is trusted")
        return self._header

    async def close(self) -> None:
        """Lets go of connections. Closing twice is fine."""
        await self._node.close()


class HeaderAgreement:
    """`agree` of these endpoints, be they nodes or light clients, have to name the same block.

    Fewer than `agree` that lie, lag, are slow or on another branch change nothing: the newest
    block on which enough agree is taken as soon as they do. An endpoint counts once. The endpoints
    should belong to different people. Raises ConfigError.
    """

    def __init__(
        self,
        endpoints: Sequence[RpcEndpoint],
        *,
        agree: int = 2,
        chain_id: int | None = None,
        config: RegistryConfig | None = None,
    ) -> None:
        if len({_identity(endpoint) for endpoint in endpoints}) < len(endpoints):
            raise ConfigError("an endpoint is named twice: it would count twice")
        if not 2 <= agree <= len(endpoints) <= ENDPOINT_COUNT_MAX:
            raise ConfigError(
                f"{agree} of {len(endpoints)} endpoints cannot agree: at least two have to, of at "
                f"most {ENDPOINT_COUNT_MAX}"
            )
        self._config = config or RegistryConfig()
        self._agree = agree
        self._nodes = [
            TrustedEndpoint(endpoint, chain_id=chain_id, config=self._config)
            for endpoint in endpoints
        ]

    async def header(self, at: int | BlockTag = "latest") -> Header:
        """The newest block of this tag, or of this number, that enough endpoints name.

        Raises RpcError: `no-agreement`, with who said what.
        """
        reach = {"latest": self._config.head_lag_count_max, "finalized": _ANY_REACH}
        ballot = Ballot(self._agree, 0 if isinstance(at, int) else reach[at])
        failures: dict[int, RpcError] = {}
        try:
            async with asyncio.timeout(self._config.request_timeout_s):
                winner = await self._vote(ballot, at, failures)
        except TimeoutError:
            winner = None
        if winner is None:
            raise RpcError("no-agreement", self._account(ballot, failures))
        return winner

    async def close(self) -> None:
        """Lets go of connections; a later use makes new ones. Closing twice is fine."""
        await asyncio.gather(*(node.close() for node in self._nodes))

    async def _vote(
        self, ballot: Ballot, at: int | BlockTag, failures: dict[int, RpcError]
    ) -> Header | None:
        """The winner, or None where everybody was heard in vain."""
        asked = {
            asyncio.create_task(node.tell(at)): voter for voter, node in enumerate(self._nodes)
        }
        try:
            while asked and ballot.winner is None:
                done, _ = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    voter = asked.pop(task)
                    try:
                        questions = ballot.hear(voter, task.result())
                    except RpcError as error:
                        failures[voter] = error
                        continue
                    for other, block in questions:
                        asked[asyncio.create_task(self._nodes[other].tell(block))] = other
            return ballot.winner
        finally:
            for task in asked:
                task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)

    def _account(self, ballot: Ballot, failures: dict[int, RpcError]) -> str:
        said = []
        for voter, node in enumerate(self._nodes):
            if head := ballot.heads.get(voter):
                words = f"block {head.number} {hex_text(head.hash[:4])}"
            else:
                words = str(failures.get(voter, "no answer in time"))
            said.append(f"{node.name}: {words}")
        count = f"{self._agree} of {len(self._nodes)} endpoints"
        return f"{count} have to name the same block; {'; '.join(said)}"


def source_for(
    roots: StateRootSource | StateRoots, rpc: Rpc, chain_id: int, config: RegistryConfig
) -> StateRootSource:
    """The source that a policy names, made anew, or one that is such already. `rpc` is the way to
    the node that gives the proofs. Raises ConfigError.
    """
    match roots:
        case EndpointRoots():
            return TrustedEndpoint(rpc, chain_id=chain_id, config=config)
        case AgreedRoots(count, endpoints):
            return HeaderAgreement(endpoints, agree=count, chain_id=chain_id, config=config)
        case LightClientRoots(url):
            return TrustedEndpoint(url, chain_id=chain_id, config=config)
        case _:
            return roots


def parse_hash(value: bytes | str) -> bytes:
    """A block's hash, 32 bytes, given as such or as hex digits. Raises ConfigError."""
    hash_ = given_bytes(value)
    if len(hash_) != 32:
        raise ConfigError("the hash of a block is 32 bytes, 64 hex digits")
    return hash_


def _identity(endpoint: RpcEndpoint) -> Any:
    """What two ways to write one endpoint have in common."""
    if not isinstance(endpoint, str):
        return id(endpoint)
    if "://" not in endpoint:
        return endpoint.removeprefix("ipc:")
    parts = urlsplit(endpoint)
    return parts.netloc.lower(), parts.path.rstrip("/"), parts.query


async def _ask(rpc: Rpc, block: int | bytes | str) -> Header:
    if isinstance(block, bytes):
        call = Call("eth_getBlockByHash", [hex_text(block), False])
    else:
        number = hex(block) if isinstance(block, int) else block
        call = Call("eth_getBlockByNumber", [number, False])
    answer = await rpc.request(call)
    if answer is None:
        raise RpcError("no-block", f"it has no block {call.params[0]}")
    return header_in(answer)
