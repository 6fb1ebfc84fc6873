"""Proofs of real nodes: a contract with many words, and a registry that is judged offline."""

from collections.abc import AsyncIterator

import pytest

from tests.chains import ANVIL_KEY
from tests.oracle import trie as oracle
from waypost._ext.secp256k1 import SecretKey
from waypost.config import RegistryConfig
from waypost.errors import RpcError
from waypost.net.rpc import Rpc, RpcEndpoint, drive, rpc_at
from waypost.net.trust.registry import Registry
from waypost.net.trust.transactions import Sender
from waypost.trust.exchange import Call
from waypost.trust.policy import TrustPolicy
from waypost.trust.proofs.document import ProofDocument, prove_servers
from waypost.trust.proofs.evidence import prove
from waypost.trust.proofs.header import header_in
from waypost.trust.proofs.offline import judge_offline
from waypost.trust.verdict import Outcome, Reason

CONFIG = RegistryConfig()
KEY = SecretKey(ANVIL_KEY)
KIND = "whisper.mailserver"
CHAINS = ["embedded", "anvil-http", "geth-http"]


def filled(count: int) -> bytes:
    """Stores i at slot i, from count down to 1, and leaves a contract whose code is one STOP."""
    return bytes.fromhex(f"61{count:04x} 5b 8080 55 6001 9003 80 6003 57 6001 6000 f3")


@pytest.fixture
async def rpc(chain_endpoint: RpcEndpoint) -> AsyncIterator[Rpc]:
    rpc = rpc_at(chain_endpoint, CONFIG)
    yield rpc
    await rpc.close()


# A developer's geth has the gas costs of forks to come: 115,000 for a slot.
@pytest.mark.parametrize(
    ("chain_endpoint", "count"),
    list(zip(CHAINS, [500, 500, 100], strict=True)),
    indirect=["chain_endpoint"],
)
async def test_a_thousand_slots(rpc: Rpc, count: int) -> None:
    created = await Sender(rpc, KEY, None, CONFIG).send("create", b"", filled(count))
    assert created.receipt is not None
    address = bytes.fromhex(created.receipt["contractAddress"][2:])
    number = hex(created.receipt["blockNumber"])  # geth tells of a receipt before of a new head
    header = header_in(await rpc.request(Call("eth_getBlockByNumber", [number, False])))
    slots = [number.to_bytes(32, "big") for number in range(1, 1001)]
    words, evidence = await drive(rpc, prove(address, slots, header, CONFIG), 60)
    expected = [number if number <= count else 0 for number in range(1, 1001)]
    assert words == b"".join(number.to_bytes(32, "big") for number in expected)

    account = oracle.get(header.state_root, oracle.keccak256(address), evidence.account)
    assert account is not None
    root = oracle.rlp.decode(account)[2]
    for number in (1, count, count + 1, 1000):
        proof = evidence.slots[number - 1]
        assert oracle.word(root, slots[number - 1], proof) == expected[number - 1]

    with pytest.raises(RpcError, match="no-code"):
        await drive(rpc, prove(b"\x99" * 20, slots[:1], header, CONFIG), 60)
    with pytest.raises(RpcError, match="no-code"):
        await drive(rpc, prove(KEY.address, slots[:1], header, CONFIG), 60)


@pytest.mark.parametrize("chain_endpoint", CHAINS, indirect=True)
async def test_a_registry_that_is_judged_offline(chain_endpoint: RpcEndpoint, rpc: Rpc) -> None:
    server, stranger = SecretKey(b"\x07" * 32), SecretKey(b"\x08" * 32)
    async with await Registry.deploy(chain_endpoint, KEY) as registry:
        consent = await registry.consent(KIND, server.node_id, 1)
        await registry.add_servers(1, [consent.signed_by(server)])
        online = await registry.verify(KIND, [server.node_id, stranger.node_id])
    ids = [server.node_id, stranger.node_id]
    proving = prove_servers(registry.address, KIND, [1], ids, CONFIG)
    text = (await drive(rpc, proving, 60)).to_json()

    document = ProofDocument.from_json(text)
    verdicts = judge_offline(
        document,
        TrustPolicy(),
        header_hash=document.header.hash,
        registry=(document.chain_id, registry.address),
        kind=KIND,
    )
    assert [verdict.outcome for verdict in verdicts] == [Outcome.TRUSTED, Outcome.UNTRUSTED]
    assert verdicts[1].reason is Reason.NOT_LISTED
    assert [verdict.word for verdict in verdicts] == [verdict.word for verdict in online]
