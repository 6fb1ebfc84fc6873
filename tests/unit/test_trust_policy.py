"""Whom the user trusts, and the file that keeps it."""

from pathlib import Path

import pytest

from waypost._ext.record import ENR
from waypost._ext.secp256k1 import SecretKey
from waypost.errors import ConfigError
from waypost.net.policy_file import load_policy, save_policy
from waypost.trust.policy import GrantAt, TrustPolicy, policy_of

REGISTRY = bytes(range(20))
OTHER = bytes(20)
NODE_ID = bytes(range(32))
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
        assert TrustPolicy.from_toml(kept.to_toml()) == kept
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


POLICY = (
    TrustPolicy(frozenset({1, 3}))
    .with_providers(1, "0x5FbDB2315678afecb367f032d93F642f64180aa3", [7, 1])
    .with_providers(31337, REGISTRY, [])
    .with_own_servers([NODE_ID, RECORD])
)


def test_a_policy_is_read_back_from_its_text() -> None:
    text = POLICY.to_toml()
    assert TrustPolicy.from_toml(text) == POLICY
    assert 'address = "0x5fbdb2315678afecb367f032d93f642f64180aa3"\nproviders = [1, 7]' in text
    assert RECORD.text in text
    assert TrustPolicy.from_toml("version = 1") == TrustPolicy()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "version = 2",
        "version = 1\nproviders = [1]",
        "version = 1\ndefault_grant_at = 'safe'",
        f"version = 1\n[[registry]]\nchain_id = 1\naddress = '0x{'00' * 20}'",
        f"version = 1\n[[registry]]\nchain_id = 1\naddress = '0x{'00' * 20}'\ngrant_at = 'safe'",
        "version = 1\ndefault_providers = 1",
        "version = 1\ndefault_providers = ['1']",
        "version = 1\ndefault_providers = [0]",
        "version = 1\n[registry]\nchain_id = 1",
        "version = 1\n[[registry]]\nchain_id = 1\nproviders = [1]",
        "version = 1\n[[registry]]\nchain_id = 1\naddress = '0x00'\nproviders = [1]",
        f"version = 1\n[[registry]]\nchain_id = '1'\naddress = '0x{'00' * 20}'\nproviders = [1]",
        "version = 1\n[[server]]\nnode_id = 'xyz'",
        "version = 1\n[[server]]\nnode_id = 5",
        "version = 1\n[[server]]\nenr = 'enr:abc'",
        "version = 1\n[[server]]\n",
        f"version = 1\n[[server]]\nnode_id = '{'00' * 32}'\ntrusted = false",
        "version =",
    ],
)
def test_a_text_that_is_not_understood_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ConfigError, match="the trust policy cannot be used") as refused:
        TrustPolicy.from_toml(text)
    assert "\n" not in str(refused.value)


def test_a_policy_is_kept_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "new" / "trust.toml"
    assert load_policy(path) == TrustPolicy()
    save_policy(path, TrustPolicy())
    save_policy(path, POLICY)
    assert load_policy(path) == POLICY
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    path = tmp_path / "trust.toml"
    for content in (b"version = 3", b"\xff\xfe", b"#" * (2 << 20)):
        path.write_bytes(content)
        with pytest.raises(ConfigError, match=r"trust\.toml"):
            load_policy(path)
    with pytest.raises(ConfigError, match="cannot read"):
        load_policy(tmp_path)
    with pytest.raises(ConfigError, match="cannot write"):
        save_policy(tmp_path, POLICY)
    assert list(tmp_path.iterdir()) == [path]
