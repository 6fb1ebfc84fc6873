"""Whom the user trusts, and the text that keeps it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from waypost._ext.record import ENR
from waypost._ext.secp256k1 import SecretKey
from waypost.errors import ConfigError
from waypost.trust.policy import GrantAt, RegistryTrust, TrustPolicy, policy_of
from waypost.trust.policy_text import parse_policy, policy_text
from waypost.trust.state_roots import AgreedRoots, EndpointRoots, LightClientRoots

REGISTRY = bytes(range(20))
OTHER = bytes(20)
NODE_ID = bytes(range(32))
A, B = "https://a.example", "wss://b.example"
RECORD = ENR.create(SecretKey(b"\x05" * 32), ip="127.0.0.1", udp=30303)


def test_the_default_provider_is_trusted_out_of_the_box() -> None:
    assert TrustPolicy().providers_of(1, REGISTRY) == {1}


def test_trust_is_per_chain_and_registry() -> None:
    policy = TrustPolicy().with_providers(5, REGISTRY, [2, 7])
    assert policy.providers_of(5, REGISTRY) == {2, 7}
    assert policy.providers_of(1, REGISTRY) == {1}
    assert policy.providers_of(5, OTHER) == {1}
    assert TrustPolicy().with_providers(5, REGISTRY, []).providers_of(5, REGISTRY) == set()


def test_where_trust_is_granted_is_per_registry_too() -> None:
    policy = TrustPolicy().with_grant_at(5, REGISTRY, "finalized")
    assert policy.grant_at_of(5, REGISTRY) is GrantAt.FINALIZED
    assert policy.grant_at_of(1, REGISTRY) is GrantAt.LATEST
    assert policy.providers_of(5, REGISTRY) == {1}
    careful = TrustPolicy(default_grant_at=GrantAt.FINALIZED).with_grant_at(5, OTHER, "latest")
    assert careful.grant_at_of(5, REGISTRY) is GrantAt.FINALIZED
    assert careful.grant_at_of(5, OTHER) is GrantAt.LATEST
    for kept in (policy, careful, policy.with_providers(5, REGISTRY, [2])):
        assert parse_policy(policy_text(kept)) == kept
    with pytest.raises(ConfigError):
        TrustPolicy(default_grant_at="safe")


def test_a_change_makes_a_new_policy() -> None:
    policy = TrustPolicy()
    policy.with_providers(5, REGISTRY, [2]).with_own_servers([NODE_ID])
    assert policy == TrustPolicy()


def test_what_a_caller_may_give_for_a_policy() -> None:
    policy = TrustPolicy().with_own_servers([NODE_ID])
    assert policy_of(policy) is policy
    assert policy_of(None) == TrustPolicy()
    assert policy_of([2, 3]).providers_of(9, OTHER) == {2, 3}
    assert policy_of([]).providers_of(9, OTHER) == set()


@pytest.mark.parametrize(
    "provider_ids", [{0}, {-1}, {1 << 32}, {True}, {1.0}, {"1"}, set(range(1, 258))]
)
def test_what_is_no_set_of_providers_is_refused(provider_ids: set) -> None:
    with pytest.raises(ConfigError):
        TrustPolicy(frozenset(provider_ids))
    with pytest.raises(ConfigError):
        TrustPolicy().with_providers(1, REGISTRY, provider_ids)


def test_what_is_no_registry_or_server_is_refused() -> None:
    with pytest.raises(ConfigError):
        TrustPolicy().with_providers(0, REGISTRY, [1])
    with pytest.raises(ConfigError):
        TrustPolicy().with_providers(1, bytes(19), [1])
    with pytest.raises(ConfigError):
        TrustPolicy().with_own_servers([bytes(31)])


def test_another_provider_leaves_trust_in_the_default_one() -> None:
    more = TrustPolicy().adding_providers(5, REGISTRY, [7])
    assert more.providers_of(5, REGISTRY) == {1, 7}
    assert more.providers_of(5, OTHER) == {1}
    assert more.adding_providers(5, REGISTRY, [9]).providers_of(5, REGISTRY) == {1, 7, 9}
    assert TrustPolicy(frozenset()).adding_providers(5, OTHER, [7]).providers_of(5, OTHER) == {7}


def test_trust_in_the_default_provider_ends_only_where_it_is_said() -> None:
    policy = TrustPolicy().removing_providers(5, REGISTRY, [1, 9])
    assert policy.providers_of(5, REGISTRY) == set()
    assert policy.providers_of(5, OTHER) == {1}
    assert policy.adding_providers(5, REGISTRY, [7]).providers_of(5, REGISTRY) == {7}
    assert policy.without_registry(5, REGISTRY) == TrustPolicy()


def test_what_is_kept_of_a_registry_is_not_changed_by_later_defaults() -> None:
    policy = TrustPolicy().with_grant_at(5, REGISTRY, "finalized")
    later = replace(policy, default_providers=frozenset({2}))
    assert later.providers_of(5, REGISTRY) == {1}
    assert later.providers_of(5, OTHER) == {2}


def test_only_some_providers_are_trusted_everywhere() -> None:
    policy = POLICY.only([9])
    assert {trust.providers for trust in policy.registries.values()} == {frozenset({9})}
    assert policy.providers_of(77, REGISTRY) == {9}
    assert policy.of(1, OTHER).state_roots == POLICY.of(1, OTHER).state_roots
    assert policy.own_servers == POLICY.own_servers


def test_own_servers_are_added_and_removed() -> None:
    policy = TrustPolicy().adding_own_servers([NODE_ID, RECORD]).adding_own_servers([NODE_ID])
    assert policy.own_servers == {NODE_ID: None, RECORD.node_id: RECORD}
    known = policy.adding_own_servers([RECORD.node_id])
    assert known.own_servers[RECORD.node_id] is RECORD
    assert policy.removing_own_servers([NODE_ID, OTHER]).own_servers == {RECORD.node_id: RECORD}


@pytest.mark.parametrize(
    "make",
    [
        lambda: AgreedRoots(1, (A, B)),
        lambda: AgreedRoots(3, (A, B)),
        lambda: AgreedRoots(True, (A, B)),
        lambda: AgreedRoots(2, (A, A)),
        lambda: AgreedRoots(2, tuple(f"{A}/{number}" for number in range(17))),
        lambda: LightClientRoots(""),
        lambda: LightClientRoots(f"{A}\n"),
        lambda: RegistryTrust(endpoints=(5,)),
        lambda: RegistryTrust(endpoints="ab"),
        lambda: RegistryTrust(endpoints=(f"{A}/{'a' * 2048}",)),
    ],
)
def test_what_is_no_source_of_state_roots_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises(ConfigError):
        make()


def test_keys_in_urls_are_not_shown_by_accident() -> None:
    assert "secret" not in repr(POLICY)
    assert "secret" in policy_text(POLICY)


POLICY = (
    TrustPolicy(frozenset({1, 3}))
    .with_providers(1, "0x5FbDB2315678afecb367f032d93F642f64180aa3", [7, 1])
    .with_registry(31337, REGISTRY, RegistryTrust(frozenset(), endpoints=(A, f"{B}/secret")))
    .with_registry(1, OTHER, RegistryTrust(state_roots=AgreedRoots(2, (A, f"{B}/secret"))))
    .with_registry(2, OTHER, RegistryTrust(state_roots=LightClientRoots(f"{A}/secret")))
    .with_registry(3, OTHER, RegistryTrust(frozenset({2}), state_roots=EndpointRoots()))
    .with_own_servers([NODE_ID, RECORD])
)


def test_a_policy_is_read_back_from_its_text() -> None:
    text = policy_text(POLICY)
    assert parse_policy(text) == POLICY
    assert 'address = "0x5FbDB2315678afecb367f032d93F642f64180aa3"\nproviders = [1, 7]' in text
    assert RECORD.text in text
    assert 'state_roots = { agree = 2, endpoints = ["https://a.example", "' in text
    assert parse_policy("version = 1") == TrustPolicy()


def test_a_file_of_the_first_release_is_read() -> None:
    old = f"""
        version = 1
        default_providers = [1]

        [[registry]]
        chain_id = 1
        address = "0x5fbdb2315678afecb367f032d93f642f64180aa3"
        providers = [1, 7]

        [[server]]
        node_id = "{NODE_ID.hex()}"
    """
    address = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
    policy = TrustPolicy().with_providers(1, address, [1, 7]).with_own_servers([NODE_ID])
    assert parse_policy(old) == policy


AT = f"version = 1\n[[registry]]\nchain_id = 1\naddress = '0x{'00' * 20}'\n"


def test_defaults_stand_for_what_is_left_out() -> None:
    policy = parse_policy(AT.replace("\n", "\ndefault_providers = [4]\n", 1))
    assert policy.registries == {(1, OTHER): RegistryTrust(frozenset({4}))}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "version = 2",
        "version = 1\nproviders = [1]",
        "version = 1\ndefault_grant_at = 'safe'",
        "version = 1\ndefault_providers = 1",
        "version = 1\ndefault_providers = ['1']",
        "version = 1\ndefault_providers = [0]",
        "version = 1\n[registry]\nchain_id = 1",
        "version = 1\n[[registry]]\nchain_id = 1\nproviders = [1]",
        "version = 1\n[[registry]]\nchain_id = 1\naddress = '0x00'\nproviders = [1]",
        AT.replace("= 1\na", "= '1'\na"),
        AT.replace("= 1\na", "= 9223372036854775808\na"),
        f"{AT}grant_at = 'safe'",
        f"{AT}grant_at = []",
        f"{AT}provider = [1]",
        f"{AT}providers = [1]\n{AT[12:]}providers = [1, 7]",
        f"{AT}endpoints = 'https://a.example'",
        f"{AT}endpoints = ['https://a example']",
        f"{AT}state_roots = 'none'",
        f"{AT}state_roots = {{}}",
        f"{AT}state_roots = {{ agree = 2 }}",
        f"{AT}state_roots = {{ agree = 2, endpoints = 'ab' }}",
        f"{AT}state_roots = {{ agree = 2, endpoints = ['a', 'b'], or = 1 }}",
        f"{AT}state_roots = {{ agree = 3, endpoints = ['a', 'b'] }}",
        f"{AT}state_roots = {{ light_client = 5 }}",
        "version = 1\n[[server]]\nnode_id = 'xyz'",
        "version = 1\n[[server]]\nnode_id = 5",
        "version = 1\n[[server]]\nenr = 'enr:abc'",
        "version = 1\n[[server]]\n",
        f"version = 1\n[[server]]\nnode_id = '{'00' * 32}'\ntrusted = false",
        f"version = 1\n[[server]]\nnode_id = '{'00' * 32}'\nenr = '{RECORD}'",
        "version = 1" + f"\n[[server]]\nnode_id = '{'00' * 32}'" * 2,
        f"version = 1\ndefault_providers = {'[' * 5000}",
        "version =",
    ],
)
def test_a_text_that_is_not_understood_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ConfigError, match="the trust policy cannot be used") as refused:
        parse_policy(text)
    assert "\n" not in str(refused.value)
