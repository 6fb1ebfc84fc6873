"""A registry with a server for each way to be judged, and a judge of the verdicts on them."""

from collections.abc import Iterable, Sequence

from tests.chains import ANVIL_KEY
from waypost._ext.secp256k1 import SecretKey
from waypost.net.rpc import RpcEndpoint
from waypost.net.trust.registry import Registry
from waypost.trust.verdict import Outcome, Reason, Verdict

KIND = "whisper.mailserver"
SERVERS = [SecretKey(bytes([number]) * 32) for number in range(1, 5)]
IDS = [server.node_id for server in SERVERS]
TRUTH = [None, Reason.PROVIDER_SUSPENDED, Reason.REMOVED, Reason.NOT_LISTED]


async def furnished(endpoint: RpcEndpoint) -> Registry:
    """Lists the first two servers; the second one's provider is suspended. The third is gone."""
    registry = await Registry.deploy(endpoint, SecretKey(ANVIL_KEY))
    two = await registry.register_provider()
    await registry.activate_provider(two, "")
    for provider, server in ((1, SERVERS[0]), (two, SERVERS[1]), (1, SERVERS[2])):
        consent = await registry.consent(KIND, server.node_id, provider)
        await registry.add_servers(provider, [consent.signed_by(server)])
    await registry.suspend_provider(two, "spam")
    await registry.remove_servers(KIND, IDS[2:3])
    return registry


def causes_in(verdicts: Iterable[Verdict], truth: Sequence[Reason | None]) -> set[str]:
    """Every verdict is right, or UNKNOWN with a cause. Returns the causes."""
    causes = set()
    for verdict, reason in zip(verdicts, truth, strict=True):
        if verdict.outcome is Outcome.UNKNOWN:
            assert verdict.error is not None
            causes.add(verdict.error.reason)
        else:
            assert (verdict.reason, verdict.trusted) == (reason, reason is None)
    return causes
