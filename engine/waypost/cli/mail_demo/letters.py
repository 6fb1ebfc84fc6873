"""While the client is away: letters are sent, and mail servers keep them."""

from dataclasses import dataclass

from waypost.cli.mail_demo.telling import MailStory, short
from waypost.cli.mail_demo.world import World
from waypost.cli.story import require
from waypost.keys import PrivateKey
from waypost.net.clock import wall_clock_s
from waypost.net.mail.client import MailClient
from waypost.net.run import until
from waypost.net.writing import write_envelope

TOPIC = b"mail"
_TTL_S = 10
_ARCHIVED_TIMEOUT_S = 20.0
_EARLY = ("We meet at nine.", "Make that ten.")
_LATE = ("The place is closed.", "Come to mine instead.")
_TO_OTHERS = "a letter to somebody else"


@dataclass(frozen=True)
class Letters:
    """What was sent, which the client does not know yet."""

    friend: bytes
    """The public key of who signed them."""
    texts: list[str]
    """Those for the client, in the order in which they were sent."""
    all: list[bytes]
    """The hashes of all letters, also of those for others."""
    missed: set[bytes]
    """The hashes of those that one server does not have."""
    absent: bytes
    """The node id of that server, which was down for a while."""


async def letters_are_sent(story: MailStory, world: World) -> Letters:
    """By a friend of the client, and by somebody else; one server is down from the middle on."""
    boxes = world.mail.servers
    absent = next(reversed(boxes))
    story.say(
        "A client is away. A friend sends letters to it into the Whisper network, where they live "
        f"for\n{_TTL_S} seconds; mail servers keep them:\n",
        topic=TOPIC.hex(),
        servers=[node_id.hex() for node_id in boxes],
    )
    with PrivateKey.generate() as friend, PrivateKey.generate() as other:
        async with MailClient(str(world.mail.entry)) as mail:
            post = _Post(story, world, mail, friend)
            for text in _EARLY:
                await post.send(text, world.reader.public_key)
            await post.send(_TO_OTHERS, other.public_key)
            await boxes[absent].close()
            story.say(f"\nThe server {short(absent)} goes down.\n", down=absent.hex())
            seen_count = len(post.hashes)
            for text in _LATE:
                await post.send(text, world.reader.public_key)
        missed = set(post.hashes[seen_count:])
        return Letters(friend.public_key, [*_EARLY, *_LATE], post.hashes, missed, absent)


class _Post:
    """Sends letters one after the other, each in a second of its own."""

    def __init__(
        self, story: MailStory, world: World, mail: MailClient, friend: PrivateKey
    ) -> None:
        self.hashes: list[bytes] = []
        self._story = story
        self._boxes = world.mail.servers.values()
        self._mail = mail
        self._friend = friend

    async def send(self, text: str, to: bytes) -> None:
        """And wait until all servers that run have it on disk."""
        envelope = write_envelope(
            text.encode(), topic=TOPIC, public_key=to, signer=self._friend, ttl_s=_TTL_S
        )
        sent = await self._mail.send(envelope)
        self.hashes.append(sent.envelope.hash)
        running = [box.server for box in self._boxes if box.server.healthy]
        kept = await until(
            lambda: all(server.stats.stored_count == len(self.hashes) for server in running),
            _ARCHIVED_TIMEOUT_S,
        )
        require(kept, "a mail server that runs has not archived a letter")
        self._story.letter(sent.envelope, text, len(running))
        await until(lambda: wall_clock_s() > sent.envelope.sent_s, 2.0)
