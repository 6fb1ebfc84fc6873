"""Those who fetch their mail in a soak, and check what they get.

What is in the archive from the start is known to them, so each page of it can be checked to the
envelope; of what arrives meanwhile they check that it is what was asked for.
"""

import asyncio
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field, replace
from secrets import token_bytes

from tests.mailers import Told, sealed
from tests.soak.plan import HISTORY_S, PASSWORD, TOPICS, Plan
from tests.soak.wire import Wire, address, home, waited
from waypost._ext.envelope import Envelope
from waypost.config import MailClientConfig
from waypost.enode import Enode
from waypost.errors import MailError
from waypost.mail import completion
from waypost.mail.completion import Completed
from waypost.mail.request import Form, MailRequest, encode
from waypost.net.clock import monotonic, wall_clock_s
from waypost.net.mail.client import MailClient
from waypost.net.whisper.node import WhisperNode
from waypost.whisper.effects import Packet
from waypost.whisper.envelope import FULL, bloom_of, matches
from waypost.whisper.packets import Code
from waypost.whisper.symmetric import key_from_password

ANSWER_S_MAX = 60.0
FOLLOWED_PAGES_MAX = 3
LIMITS = (100, 300, 1000)
READER_COUNT = 2
READING_INTERVAL_S = 2.0


@dataclass(slots=True)
class Findings:
    """What all askers have seen."""

    first_s: list[float] = field(default_factory=list)  # until the first packet of a first page
    page_s: list[float] = field(default_factory=list)  # until the end of a first page
    counts: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)


class Asker:
    """One client, that asks for a page at a time."""

    def __init__(self, plan: Plan, number: int, oracle: "Oracle", findings: Findings) -> None:
        self._plan = plan
        self._server = Enode.parse(plan.enode)
        self._number = number
        self._oracle = oracle
        self._findings = findings
        self._random = plan.random("asker", number)
        self._packets: asyncio.Queue[Packet] = asyncio.Queue()

    async def run(self, stop: asyncio.Event) -> None:
        home.set(address(2, self._number))
        interval_s = self._plan.asker_count / self._plan.queries_per_s
        with self._plan.key("asker", self._number) as key:
            async with WhisperNode(key, config=self._plan.whisper()) as node:
                node.trust(await node.dial(self._plan.enode))
                node.on_packet(self._packets.put_nowait)
                node.on_disconnected(lambda _: self._lost(stop))
                await waited(stop, interval_s * self._random.random())
                while not stop.is_set():
                    begun = monotonic()
                    await self._history(node)
                    await waited(stop, begun + interval_s - monotonic())

    def _lost(self, stop: asyncio.Event) -> None:
        if not stop.is_set():
            self._findings.faults["disconnected"] += 1

    async def _history(self, node: WhisperNode) -> None:
        """A few pages."""
        request = self._request()
        for number in range(FOLLOWED_PAGES_MAX):
            try:
                told = await self._ask(node, request, is_first=number == 0)
            except TimeoutError:
                self._findings.faults["no answer"] += 1
                return
            if (fault := self._oracle.fault(request, told)) is not None:
                self._findings.faults[fault] += 1
            if not isinstance(told.end, Completed) or not told.end.cursor:
                return
            request = replace(request, cursor=told.end.cursor, id=token_bytes(32))

    def _request(self) -> MailRequest:
        """Of the history, or of what is new."""
        random = self._random
        form = random.choice(list(Form))
        if random.random() < 0.3:
            lower_s, upper_s = wall_clock_s() - random.randint(1, 60), wall_clock_s()
        else:
            lower_s = self._plan.begun_s - 60 - random.randrange(HISTORY_S)
            upper_s = min(lower_s + random.randrange(HISTORY_S), self._plan.begun_s - 60)
        topics = tuple(random.sample(TOPICS, random.choice((0, 0, 1, 3, 8))))
        return MailRequest(
            lower_s=lower_s,
            upper_s=upper_s,
            bloom=bloom_of(topics) if topics else FULL,
            topics=topics if form in (Form.RLP7, Form.PLAIN) else (),
            limit=random.choice(LIMITS),
            batch=form is not Form.LEGACY,
            form=form,
            id=token_bytes(32) if form is Form.PLAIN else b"",
        )

    async def _ask(self, node: WhisperNode, request: MailRequest, *, is_first: bool) -> Told:
        if request.form is Form.PLAIN:
            payload = encode(request)
        else:
            to_all = self._random.random() < 0.2
            payload = sealed(
                request, self._oracle.shared_key if to_all else self._server.public_key
            ).raw
        told, begun = Told(), monotonic()
        first_s = 0.0
        node.send(self._server.node_id, Code.P2P_REQUEST, payload)
        async with asyncio.timeout(ANSWER_S_MAX):
            while told.end is None:
                packet = await self._packets.get()
                first_s = first_s or monotonic() - begun
                if packet.code == Code.P2P_MESSAGE:
                    told.packets.append(packet.payload)
                else:
                    told.end = completion.decode(packet.payload)
        self._findings.counts["pages"] += 1
        if is_first:
            self._findings.first_s.append(first_s)
            self._findings.page_s.append(monotonic() - begun)
        return told


class Reader:
    """A MailClient, that fetches histories."""

    def __init__(self, plan: Plan, number: int, oracle: "Oracle", findings: Findings) -> None:
        self._plan = plan
        self._number = number
        self._oracle = oracle
        self._findings = findings
        self._random = plan.random("reader", number)

    async def run(self, stop: asyncio.Event) -> None:
        home.set(address(2, 1000 + self._number))
        config = MailClientConfig(whisper=self._plan.whisper())
        async with MailClient(self._plan.enode, config=config) as client:
            while not await waited(stop, READING_INTERVAL_S):
                try:
                    await self._read(client)
                except MailError as error:
                    self._findings.faults[f"reader: {error}"] += 1

    async def _read(self, client: MailClient) -> None:
        since_s = self._plan.begun_s - 60 - self._random.randrange(HISTORY_S)
        until_s = min(since_s + HISTORY_S // 8, self._plan.begun_s - 60)
        topics = self._random.sample(TOPICS, 4)
        history = client.history(since=since_s, until=until_s, topics=topics)
        got = sorted([key_of(envelope) async for envelope in history])
        asked = MailRequest(lower_s=since_s, upper_s=until_s, topics=tuple(topics), limit=1 << 30)
        if got != self._oracle.page(asked):
            self._findings.faults["another history than it should be"] += 1
        self._findings.counts["histories"] += 1


class Oracle:
    """What is in the archive from the start, and what a page may hold."""

    def __init__(self, plan: Plan) -> None:
        known = sorted((each.sent_s, each.hash, each.topic) for each in plan.history())
        self._keys = [sent_s.to_bytes(4, "big") + hash for sent_s, hash, _ in known]
        self._topics = [topic for _, _, topic in known]
        self._end_s = plan.begun_s - 60
        self.shared_key = key_from_password(PASSWORD)

    def fault(self, request: MailRequest, told: Told) -> str | None:
        """What is wrong with an answer."""
        if not isinstance(told.end, Completed):
            return f"refused: {told.end and told.end.text}"
        envelopes = told.envelopes
        for each in envelopes:
            if not request.lower_s <= each.sent_s <= request.upper_s:
                return "out of range"
            if not wanted(request, each.topic):
                return "of another topic"
        keys = [key_of(each) for each in envelopes]
        if keys != sorted(set(keys)) or len(keys) > request.limit:
            return "out of order, twice or too many"
        if told.end.last_hash != (envelopes[-1].hash if envelopes else bytes(32)):
            return "another last hash"
        if request.upper_s <= self._end_s and keys != self.page(request):
            return "another page than it should be"
        return None

    def page(self, request: MailRequest) -> list[bytes]:
        """Of what is there from the start."""
        start = bisect_left(self._keys, request.lower_s.to_bytes(4, "big"))
        if request.cursor:
            start = bisect_left(self._keys, request.cursor + b"\0")
        page: list[bytes] = []
        for at in range(start, len(self._keys)):
            if int.from_bytes(self._keys[at][:4], "big") > request.upper_s:
                break
            if wanted(request, self._topics[at]):
                page.append(self._keys[at])
            if len(page) == request.limit:
                break
        return page


def key_of(envelope: Envelope) -> bytes:
    return envelope.sent_s.to_bytes(4, "big") + envelope.hash


def wanted(request: MailRequest, topic: bytes) -> bool:
    """Topics win over the bloom."""
    return topic in request.topics if request.topics else matches(request.bloom, bloom_of([topic]))


async def run(plan: Plan, wire: Wire) -> None:
    findings, stop = Findings(), asyncio.Event()
    oracle = Oracle(plan)
    async with asyncio.TaskGroup() as tasks:
        for number in range(plan.asker_count):
            tasks.create_task(Asker(plan, number, oracle, findings).run(stop))
        for number in range(READER_COUNT):
            tasks.create_task(Reader(plan, number, oracle, findings).run(stop))
        wire.tell(ready=plan.asker_count)
        await wire.stopped()
        stop.set()
    wire.tell(
        first_s=sorted(findings.first_s),
        page_s=sorted(findings.page_s),
        counts=findings.counts,
        faults=findings.faults,
    )
