"""Endpoints as people write them, and UDP sockets bound to them."""

import errno
import socket
from collections.abc import Sequence
from contextlib import ExitStack
from ipaddress import ip_address
from typing import NamedTuple

from waypost.errors import ConfigError, NodeError


class Endpoint(NamedTuple):
    """A numeric host and a UDP or TCP port; port 0 is any."""

    host: str
    port: int

    @property
    def ipv6(self) -> bool:
        return ":" in self.host

    @property
    def unspecified(self) -> bool:
        """Whether it stands for all addresses of the machine."""
        return ip_address(self.host).is_unspecified

    @property
    def ip(self) -> bytes:
        """The 4 or 16 bytes of the address."""
        return ip_address(self.host).packed

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if self.ipv6 else f"{self.host}:{self.port}"


def parse_endpoint(text: str) -> Endpoint:
    """Reads 192.0.2.7:30303, [2001:db8::7]:30303 or an address alone. Raises ConfigError."""
    host, colon, port = text.rpartition(":")
    if not colon or (host.count(":") and not host.endswith("]")):
        host, port = text, "0"
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    try:
        if not (port.isascii() and port.isdigit() and int(port) <= 0xFFFF):
            raise ValueError
        return Endpoint(str(ip_address(host)), int(port))
    except ValueError:
        raise ConfigError(
            f"{text!r} is not an endpoint: write 192.0.2.7:30303 or [2001:db8::7]:30303"
        ) from None


def parse_endpoints(texts: str | Sequence[str], what: str) -> list[Endpoint]:
    """At most one endpoint of each family, as a record has room for. Raises ConfigError."""
    endpoints = [parse_endpoint(text) for text in ([texts] if isinstance(texts, str) else texts)]
    if len({endpoint.ipv6 for endpoint in endpoints}) < len(endpoints):
        raise ConfigError(f"{what} takes one IPv4 and one IPv6 endpoint at most")
    return endpoints


_ADVICE = {
    errno.EADDRINUSE: "is in use: choose another port, or 0 for any that is free",
    errno.EADDRNOTAVAIL: "is no address of this machine: use 0.0.0.0 or [::] for all of them",
    errno.EACCES: "needs privileges: use a port above 1023",
    errno.EAFNOSUPPORT: "cannot be used: this machine has no such address family",
}


def bind(endpoint: Endpoint, receive_buffer_b: int) -> socket.socket:
    """A non-blocking UDP socket of one family only. Raises NodeError with what to do instead."""
    family = socket.AF_INET6 if endpoint.ipv6 else socket.AF_INET
    opened = None
    try:
        opened = socket.socket(family, socket.SOCK_DGRAM)
        opened.setblocking(False)
        if endpoint.ipv6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        _grow_receive_buffer(opened, receive_buffer_b)
        opened.bind(endpoint)
    except OSError as error:
        if opened is not None:
            opened.close()
        raise cannot_bind("UDP", endpoint, error) from error
    return opened


def cannot_bind(protocol: str, endpoint: Endpoint, error: OSError) -> NodeError:
    """The error that says what to do instead."""
    advice = _ADVICE.get(error.errno or 0, f"cannot be bound: {error.strerror or error}")
    return NodeError(f"{protocol} {endpoint} {advice}")


def bind_all(endpoints: Sequence[Endpoint], receive_buffer_b: int) -> list[socket.socket]:
    """A socket for each endpoint, or none. Raises NodeError as bind does."""
    with ExitStack() as opened:
        sockets = [opened.enter_context(bind(each, receive_buffer_b)) for each in endpoints]
        opened.pop_all()
    return sockets


def _grow_receive_buffer(opened: socket.socket, size_b: int) -> None:
    """Asks for a large buffer; where the system refuses (macOS) it takes the largest it gives."""
    while size_b > 1 << 16:
        try:
            return opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size_b)
        except OSError:
            size_b //= 2


def bound_endpoint(opened: socket.socket) -> Endpoint:
    """Where the socket listens, with the port that it was given."""
    host, port = opened.getsockname()[:2]
    return Endpoint(str(host), int(port))
