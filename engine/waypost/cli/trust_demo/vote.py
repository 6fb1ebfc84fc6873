"""Chapter 1: a stranger becomes a provider, against an objection, by vote."""

from waypost.cli.story import Tale, advice_in, refusal_of, require
from waypost.cli.trust_demo.client import Client
from waypost.cli.trust_demo.world import DEPOSIT, PETRA, QUORUM, STK, TrustWorld
from waypost.trust.curation.types import Phase, Ruling

VOTES = {  # tokens locked, and what for
    "vera": (30, Ruling.REQUESTER),
    "vincent": (20, Ruling.REQUESTER),
    "viktor": (25, Ruling.CHALLENGER),
}


async def a_stranger_applies(tale: Tale, world: TrustWorld, client: Client) -> None:
    tale.chapter("1. A stranger applies")
    await _registered(tale, world)
    tale.step(
        "found",
        world.calendar.day,
        "Uma's client asks the network for mail servers, and the registry about those that say "
        "they are one. There are four, two of them Petra's:",
        await client.sees(veteran="trusted", petra="not-listed", impostor="not-listed"),
    )
    request_id = await _applied(tale, world)
    dispute_id = await _challenged(tale, world, request_id)
    await _committed(tale, world, dispute_id)
    await _revealed(tale, world, dispute_id)
    await _accepted(tale, world, request_id, dispute_id)


async def _registered(tale: Tale, world: TrustWorld) -> None:
    petra = world.people["petra"]
    provider_id = await petra.registry.register_provider("https://petra.example")
    require(provider_id == PETRA, f"she is provider {provider_id}")
    refusal = await refusal_of(world.list_petras())
    tale.step(
        "registered",
        world.calendar.day,
        "Petra runs two mail servers, and nobody here knows her. She registers as provider 2, "
        "which is pending. So she cannot list her servers yet. The registry says: "
        f"{advice_in(refusal)}.",
        provider=provider_id,
        status=await world.petras_status(),
        refused=refusal,
    )


async def _applied(tale: Tale, world: TrustWorld) -> int:
    petra = world.people["petra"]
    request_id = await petra.curation.apply(PETRA, evidence_uri="https://petra.example/about")
    tale.step(
        "applied",
        world.calendar.day,
        f"Petra applies to the curator and stakes {DEPOSIT} STK. If nobody objects until day 3, "
        "she is accepted.",
        request=request_id,
        phase=await _phase(world, request_id, Phase.APPLIED),
    )
    return request_id


async def _challenged(tale: Tale, world: TrustWorld, request_id: int) -> int:
    world.pass_days(1)
    petra, carl = world.people["petra"], world.people["carl"]
    dispute_id = await carl.curation.challenge(request_id, "nobody has ever heard of her")
    await petra.curation.submit_evidence(request_id, "https://petra.example/company-register")
    tale.step(
        "challenged",
        world.calendar.day,
        f"Carl objects, as he has never heard of her, and stakes {DEPOSIT} STK himself. Petra "
        "answers with an extract from the company register. It is for the holders of STK to "
        "decide.",
        dispute=dispute_id,
        phase=await _phase(world, request_id, Phase.APPLIED_CHALLENGED),
        status=await world.petras_status(),
    )
    return dispute_id


async def _committed(tale: Tale, world: TrustWorld, dispute_id: int) -> None:
    sealed = []
    for name, (count, choice) in VOTES.items():
        vote = world.people[name].vote
        await vote.commit(dispute_id, choice, count * STK)
        ballot = await vote.ballot(dispute_id)
        require(not ballot.revealed and ballot.choice == 0, f"{name}'s choice can be seen")
        seal = f"sealed 0x{ballot.commitment.hex()[:16]}"
        sealed.append({"voter": name, "tokens": f"{ballot.weight // STK} STK", "choice": seal})
    tale.step(
        "committed",
        world.calendar.day,
        "Three of them vote. Each locks tokens behind a sealed choice: everybody sees how many, "
        "nobody sees what for.",
        sealed,
    )


async def _revealed(tale: Tale, world: TrustWorld, dispute_id: int) -> None:
    world.pass_days(2)
    opened = []
    for name, (count, choice) in VOTES.items():
        shown = await world.people[name].vote.reveal(dispute_id)
        require(shown is choice, f"{name} voted for {choice.name}, not for {shown.name}")
        side = "for Petra" if choice is Ruling.REQUESTER else "for Carl"
        opened.append({"voter": name, "tokens": f"{count} STK", "choice": side})
    tale.step(
        "revealed",
        world.calendar.day,
        "Now that nobody can vote any more, they open their seals:",
        opened,
    )


async def _accepted(tale: Tale, world: TrustWorld, request_id: int, dispute_id: int) -> None:
    world.pass_days(2)
    petra, carl = world.people["petra"], world.people["carl"]
    vote = await petra.vote.dispute(dispute_id)
    require(vote.ruling(QUORUM * STK) == Ruling.REQUESTER, "Petra has not won")
    await carl.vote.execute(dispute_id)  # whoever does it, the ruling is the same
    status = await world.petras_status()
    require(status == "active", f"provider 2 is {status}")
    paid = {"petra": await petra.curation.withdraw()}
    for name, (_, choice) in VOTES.items():
        if choice is Ruling.REQUESTER:
            paid[name] = await world.people[name].vote.claim(dispute_id)
    require(sum(paid.values()) == DEPOSIT * STK, f"of Carl's stake {paid} is paid out")
    tale.step(
        "accepted",
        world.calendar.day,
        f"Petra wins by {vote.leading_weight // STK} of {vote.revealed_weight // STK} STK, where "
        f"at least {QUORUM} had to vote. Provider 2 is active. Carl's stake goes to her, but for "
        "a fifth that is shared by those who voted as it was ruled:",
        [{"who": name, "gets": f"{amount // STK} STK"} for name, amount in paid.items()],
        phase=await _phase(world, request_id, Phase.LISTED),
        status=status,
    )


async def _phase(world: TrustWorld, request_id: int, expected: Phase) -> str:
    """Where Petra's application stands. Raises WaypostError if that is somewhere else."""
    phase = (await world.people["petra"].curation.request(request_id)).phase
    require(phase is expected, f"the application is {phase.name}, not {expected.name}")
    return phase.name.lower()
