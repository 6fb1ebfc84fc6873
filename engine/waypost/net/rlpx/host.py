"""`RlpxHost`: a node's RLPx connections, inbound and dialled."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Self

from waypost._ext.digest import keccak256
from waypost._ext.secp256k1 import decompress
from waypost.config import HostConfig
from waypost.errors import ConfigError, KeyFileError, LinkError
from waypost.keys import PrivateKey
from waypost.net import entropy
from waypost.net.clock import monotonic
from waypost.net.discv5.endpoint import Endpoint, cannot_bind, parse_endpoint
from waypost.net.rlpx.channel import Channel
from waypost.net.rlpx.dialling import Dialler
from waypost.net.rlpx.link import Link, Subprotocol
from waypost.rlpx.admission import Admission
from waypost.rlpx.basics import Reason
from waypost.rlpx.connection import (
    Admit,
    Connected,
    Connection,
    Disconnected,
    Event,
    Message,
)
from waypost.rlpx.handshake import Entropy

_log = logging.getLogger(__name__)


class RlpxHost:
    """Listens where `listen` says (192.0.2.7:30303 or [2001:db8::7]:30303, port 0 is any free one;
    None: nowhere), dials, and keeps one link a node, on which the subprotocols speak.

    `links` has the open ones by node id; `refusals` counts by name what peers were refused for.
    Use it in `async with`, which raises NodeError for a busy port. Raises ConfigError.
    """

    def __init__(
        self,
        key: PrivateKey,
        subprotocols: Sequence[Subprotocol],
        *,
        listen: str | None = None,
        config: HostConfig | None = None,
    ) -> None:
        self.config = config or HostConfig()
        self.port: int | None = None
        self.refusals: Counter[str] = Counter()
        self._links: dict[bytes, Link] = {}
        self.links: Mapping[bytes, Link] = MappingProxyType(self._links)
        self._secret = key.secret_key
        self._subprotocols = {each.capability: each for each in subprotocols}
        self._capabilities = tuple(each.capability for each in subprotocols)
        self._listen = None if listen is None else parse_endpoint(listen)
        self._admission = Admission(self.config)
        self._dialler = Dialler(self._channel_to, self.config)
        self._channels: dict[Channel, Link | None] = {}  # the link once there is one
        self._inbound_count = 0
        self._server: asyncio.Server | None = None
        self._open = False
        self._machine(0.0, None, lambda point: None)  # what cannot be said in Hello fails here

    # ---- its life

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_failure: object) -> None:
        await self.close()

    async def open(self) -> None:
        """Listens, if it is to. Raises NodeError."""
        if self._listen is not None:
            self._server = await self._serve(self._listen)
            self.port = self._server.sockets[0].getsockname()[1]
        self._open = True

    def stop_listening(self) -> None:
        """Let nobody in any more; the links stay, and dials go on."""
        if self._server is not None:
            self._server.close()
            self._server = None
            for channel, link in list(self._channels.items()):
                if link is None and channel.inbound:
                    channel.finish(Reason.QUITTING)

    async def close(self) -> None:
        """Says QUITTING to all, and waits for a moment until they have hung up."""
        self._open = False
        self._dialler.close()
        self.stop_listening()
        while self._channels:
            for channel in list(self._channels):
                channel.finish(Reason.QUITTING)
            await asyncio.wait([channel.gone for channel in self._channels])

    async def dial(self, point: bytes, host: str, port: int) -> Link:
        """The open link to a node, or a new one; callers share a dial. point: 33 or 64 bytes.

        Raises ConfigError for what cannot be dialled, and LinkError: unreachable, timeout,
        refused, wrong-identity, nothing-shared, closed, too-many, self.
        """
        point = _point(point)
        if not 0 < port <= 0xFFFF:
            raise ConfigError(f"{port} is no port: use 1 to 65535")
        if not self._open:
            raise LinkError("closed", "the host is not running: use it in `async with`")
        if point == self._secret.point:
            raise LinkError("self", "this is the node's own key")
        link = self._links.get(keccak256(point))
        if link is not None and not link.closed:
            return link
        if len(self._links) >= self.config.link_count_max:
            raise LinkError("too-many", "as many links are open as link_count_max allows")
        return await self._dialler.dial(point, host, port)

    # ---- channels

    async def _serve(self, endpoint: Endpoint) -> asyncio.Server:
        try:
            return await asyncio.get_running_loop().create_server(
                lambda: Channel(self, self.config, None),
                endpoint.host,
                endpoint.port,
                backlog=self.config.backlog_count_max,
            )
        except OSError as error:
            raise cannot_bind("TCP", endpoint, error) from error

    def _channel_to(self, point: bytes) -> Channel:
        return Channel(self, self.config, point)

    def begin(self, channel: Channel, now: float) -> Connection | None:
        """The machine of a new connection, if it may stay."""
        if not self._open or (channel.inbound and self._server is None):
            return None
        if channel.inbound and (refusal := self._admission.arrive(channel.host, now)):
            self.refusals[refusal] += 1
            return None
        self._channels[channel] = None
        admit = partial(self._objection, channel)
        return self._machine(now, channel.remote_point, admit)

    def _machine(self, now: float, remote_point: bytes | None, admit: Admit) -> Connection:
        return Connection(
            self._secret,
            self._capabilities,
            Entropy.draw(entropy.secret_bytes),
            now,
            remote_key=None if remote_point is None else b"\x04" + remote_point,
            client_id=self.config.client_id,
            listen_port=self.port or 0,
            config=self.config.rlpx,
            refusals=self.refusals,
            admit=admit,
        )

    def forget(self, channel: Channel) -> None:
        """The socket is closed."""
        if channel in self._channels:
            link = self._channels.pop(channel)
            if channel.inbound:
                self._admission.leave(channel.host, settled=link is not None)

    # ---- whom to take

    def _objection(self, channel: Channel, point: bytes) -> Reason | None:
        """To the peer at the other end. go-ethereum, too, says so before its Hello."""
        link = self._links.get(keccak256(point))
        if link is not None:
            return None if self._gives_way(link, channel) else Reason.ALREADY_CONNECTED
        inbound_count = self._inbound_count if channel.inbound else 0
        if (
            len(self._links) >= self.config.link_count_max
            or inbound_count >= self.config.inbound_count_max
        ):
            return Reason.TOO_MANY_PEERS
        return None

    def _gives_way(self, link: Link, channel: Channel) -> bool:
        """The first of two connections to a node stays, as with go-ethereum. Where two nodes dial
        each other at once that could be another one at each end, and then none would stay: so both
        keep the dial of the lower node id.
        """
        if link.closed:
            return True
        is_young = monotonic() < link.opened_at + self.config.rlpx.handshake_timeout_s
        ours_stays = self._secret.node_id < link.node_id
        return is_young and link.inbound != channel.inbound and ours_stays != channel.inbound

    # ---- what happens on them

    def handle(self, channel: Channel, event: Event) -> None:
        """Hands out what happened, in order."""
        if isinstance(event, Connected):
            self._connected(channel, event)
        elif (link := self._channels[channel]) is None:
            return
        elif isinstance(event, Message):
            subprotocol = self._subprotocols[event.capability]
            self._call(link, subprotocol.received, link, event.code, event.payload)
        else:
            self._disconnected(link, event)

    def _connected(self, channel: Channel, event: Connected) -> None:
        link = Link(channel, event)
        if (other := self._links.get(link.node_id)) is not None:
            other.replace()
        self._links[link.node_id] = self._channels[channel] = link
        if link.inbound:
            self._inbound_count += 1
            self._admission.settle(link.host)
        self._dialler.arrived(link)
        for capability in link.capabilities:
            self._call(link, self._subprotocols[capability].connected, link)

    def _disconnected(self, link: Link, why: Disconnected) -> None:
        del self._links[link.node_id]
        self._inbound_count -= link.inbound
        for capability in link.capabilities:
            self._call(link, self._subprotocols[capability].disconnected, link, why)

    def _call(self, link: Link, callback: Callable[..., None], *arguments: object) -> None:
        """What a subprotocol gets wrong costs it this link, and no other."""
        try:
            callback(*arguments)
        except Exception:
            self.refusals["subprotocol-error"] += 1
            _log.exception("%r is disconnected: its subprotocol failed", link)
            link.disconnect(Reason.SUBPROTOCOL)


def _point(point: bytes) -> bytes:
    """x || y of a key in either form."""
    try:
        return decompress(point if len(point) == 33 else b"\x04" + point)
    except (KeyFileError, ConfigError):
        raise ConfigError("a node's key is a point of secp256k1, 33 or 64 bytes") from None
