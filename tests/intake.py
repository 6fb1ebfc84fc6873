"""A process that takes envelopes into an archive at full rate, and says what is committed."""

import asyncio
from itertools import count

from tests.archives import TTL_S
from waypost.config import ArchiveConfig
from waypost.net.archive import Keeper, SqliteArchive
from waypost.whisper.envelope import Envelope

BATCH_COUNT = 20  # envelopes of one append
CALLER_COUNT = 16
A_SECOND = 50  # envelopes that say that they were sent in it
KEPT_S = 100
DAY_S = 86_400


def numbered(number):
    """An envelope; its topic comes and goes with the time."""
    sent_s = number // A_SECOND
    return Envelope.create(
        expiry_s=sent_s + TTL_S,
        ttl_s=TTL_S,
        topic=(number % 100 + sent_s // 100).to_bytes(4, "big"),
        data=bytes(200),
        nonce=number,
    )


async def take(path, first, say):
    """Appends the envelopes from this number on, for ever. It says (number, None) after the
    commit of the batch that begins there, and (None, time) before what is older is forgotten."""
    config = ArchiveConfig(wal_size_max_b=4 << 20, cache_size_b=1 << 20, prune_count_max=400)
    numbers = count(first, BATCH_COUNT)

    async def append(keeper):
        for number in numbers:
            await keeper.append([numbered(each) for each in range(number, number + BATCH_COUNT)])
            say((number, None))

    async def prune(keeper):
        while True:
            newest_s = (await keeper.stats()).newest_s or 0
            say((None, newest_s - KEPT_S))
            await keeper.prune_older_than(KEPT_S / DAY_S, newest_s)
            await asyncio.sleep(0.01)

    async with Keeper(SqliteArchive(path, config), config) as keeper:
        await asyncio.gather(prune(keeper), *(append(keeper) for _ in range(CALLER_COUNT)))


def main(path, first, pipe):
    asyncio.run(take(path, first, pipe.send))
