"""The hostile peers of a soak: each attack again and again, by many, and slow ones all the time.

An attack is tallied under the names that the server must have counted it by.
"""

import asyncio
import socket
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from random import Random

from tests.mailers import everything
from tests.soak import handshakes, letters, requests
from tests.soak.attack import Attack
from tests.soak.plan import Plan
from tests.soak.stranger import Stranger, Target
from tests.soak.wire import Wire, address, waited
from waypost.enode import Enode
from waypost.mail.request import Form, encode
from waypost.net.clock import monotonic
from waypost.whisper.packets import Code

ATTACKS = (*handshakes.ATTACKS, *letters.ATTACKS, *requests.ATTACKS)
ATTACK_S_MAX = 30.0
AT_ONCE_MAX = 16
FLOOD_INTERVAL_S = 15.0
CONNECTION_COUNT = 100  # of a flood from one address: 16 of them may be in their handshake
ASKED_COUNT = 60  # pages that a slow reader asks for: more than the system's buffers hold
BUFFER_SIZE_B = 4096
READING_S = 40.0  # by then a slow reader has been left


@dataclass(slots=True)
class Tally:
    attacks: int = 0
    counted: Counter[str] = field(default_factory=Counter)  # exactly, by the server
    vague: set[str] = field(default_factory=set)  # names whose number is not known here
    ends: Counter[str] = field(default_factory=Counter)  # of the slow ones and of floods
    surprises: Counter[str] = field(default_factory=Counter)


class Strangers:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.tally = Tally()
        self._server = Enode.parse(plan.enode)
        self._random = plan.random("strangers")
        self._gate = asyncio.Semaphore(AT_ONCE_MAX)
        self._count = 0

    def _stranger(self, part: int, number: int, visitors: ExitStack) -> Stranger:
        random = Random(self._random.random())
        return Stranger(Target(self._server, visitors), address(part, number), random)

    # ---- attacks

    async def attack(self, stop: asyncio.Event) -> None:
        """One after the other, in another order each time, and each at least once; the last ones
        are waited for.
        """
        begun = monotonic()
        async with asyncio.TaskGroup() as tasks:
            while True:
                for each in self._random.sample(ATTACKS, len(ATTACKS)):
                    due_s = begun + self._count / self.plan.attacks_per_s
                    is_over = await waited(stop, due_s - monotonic())
                    if is_over and self._count >= len(ATTACKS):
                        return
                    await self._gate.acquire()
                    self._count += 1
                    tasks.create_task(self._once(each, self._count))

    async def _once(self, each: Attack, number: int) -> None:
        name = each.refusals[0]
        try:
            with ExitStack() as visitors:
                async with asyncio.timeout(ATTACK_S_MAX):
                    peer = self._stranger(3, number, visitors)
                    with suppress(BrokenPipeError, ConnectionResetError):  # it was left early
                        await each.act(peer)
                    reason = await peer.reason()
            if reason != each.reason:
                self.tally.surprises[f"{name} ends with {reason}, not with {each.reason}"] += 1
            self.tally.attacks += 1
            self.tally.counted.update(each.refusals)
        except Exception as error:  # of the attack, too
            self.tally.surprises[f"{name}: {error!r}"] += 1
        finally:
            self._gate.release()

    # ---- those that take their time

    async def crawl(self, stop: asyncio.Event) -> None:
        """As many as the plan has, a third of each sort, all the time."""
        self.tally.vague |= {
            *("handshake-timeout", "handshake-truncated", "silence", "not-reading", "busy")
        }
        sorts = (self._writes_its_handshake, self._writes_a_message, self._reads)
        slow = [
            asyncio.create_task(self._again(sorts[number % 3], number))
            for number in range(self.plan.slow_count)
        ]
        await stop.wait()
        for task in slow:
            task.cancel()
        for failed in await asyncio.gather(*slow, return_exceptions=True):
            if not isinstance(failed, asyncio.CancelledError):
                raise failed

    async def _again(self, act, number: int) -> None:
        while True:
            with ExitStack() as visitors, suppress(OSError):
                await act(self._stranger(4, number, visitors))
            self.tally.ends[act.__name__.strip("_").replace("_", " ")] += 1
            await asyncio.sleep(1.0 / self.plan.haste)

    async def _writes_its_handshake(self, peer: Stranger) -> None:
        await peer.meet()
        await self._write_slowly(peer, peer.machine.drain_output())

    async def _writes_a_message(self, peer: Stranger) -> None:
        await peer.join()
        peer.machine.send("shh", Code.MESSAGES, peer.random.randbytes(4096))
        await self._write_slowly(peer, peer.machine.drain_output())

    async def _write_slowly(self, peer: Stranger, data: bytes) -> None:
        for byte in data:
            await peer.send(bytes([byte]))
            await asyncio.sleep(1.0)

    async def _reads(self, peer: Stranger) -> None:
        peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_SIZE_B)
        await peer.join()
        for _ in range(ASKED_COUNT):
            await peer.says(Code.P2P_REQUEST, encode(everything(Form.PLAIN, limit=1000)))
        for _ in range(int(READING_S / self.plan.haste)):  # what was sent outlives the link
            if not await peer.read(1):
                break
            await asyncio.sleep(1.0)

    # ---- many at once

    async def flood(self, stop: asyncio.Event) -> None:
        """Connections from one address, now and then."""
        self.tally.vague |= {"address-pending", "address-rate", "rate", "rate-ignored"}
        number = 0
        while not await waited(stop, FLOOD_INTERVAL_S / self.plan.haste):
            number += 1
            with ExitStack() as visitors:
                peers = [self._stranger(5, number, visitors) for _ in range(CONNECTION_COUNT)]
                met = await asyncio.gather(
                    *(each.meet() for each in peers), return_exceptions=True
                )
                self.tally.ends["connections of floods"] += len(met)
                await asyncio.sleep(0.5)


async def run(plan: Plan, wire: Wire) -> None:
    strangers, stop = Strangers(plan), asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for part in (strangers.attack, strangers.crawl, strangers.flood):
            tasks.create_task(part(stop))
        wire.tell(ready=len(ATTACKS))
        await wire.stopped()
        stop.set()
    tally = strangers.tally
    wire.tell(
        attacks=tally.attacks,
        kinds=len(ATTACKS),
        counted=tally.counted,
        vague=sorted(tally.vague),
        ends=tally.ends,
        surprises=tally.surprises,
    )
