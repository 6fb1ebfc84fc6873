"""The client reads its letters, and then looks whether the servers have the same."""

from waypost.cli.mail_demo.letters import TOPIC, Letters
from waypost.cli.mail_demo.picking import Client
from waypost.cli.mail_demo.telling import MailStory, short, time_of
from waypost.cli.mail_demo.world import World
from waypost.cli.story import require
from waypost.config import MailClientConfig
from waypost.net.mail.client import MailClient
from waypost.net.run import until

_FORGOTTEN_TIMEOUT_S = 20.0
_SPAN = "1h"
_CONFIG = MailClientConfig(patience_s=20.0)


async def the_client_reads(
    story: MailStory, world: World, client: Client, letters: Letters
) -> None:
    """From one of the trusted servers, or from another one where that is down."""
    gone = await until(lambda: not world.mail.relayed_count, _FORGOTTEN_TIMEOUT_S)
    require(gone, "the relays still have letters that have expired")
    story.say(
        "\nThe letters have expired: the network does not have them any more. The client asks one "
        f"of the\ntrusted servers, picked at random, for the topic 0x{TOPIC.hex()}:\n",
        relayed=world.mail.relayed_count,
    )
    async with MailClient(client.finder, config=_CONFIG) as mail:
        messages = mail.messages(world.reader, last=_SPAN, topics=[TOPIC])
        texts = []
        async for envelope, message in messages:
            require(message.signer == letters.friend, "a letter is not signed by the friend")
            text = message.payload.decode()
            texts.append(text)
            story.say(
                f"  {time_of(envelope)}  from {short(letters.friend)}  {text}",
                message=text,
                hash=envelope.hash.hex(),
                signer=letters.friend.hex(),
            )
    history = messages.history
    require(texts == letters.texts, "the client did not get its letters, each once, in order")
    for failure in history.failures:
        require(failure.server == letters.absent, f"a server that runs was left: {failure}")
        story.say(
            f"\n{short(failure.server)} was asked, and is {failure.fault}: another took over.",
            left=failure.server.hex(),
        )
    givers = [node_id for node_id, count in history.servers.items() if count]
    require(len(givers) == 1 and givers[0] in world.trusted_ids, "who gave the letters?")
    story.say(
        f"\n{short(givers[0])} gave {history.count} letters; {messages.skipped_count} of them is "
        "not for the client.",
        fetched_from=givers[0].hex(),
        fetched=history.count,
        for_others=messages.skipped_count,
    )


async def the_servers_are_compared(
    story: MailStory, world: World, client: Client, letters: Letters
) -> None:
    """The one that was down lacks what was sent meanwhile, and only others can tell."""
    await world.mail.servers[letters.absent].open()
    story.say(
        f"\nThe server {short(letters.absent)} is back. What does each have of that hour?\n",
        back=letters.absent.hex(),
    )
    async with MailClient(client.finder, config=_CONFIG) as mail:
        compared = await mail.compare(last=_SPAN, topics=[TOPIC])
    require(compared.whole and compared.count == len(letters.all), "letters have been lost")
    for holding in compared.holdings:
        expected = letters.missed if holding.server == letters.absent else set()
        require(holding.failure is None, f"a server does not answer: {holding.failure}")
        require(set(holding.lacks) == expected, f"{short(holding.server)} lacks other letters")
        story.say(
            f"  {short(holding.server)}  has {holding.count} of {compared.count}  "
            f"lacks {len(holding.lacks)}",
            server=holding.server.hex(),
            has=holding.count,
            lacks=[hash.hex() for hash in holding.lacks],
        )
    compared_ids = {holding.server for holding in compared.holdings}
    require(compared_ids == world.trusted_ids, "not all trusted servers were compared")
