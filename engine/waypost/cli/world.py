"""What the worlds of both demos have alike."""

from waypost.keys import PrivateKey
from waypost.net.mail.server import KIND
from waypost.net.trust.registry import Registry

LISTEN = "127.0.0.1:0"


async def list_servers(registry: Registry, provider_id: int, keys: list[PrivateKey]) -> None:
    """List mail servers; each key consents by its signature."""
    bindings = []
    for key in keys:
        consent = await registry.consent(KIND, key.node_id, provider_id)
        bindings.append(consent.signed_by(key.secret_key))
    await registry.add_servers(provider_id, bindings)
