"""Chapter 4: a node lies, is believed, and is caught."""

from waypost._ext.slots import resource_slots
from waypost.cli.story import Tale, require
from waypost.cli.trust_demo.client import Client
from waypost.cli.trust_demo.life import GOOD, PICK_COUNT
from waypost.cli.trust_demo.lying_node import LyingNode
from waypost.cli.trust_demo.world import TrustWorld
from waypost.net.mail.server import KIND
from waypost.net.trust.state_roots import HeaderAgreement
from waypost.trust.kind import kind_word
from waypost.trust.policy import TrustPolicy
from waypost.trust.verdict import Source


async def a_node_lies(tale: Tale, world: TrustWorld, policy: TrustPolicy) -> None:
    tale.chapter("4. A node lies")
    world.pass_days(1)
    impostor, veteran = resource_slots(
        kind_word(KIND), [world.servers[name].node_id for name in ("impostor", "veteran")]
    )
    liar = LyingNode(world.node(), impostor, veteran)
    await _believed(tale, world, policy, liar)
    heads = HeaderAgreement([world.node(), world.node(), liar], agree=2)
    async with Client(world, policy, liar, heads) as client:
        rows = await client.sees(veteran="bad-proof", petra="bad-proof", impostor="bad-proof")
        refusal = await client.refusal()
    tale.step(
        "caught",
        world.calendar.day,
        "She turns on proof mode. Now the node must prove each word that it tells, down from the "
        "header of a block, and the header has to come alike from two of three nodes, of which "
        "Mallory's may well be one. All it has to show is the proof of what is held of veteran, "
        "and that does not lead to the impostor. With one lie in it the whole answer counts for "
        "nothing: no verdict rather than a wrong one.",
        rows,
    )
    tale.step(
        "refused",
        world.calendar.day,
        f"So a pick finds nothing: {refusal}.",
        refused=refusal,
    )
    async with Client(world, policy, world.honest, heads) as client:
        rows = await client.sees(veteran="trusted", petra="trusted", impostor="epoch-passed")
        picks = await client.tally(PICK_COUNT, among=GOOD)
        require(client.sources == [Source.PROOF], "not all of it is proven")
    tale.step(
        "proven",
        world.calendar.day,
        "She goes back to the honest node. It can prove all that it says, and her client has "
        f"servers to pick from: of {PICK_COUNT} picks none is the impostor.",
        rows,
        picks=picks,
    )


async def _believed(tale: Tale, world: TrustWorld, policy: TrustPolicy, liar: LyingNode) -> None:
    async with Client(world, policy, liar) as client:
        rows = await client.sees(veteran="trusted", petra="trusted", impostor="trusted")
    require(liar.lie_count > 0, "the node has not lied")
    tale.step(
        "believed",
        world.calendar.day,
        "So far Uma's client has asked an honest node about the chain. Mallory offers her another "
        "one. It answers as any node does, except that it tells of the impostor what the registry "
        "holds of veteran. Who does not ask for proofs has to believe it:",
        rows,
    )
