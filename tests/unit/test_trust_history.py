"""What only the log tells, where a node searches a part of it at a time; refusals in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.chains import ANVIL_KEY
from waypost._ext.secp256k1 import SecretKey
from waypost.config import RegistryConfig
from waypost.errors import RpcError
from waypost.net.rpc import ChainRpc
from waypost.net.trust.registry import Registry
from waypost.trust.administration.abi import registry_abi
from waypost.trust.administration.refusals import explain_refusal
from waypost.trust.embedded import EmbeddedChain
from waypost.trust.exchange import Call

ACCOUNT = SecretKey(ANVIL_KEY)
PATIENT = RegistryConfig(log_range_min=1)


class Narrow(ChainRpc):
    """A node that searches at most so many blocks at once."""

    def __init__(self, chain: EmbeddedChain, range_max: int) -> None:
        super().__init__(chain)
        self.range_max = range_max

    async def request(self, call: Call) -> object:
        if call.method == "eth_getLogs":
            (span,) = call.params
            if int(span["toBlock"], 16) - int(span["fromBlock"], 16) >= self.range_max:
                raise RpcError("rpc-error", "range too large", code=-32005)
        return await super().request(call)


@pytest.mark.parametrize("range_max", [1, 3, 1000])
async def test_the_log_is_halved_until_the_node_searches_it(
    embedded: EmbeddedChain, range_max: int
) -> None:
    async with await Registry.deploy(embedded, ACCOUNT) as registry:
        for number in range(5):
            await registry.set_provider_metadata(1, f"https://{number}.example", bytes(32))
            await registry.grant_role("guardian", bytes([number + 1]) * 20)
        await registry.revoke_role("guardian", b"\x02" * 20)
        await registry.grant_role("guardian", b"\x01" * 20)
        address = registry.address
    async with Registry(Narrow(embedded, range_max), address, config=PATIENT) as narrow:
        assert await narrow.provider_metadata_uri(1) == "https://4.example"
        held = [(each.role, each.account) for each in await narrow.role_holders()]
        assert held[:2] == [("admin", ACCOUNT.address), ("curator", ACCOUNT.address)]
        guardians = [account for role, account in held if role == "guardian"]
        assert guardians == [ACCOUNT.address, *(bytes([n]) * 20 for n in (1, 3, 4, 5))]
    async with Registry(Narrow(embedded, 0), address, config=PATIENT) as blind:
        with pytest.raises(RpcError, match="range too large"):
            await blind.role_holders()


class Forgetful(ChainRpc):
    """A node whose log holds what it is told."""

    logs: object = ()

    async def request(self, call: Call) -> object:
        return self.logs if call.method == "eth_getLogs" else await super().request(call)


@pytest.mark.parametrize(
    ("logs", "detail"),
    [
        ([], "does not have provider 1"),
        ({}, "a list of logs"),
        ([7], "a list of logs"),
        ([{}], "a log lacks a topic"),
        ([{"topics": []}], "a log lacks a topic"),
        ([{"topics": ["0x"], "data": "0x12"}], ""),
    ],
)
async def test_a_log_that_cannot_be_is_no_description(
    embedded: EmbeddedChain, logs: object, detail: str
) -> None:
    node = Forgetful(embedded)
    async with await Registry.deploy(node, ACCOUNT) as registry:
        node.logs = logs
        with pytest.raises(RpcError, match=f"^bad-answer: .*{detail}"):
            await registry.provider_metadata_uri(1)


async def test_a_log_without_end_is_not_read(embedded: EmbeddedChain) -> None:
    node = Forgetful(embedded)
    async with await Registry.deploy(node, ACCOUNT) as registry:
        node.logs = [{}] * (RegistryConfig().listing_count_max + 1)
        with pytest.raises(RpcError, match="too-large"):
            await registry.role_holders()


async def test_a_description_at_no_text_at_all_is_found_all_the_same(
    embedded: EmbeddedChain,
) -> None:
    async with await Registry.deploy(embedded, ACCOUNT) as registry:
        uri = b"\xff\xfe\x1b[2J"
        calldata = registry_abi().calldata("setProviderMetadata", 1, bytes(32), "-" * len(uri))
        head = embedded.head
        await registry._sender.send("x", registry.address, calldata.replace(b"-" * 6, uri))
        assert embedded.head.number == head.number + 1
        assert await registry.provider_metadata_uri(1) == "\ufffd\ufffd\x1b[2J"


ERRORS = [entry for entry in registry_abi().entries if entry["type"] == "error"]


@given(st.sampled_from(ERRORS), st.binary(max_size=160))
def test_any_refusal_is_put_into_one_line(error: dict[str, object], body: bytes) -> None:
    selector = next(
        selector for selector, entry in registry_abi()._errors.items() if entry is error
    )
    for revert in (selector + body, selector + body.rjust(160, b"\0"), body):
        assert len(explain_refusal(revert).splitlines()) == 1
