"""The text of a trust policy: any policy is read back, and no text does worse than be refused."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from waypost._ext.record import ENR
from waypost._ext.secp256k1 import SecretKey
from waypost.errors import ConfigError
from waypost.trust.policy import GrantAt, RegistryTrust, TrustPolicy
from waypost.trust.policy_text import parse_policy, policy_text
from waypost.trust.state_roots import AgreedRoots, EndpointRoots, LightClientRoots

RECORDS = [ENR.create(SecretKey(bytes([number]) * 32), udp=9000) for number in (5, 6, 7)]
URLS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=30)
URL_LISTS = st.lists(URLS, unique=True, max_size=5).map(tuple)
PROVIDERS = st.frozensets(st.integers(1, 2**32 - 1), max_size=8)
GRANT_AT = st.sampled_from(GrantAt)
STATE_ROOTS = st.one_of(
    st.none(),
    st.just(EndpointRoots()),
    st.builds(LightClientRoots, URLS),
    st.lists(URLS, unique=True, min_size=2, max_size=5).flatmap(
        lambda urls: st.builds(AgreedRoots, st.integers(2, len(urls)), st.just(tuple(urls)))
    ),
)
POLICIES = st.builds(
    TrustPolicy,
    PROVIDERS,
    st.dictionaries(
        st.tuples(st.integers(1, 2**63 - 1), st.binary(min_size=20, max_size=20)),
        st.builds(RegistryTrust, PROVIDERS, GRANT_AT, STATE_ROOTS, URL_LISTS),
        max_size=4,
    ),
    st.one_of(
        st.dictionaries(st.binary(min_size=32, max_size=32), st.none(), max_size=4),
        st.sets(st.sampled_from(RECORDS)).map(lambda held: {each.node_id: each for each in held}),
    ),
    GRANT_AT,
)
FRAGMENTS = st.sampled_from(
    [
        *("version = 1", "[[registry]]", "[[server]]", "[registry]", "chain_id = 1", "= [1]"),
        *("address = '0x", "00" * 20, "'", "providers = [1]", "default_providers", "node_id = '"),
        *("state_roots = 'endpoint'", "state_roots = { agree = 2,", "endpoints = ['a', 'b']", "}"),
    ]
)


@settings(max_examples=200)
@given(POLICIES)
def test_any_policy_is_read_back(policy: TrustPolicy) -> None:
    assert parse_policy(policy_text(policy)) == policy


@settings(max_examples=300)
@given(st.one_of(st.text(), st.lists(FRAGMENTS, max_size=12).map("\n".join)))
@example("version = 1")
def test_any_other_text_is_refused_or_read(text: str) -> None:
    try:
        policy = parse_policy(text)
    except ConfigError:
        return
    assert parse_policy(policy_text(policy)) == policy
