"""What hostile peers of a soak are made of: one connection, and what they see of its end."""

from contextlib import ExitStack
from dataclasses import dataclass
from random import Random
from typing import Self

from tests.links import RawPeer
from tests.whispers import FULL_STATUS
from waypost.config import RlpxConfig
from waypost.enode import Enode
from waypost.mail import completion
from waypost.mail.completion import Completed, Failed
from waypost.net.clock import wall_clock
from waypost.rlpx.connection import Message
from waypost.whisper.packets import Code


@dataclass(frozen=True, slots=True)
class Target:
    """The server, as RawPeer wants it: its key and port, and who closes the sockets."""

    enode: Enode
    visitors: ExitStack

    @property
    def point(self) -> bytes:
        return self.enode.point

    @property
    def public_key(self) -> bytes:
        return self.enode.public_key

    @property
    def port(self) -> int:
        return self.enode.port


class Stranger(RawPeer):
    """A peer that does what an attack says."""

    def __init__(self, target: Target, address: str, random: Random) -> None:
        super().__init__(config=RlpxConfig(hello_size_max_b=1 << 17))  # it may say too much
        self.target = target
        self.address = address
        self.random = random

    async def meet(self) -> Self:
        """A connection, and nothing more."""
        return await self.connect(self.target, self.address)

    async def shake(self) -> Self:
        """Up to the Hellos."""
        await (await self.meet()).greet()
        if self.machine.peer is None:
            raise ConnectionError("it hung up in the handshake")
        return self

    async def join(self) -> Self:
        """Up to our status."""
        await self.shake()
        await self.says(Code.STATUS, FULL_STATUS)
        return self

    async def says(self, code: int, payload: bytes) -> None:
        self.machine.send("shh", code, payload)
        await self.send()

    async def says_raw(self, message_id: int, data: bytes) -> None:
        """A frame with this in it, compressed or not."""
        await self.send(self.machine._codec.seal(message_id, data))

    async def told(self) -> Completed | Failed | None:
        """The end of the next answer; None for the end of the connection."""
        while True:
            for event in self.machine.drain_events():
                if isinstance(event, Message) and event.code == Code.P2P_REQUEST_COMPLETE:
                    return completion.decode(event.payload)
            if not await self.read():
                return None

    async def reason(self) -> int | None:
        """What is said at the end."""
        try:
            end = await self.end()
        except OSError:
            return None
        return None if end is None else end.reason


def now_s() -> int:
    return int(wall_clock())
