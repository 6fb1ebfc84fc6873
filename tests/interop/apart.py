"""A network of its own for a test: a loopback interface, and nothing else that can be reached."""

import ctypes
import fcntl
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EPERM

CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS = 0x8914
IFF_UP = 0x1


class NotPermitted(Exception):
    """This process may not have a network of its own."""


@contextmanager
def network_apart() -> Iterator[None]:
    """What this thread opens and starts is in the new network; what was open stays outside."""
    with open("/proc/thread-self/ns/net") as before:
        try:
            _call("unshare", CLONE_NEWNET)
        except OSError as error:
            if error.errno != EPERM:
                raise
            raise NotPermitted("be root, or first `unshare -rn` and `ip link set lo up`") from None
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
                fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", IFF_UP))
            yield
        finally:
            _call("setns", before.fileno(), CLONE_NEWNET)


def _call(name: str, *arguments: int) -> None:
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments):
        raise OSError(ctypes.get_errno(), name)
