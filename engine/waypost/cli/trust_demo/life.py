"""Chapters 2 and 3: a user trusts a provider, loses it within a block, and has it back."""

from waypost.cli.story import Tale, advice_in, refusal_of, require
from waypost.cli.trust_demo.client import Client
from waypost.cli.trust_demo.world import PETRA, TrustWorld
from waypost.cli.world import list_servers
from waypost.net.run import meanwhile
from waypost.trust.policy import TrustPolicy
from waypost.trust.words import Status

PICK_COUNT = 40
GOOD = {"veteran", "petra-1", "petra-2"}
BLOCK_INTERVAL_S = 1.0  # of this machine's time, while blocks come by themselves


async def a_user_decides(tale: Tale, world: TrustWorld, client: Client) -> None:
    tale.chapter("2. A user decides")
    await world.list_petras()
    tale.step(
        "listed",
        world.calendar.day,
        "Now the registry takes Petra's servers. The key of each has signed that it agrees: "
        "nobody can list a server that is not theirs. Uma's client still leaves them alone. To "
        "accept a provider is up to the curation; to trust it is up to each user.",
        await client.sees(veteran="trusted", petra="provider-not-trusted", impostor="not-listed"),
    )


async def her_servers_are_picked(tale: Tale, world: TrustWorld, client: Client) -> None:
    tale.step(
        "trusted",
        world.calendar.day,
        "Uma adds provider 2 to those whom she trusts (waypost trust provider add 2).",
        await client.sees(veteran="trusted", petra="trusted", impostor="not-listed"),
    )
    picks = await client.tally(PICK_COUNT, among=GOOD)
    counts = [f"{name} {count} times" for name, count in picks.items()]
    tale.step(
        "picked",
        world.calendar.day,
        f"Her client picks {PICK_COUNT} times, each time at random, after it has verified once "
        f"more what it picks from: {counts[0]}, {counts[1]} and {counts[2]}.",
        picks=picks,
    )


async def trust_ends(tale: Tale, world: TrustWorld, policy: TrustPolicy) -> None:
    tale.chapter("3. Trust ends, and comes back")
    world.pass_days(1)
    petra, helper = world.people["petra"], world.people["helper"]
    await petra.registry.set_operator(PETRA, helper.key.address, True)
    await list_servers(helper.registry, PETRA, [world.servers["impostor"]])
    async with Client(world, policy, patient=True) as client:
        tale.step(
            "stolen",
            world.calendar.day,
            "Petra lets a helper list servers in her name. Mallory, who runs the impostor, steals "
            "the helper's key and lists the impostor as one of Petra's. Uma's client cannot know:",
            await client.sees(veteran="trusted", petra="trusted", impostor="trusted"),
        )
        await _suspended(tale, world, client)
        refusal = await refusal_of(world.people["guardian"].registry.activate_provider(PETRA))
        tale.step(
            "avoided",
            world.calendar.day,
            "Its next 10 picks are all veteran. There is no quick way back: the guardian can take "
            f"trust away, but not give it. The registry says: {advice_in(refusal)}.",
            picks=await client.tally(10, among={"veteran"}),
            refused=refusal,
        )


async def _suspended(tale: Tale, world: TrustWorld, client: Client) -> None:
    guardian = world.people["guardian"]
    async with meanwhile(world.mine, BLOCK_INTERVAL_S):
        await guardian.registry.suspend_provider(PETRA, "a key was stolen")
        await client.until(lambda: len(client.drops) == 3, "the client does not let go of them")
    suspended_in = guardian.sent[-1].block_number or 0
    dropped = sorted(drop.server for drop in client.drops)
    require(dropped == ["impostor", "petra-1", "petra-2"], f"it let go of {dropped}")
    later = max(max(drop.judged_in, drop.head) for drop in client.drops) - suspended_in
    require(0 <= later <= 1, f"the client took {later} blocks")
    told = "before the next block comes" if later == 0 else "when the next block comes"
    tale.step(
        "suspended",
        world.calendar.day,
        f"The guardian of the registry suspends provider 2, in block {suspended_in}. Uma's "
        f"client, which is running, lets go of all three {told}.",
        await client.sees(
            veteran="trusted", petra="provider-suspended", impostor="provider-suspended"
        ),
        block=suspended_in,
        blocks_until_dropped=later,
        dropped=dropped,
    )


async def trust_comes_back(tale: Tale, world: TrustWorld, client: Client) -> None:
    petra, governance = world.people["petra"], world.people["governance"]
    await petra.registry.set_operator(PETRA, world.people["helper"].key.address, False)
    await petra.registry.bump_epoch(PETRA)
    provider = await petra.registry.provider(PETRA)
    require(provider.epoch == 2, f"her epoch is {provider.epoch}")
    world.pass_days(2)
    await governance.curation.decide(PETRA, Status.ACTIVE, "cleaned up")
    tale.step(
        "restored",
        world.calendar.day,
        "Petra has dismissed the helper and bumped the epoch of her provider: one transaction "
        "that drops all that was ever listed in her name, by whomever. So when those who govern "
        "the curation make provider 2 active again, nothing comes back with it:",
        await client.sees(veteran="trusted", petra="epoch-passed", impostor="epoch-passed"),
        epoch=provider.epoch,
        status=await world.petras_status(),
    )
    await world.list_petras()
    tale.step(
        "relisted",
        world.calendar.day,
        "She lists her own two anew, for which their keys sign again.",
        await client.sees(veteran="trusted", petra="trusted", impostor="epoch-passed"),
    )
