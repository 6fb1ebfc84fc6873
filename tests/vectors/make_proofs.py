"""`python -m tests.vectors.make_proofs`: writes trust/proofs.json anew, from a chain of anvil.

Servers of three providers: one active, one suspended, and one that nobody trusts. The last ids
of the question are not listed, so the file holds proofs of absence too.
"""

import asyncio
import json
from pathlib import Path

from tests.chains import ANVIL_KEY, ask, running_anvil
from waypost._ext.secp256k1 import SecretKey
from waypost.net.trust.registry import Registry
from waypost.trust.kind import kind_word
from waypost.trust.proofs.evidence import proof_call
from waypost.trust.proofs.header import header_in
from waypost.trust.reading.storage import snapshot_slots

KIND = "whisper.mailserver"
OUT = Path(__file__).parent / "trust" / "proofs.json"
SERVERS = [SecretKey(bytes([number]) * 32) for number in range(1, 41)]
ABSENT = [bytes([number]) * 32 for number in range(200, 208)]


async def listed(url: str) -> bytes:
    """The address of a registry with all servers; the first provider exists from the start."""
    async with await Registry.deploy(url, SecretKey(ANVIL_KEY)) as registry:
        providers = [1, await registry.register_provider(), await registry.register_provider()]
        for provider_id in providers[1:]:
            await registry.activate_provider(provider_id)
        for place, provider_id in enumerate(providers):
            servers = SERVERS[place::3]
            consents = [await registry.consent(KIND, s.node_id, provider_id) for s in servers]
            bindings = [c.signed_by(s) for c, s in zip(consents, servers, strict=True)]
            await registry.add_servers(provider_id, bindings)
        await registry.suspend_provider(providers[1])
        await registry.remove_servers(KIND, [SERVERS[0].node_id])
        return registry.address


def main() -> None:
    node_ids = [*(server.node_id for server in SERVERS), *ABSENT]
    with running_anvil() as url:
        address = asyncio.run(listed(url))
        block = ask(url, "eth_getBlockByNumber", "latest", False)
        slots = snapshot_slots(kind_word(KIND), [1, 2], node_ids)
        call = proof_call(address, slots, header_in(block).block)
        proof = ask(url, call.method, *call.params)
    document = {
        "chain_id": 31337,
        "registry": f"0x{address.hex()}",
        "kind": KIND,
        "provider_ids": [1, 2],
        "node_ids": [f"0x{node_id.hex()}" for node_id in node_ids],
        "block": block,
        "proof": proof,
    }
    OUT.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
