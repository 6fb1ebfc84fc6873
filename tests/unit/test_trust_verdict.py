"""From words to verdicts: every reason, their order, and what a verdict is not."""

import copy
import pickle

import pytest

from waypost.errors import ConfigError, RpcError
from waypost.trust.verdict import Block, Outcome, Reason, Source, Verdict, judge_words
from waypost.trust.words import ProviderWord, RegistryWord, ResourceWord, Status

NODE = bytes(range(32))
NOW_S = 1_800_000_000
BLOCK = Block(17, b"\x11" * 32, NOW_S)

SERVER = ResourceWord(provider_id=1, epoch=4, status=Status.ACTIVE, nonce=1)
PROVIDER = ProviderWord(owner=99, status=Status.ACTIVE, epoch=4)
REGISTRY = RegistryWord(version=1, provider_count=1)


def verdict_on(
    server: ResourceWord = SERVER,
    provider: ProviderWord | None = PROVIDER,
    registry: RegistryWord = REGISTRY,
) -> Verdict:
    providers = {} if provider is None else {1: provider.pack()}
    word = server.pack().to_bytes(32, "big")
    (verdict,) = judge_words([NODE], word, BLOCK, registry.pack(), providers)
    return verdict


def test_a_server_with_everything_in_order_is_trusted() -> None:
    verdict = verdict_on()
    assert verdict.outcome is Outcome.TRUSTED
    assert verdict.trusted
    assert (verdict.reason, verdict.error) == (None, None)
    assert (verdict.node_id, verdict.block, verdict.provider_id) == (NODE, BLOCK, 1)
    assert verdict.word == SERVER.pack()
    assert str(verdict) == "trusted"


REASONS = [
    (Reason.NOT_LISTED, {"server": ResourceWord()}),
    (Reason.REMOVED, {"server": ResourceWord(status=Status.REMOVED, nonce=3)}),
    (Reason.PROVIDER_NOT_TRUSTED, {"provider": None}),
    (Reason.PROVIDER_NOT_TRUSTED, {"server": SERVER._replace(provider_id=2)}),
    (Reason.SERVER_PENDING, {"server": SERVER._replace(status=Status.PENDING)}),
    (Reason.SERVER_SUSPENDED, {"server": SERVER._replace(status=Status.SUSPENDED)}),
    (Reason.PROVIDER_UNKNOWN, {"provider": ProviderWord()}),
    (Reason.PROVIDER_PENDING, {"provider": PROVIDER._replace(status=Status.PENDING)}),
    (Reason.PROVIDER_SUSPENDED, {"provider": PROVIDER._replace(status=Status.SUSPENDED)}),
    (Reason.PROVIDER_RETIRED, {"provider": PROVIDER._replace(status=Status.REMOVED)}),
    (Reason.EPOCH_PASSED, {"provider": PROVIDER._replace(epoch=5)}),
    (Reason.EXPIRED, {"server": SERVER._replace(expires_at=NOW_S)}),
    (Reason.EXPIRED, {"server": SERVER._replace(expires_at=1)}),
    (Reason.PROVIDER_EXPIRED, {"provider": PROVIDER._replace(valid_until=NOW_S)}),
    (Reason.HALTED, {"registry": REGISTRY._replace(halted=1)}),
    (Reason.HALTED, {"registry": REGISTRY._replace(halted=255), "server": ResourceWord()}),
]


@pytest.mark.parametrize(("reason", "facts"), REASONS)
def test_each_fact_against_a_server_is_its_own_reason(reason: Reason, facts: dict) -> None:
    verdict = verdict_on(**facts)
    assert verdict.outcome is Outcome.UNTRUSTED
    assert not verdict.trusted
    assert verdict.reason is reason
    assert verdict.why == reason.value
    assert str(verdict) == f"untrusted: {reason}"


def test_every_reason_has_an_example() -> None:
    takes_two_blocks = {Reason.NOT_FINAL}  # see test_finality
    assert {reason for reason, _ in REASONS} == set(Reason) - takes_two_blocks


@pytest.mark.parametrize(
    "facts",
    [
        {"server": SERVER._replace(expires_at=NOW_S + 1)},
        {"provider": PROVIDER._replace(valid_until=NOW_S + 1)},
        {"provider": PROVIDER._replace(status=Status.CHALLENGED)},
        {"server": SERVER._replace(flags=0xFFFFFF, list_index=5, registered_at=NOW_S + 9)},
    ],
)
def test_what_says_nothing_against_a_server_leaves_it_trusted(facts: dict) -> None:
    assert verdict_on(**facts).trusted


@pytest.mark.parametrize(
    "facts",
    [
        {"server": SERVER._replace(status=6)},
        {"server": SERVER._replace(status=Status.CHALLENGED)},  # no contract writes it
        {"provider": PROVIDER._replace(status=6)},
    ],
)
def test_a_status_that_no_registry_writes_is_unknown(facts: dict) -> None:
    verdict = verdict_on(**facts)
    assert verdict.outcome is Outcome.UNKNOWN
    assert verdict.error is not None
    assert verdict.error.reason == "bad-answer"


def test_a_verdict_is_no_bool() -> None:
    with pytest.raises(TypeError, match=r"verdict\.trusted"):
        bool(verdict_on())


def test_unknown_is_not_trusted_and_tells_the_error() -> None:
    verdict = Verdict(Outcome.UNKNOWN, NODE, error=RpcError("timeout", "no answer in 10 s"))
    assert not verdict.trusted
    assert str(verdict) == "unknown: timeout: no answer in 10 s"


def test_each_server_is_judged_by_its_own_word_and_provider() -> None:
    servers = [SERVER._replace(provider_id=id_) for id_ in (9, 1, 7, 1, 0, 2**32 - 1)]
    words = b"".join(server.pack().to_bytes(32, "big") for server in servers)
    ids = tuple(bytes([number]) * 32 for number in range(6))
    providers = dict.fromkeys((2**32 - 1, 1, 7), PROVIDER.pack())
    providers[7] = PROVIDER._replace(epoch=9).pack()
    verdicts = judge_words(ids, words, BLOCK, REGISTRY.pack(), providers)
    assert [verdict.node_id for verdict in verdicts] == list(ids)
    assert [verdict.reason for verdict in verdicts] == [
        Reason.PROVIDER_NOT_TRUSTED,
        None,
        Reason.EPOCH_PASSED,
        None,
        Reason.PROVIDER_NOT_TRUSTED,
        None,
    ]
    assert [verdict.provider_id for verdict in verdicts] == [9, 1, 7, 1, None, 2**32 - 1]
    assert [verdict.word for verdict in verdicts] == [server.pack() for server in servers]


@pytest.mark.parametrize("now_s", [0, 2**40 - 1, 2**64, 2**256 - 1])
def test_any_timestamp_in_an_answer_is_compared(now_s: int) -> None:
    word = SERVER._replace(expires_at=2**40 - 1).pack().to_bytes(32, "big")
    block = BLOCK._replace(timestamp=now_s)
    (verdict,) = judge_words([NODE], word, block, REGISTRY.pack(), {1: PROVIDER.pack()})
    assert verdict.reason is (Reason.EXPIRED if now_s else None)


@pytest.mark.parametrize("size_b", [0, 31, 33, 64])
def test_as_many_words_as_node_ids(size_b: int) -> None:
    with pytest.raises(ConfigError, match="one word"):
        judge_words([NODE], bytes(size_b), BLOCK, 0, {})


def test_verdicts_are_values() -> None:
    judged, made = (
        verdict_on(),
        Verdict(Outcome.TRUSTED, NODE, provider_id=1, block=BLOCK, word=SERVER.pack()),
    )
    assert judged == made
    assert hash(judged) == hash(made)
    assert repr(judged) == repr(made)
    assert judged != "trusted"
    other = Verdict(Outcome.TRUSTED, NODE, provider_id=1, block=BLOCK, word=0)
    own = Verdict(Outcome.TRUSTED, NODE, source=Source.OWN)
    assert len({judged, made, other, own}) == 3
    assert (own.word, own.provider_id, own.block) == (None, None, None)
    assert copy.copy(judged) == judged
    assert pickle.loads(pickle.dumps(own)) == own


def test_a_verdict_says_all_that_it_holds() -> None:
    assert repr(Verdict(Outcome.UNTRUSTED, b"\x01", Reason.REMOVED)) == (
        "Verdict(outcome=<Outcome.UNTRUSTED: 'untrusted'>, node_id=b'\\x01', "
        "reason=<Reason.REMOVED: 'removed'>, error=None, provider_id=None, block=None, "
        "word=None, source=<Source.SNAPSHOT: 'snapshot'>)"
    )


@pytest.mark.parametrize("name", ["outcome", "node_id", "word", "provider_id", "other"])
def test_a_verdict_does_not_change(name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(verdict_on(), name, None)
