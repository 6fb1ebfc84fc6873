"""Proofs that travel as files: written, read and judged without a node."""

import json
from dataclasses import replace

import pytest

from tests.exchanges import run
from tests.oracle.trie import keccak256
from tests.proofs import vectors
from waypost.config import PROOF_SIZE_MAX_B, RegistryConfig
from waypost.errors import ConfigError, RpcError
from waypost.trust.policy import TrustPolicy
from waypost.trust.proofs.document import ProofDocument, prove_servers
from waypost.trust.proofs.header import header_in
from waypost.trust.proofs.offline import judge_offline
from waypost.trust.verdict import Outcome, Reason, Source

GOLDEN = vectors()
CHAIN_ID, KIND = GOLDEN["chain_id"], GOLDEN["kind"]
ADDRESS = bytes.fromhex(GOLDEN["registry"][2:])
NODE_IDS = [bytes.fromhex(text[2:]) for text in GOLDEN["node_ids"]]
HEADER = header_in(GOLDEN["block"])
CODE_HASH = bytes.fromhex(GOLDEN["proof"]["codeHash"][2:])


def golden_node(call):
    """Answers what the vectors were asked."""
    return {
        "eth_getBlockByNumber": GOLDEN["block"],
        "eth_chainId": hex(CHAIN_ID),
        "eth_getProof": vectors()["proof"],
    }[call.method]


def document_of(answer=golden_node):
    return run(prove_servers(ADDRESS, KIND, [1, 2], NODE_IDS, RegistryConfig()), answer)


DOCUMENT = document_of()
TEXT = DOCUMENT.to_json()


def judge(document=DOCUMENT, policy=None, **changes):
    known = {"header_hash": HEADER.hash, "registry": (CHAIN_ID, ADDRESS), "kind": KIND}
    policy = policy or TrustPolicy(frozenset({1, 2}))
    return judge_offline(document, policy, **{**known, **changes})


def test_verdicts_from_a_file():
    verdicts = judge(ProofDocument.from_json(TEXT), code_hash=CODE_HASH)
    assert [verdict.node_id for verdict in verdicts] == NODE_IDS
    assert {verdict.source for verdict in verdicts} == {Source.PROOF}
    assert {verdict.block for verdict in verdicts} == {HEADER.block}
    expected = [None, Reason.PROVIDER_SUSPENDED, Reason.PROVIDER_NOT_TRUSTED] * 14
    assert [verdict.reason for verdict in verdicts] == (
        [Reason.REMOVED] + expected[1:40] + [Reason.NOT_LISTED] * 8
    )


def test_a_file_is_small_and_says_the_same_again():
    again = ProofDocument.from_json(TEXT)
    assert again.to_json() == TEXT
    assert ProofDocument.from_json(TEXT.encode()) == again
    assert len(TEXT) < len(json.dumps(GOLDEN["proof"])) / 4
    as_bytes = replace(
        again,
        evidence=again.evidence._replace(
            account=[bytes.fromhex(node[2:]) for node in again.evidence.account]
        ),
    )
    assert as_bytes.to_json() == TEXT
    assert judge(as_bytes) == judge()


def why_unknown(verdicts):
    assert {verdict.outcome for verdict in verdicts} == {Outcome.UNKNOWN}
    (error,) = {verdict.error for verdict in verdicts}
    assert error.__traceback__ is None
    return error.reason


def test_what_the_user_knows_is_not_taken_from_the_file():
    assert why_unknown(judge(header_hash=bytes(32))) == "wrong-block"
    assert why_unknown(judge(registry=(1, ADDRESS))) == "wrong-registry"
    assert why_unknown(judge(registry=(CHAIN_ID, bytes(20)))) == "wrong-registry"
    assert why_unknown(judge(kind="push.notify")) == "wrong-kind"
    assert why_unknown(judge(code_hash=bytes(32))) == "wrong-code"


def test_a_file_that_lies_about_what_it_proves():
    nowhere = replace(DOCUMENT, registry=bytes(20))
    assert why_unknown(judge(nowhere, registry=(CHAIN_ID, bytes(20)))) == "bad-proof"
    assert why_unknown(judge(replace(DOCUMENT, kind="push.notify"), kind="push.notify")) == (
        "bad-proof"
    )
    assert why_unknown(judge(replace(DOCUMENT, node_ids=tuple(NODE_IDS[::-1])))) == "bad-proof"
    assert why_unknown(judge(replace(DOCUMENT, provider_ids=(2, 1)))) == "bad-proof"


def test_a_header_of_the_right_hash_is_what_counts():
    """The number and time of a header are read from the bytes that are hashed."""
    raw = HEADER.rlp[:-1] + bytes([HEADER.rlp[-1] ^ 1])
    text = TEXT.replace(HEADER.rlp.hex(), raw.hex())
    forged = ProofDocument.from_json(text)
    assert forged.header.hash == keccak256(raw)
    assert why_unknown(judge(forged)) == "wrong-block"


def test_a_provider_that_is_trusted_but_not_shown_leaves_it_open():
    verdicts = judge(policy=TrustPolicy(frozenset({1, 3})))
    third = verdicts[2]
    assert third.outcome is Outcome.UNKNOWN
    assert str(third.error) == "incomplete-proof: it does not show provider 3"
    assert verdicts[1].reason is Reason.PROVIDER_NOT_TRUSTED  # of provider 2
    assert verdicts[3].trusted


def test_the_policy_is_that_of_the_registry():
    policy = TrustPolicy(frozenset({1, 2})).with_providers(CHAIN_ID, ADDRESS, [])
    assert not any(verdict.trusted for verdict in judge(policy=policy))


def test_the_users_own_servers_need_no_proof():
    policy = TrustPolicy().with_own_servers([NODE_IDS[-1]])
    own = judge(policy=policy, header_hash=bytes(32))[-1]
    assert (own.outcome, own.source) == (Outcome.TRUSTED, Source.OWN)


def test_a_prover_gives_away_only_what_it_has_checked():
    def liar(call):
        answer = golden_node(call)
        if call.method == "eth_getProof":
            answer["storageProof"][5]["proof"].pop()
        return answer

    with pytest.raises(RpcError, match=r"^bad-proof: a node is missing$"):
        document_of(liar)


def fields():
    return json.loads(TEXT)


@pytest.mark.parametrize(
    "change",
    [
        {"format": "else"},
        {"format": None},
        {"version": 2},
        {"version": None},
        {"extra": 1},
        {"chain_id": 0},
        {"chain_id": True},
        {"chain_id": "1"},
        {"registry": "0x00"},
        {"registry": None},
        {"header": "0x00"},
        {"header": 1},
        {"kind": ""},
        {"kind": 1},
        {"kind": None},
        {"provider_ids": None},
        {"provider_ids": [1, 1]},
        {"provider_ids": [0, 1]},
        {"provider_ids": [True, 2]},
        {"provider_ids": [1]},
        {"provider_ids": [[], 1]},
        {"provider_ids": list(range(1, 300))},
        {"node_ids": {}},
        {"node_ids": ["0x00"] * 48},
        {"node_ids": [1] * 48},
        {"node_ids": fields()["node_ids"][:1] * 48},
        {"nodes": None},
        {"nodes": [1]},
        {"nodes": fields()["nodes"] + ["0x80"]},
        {"nodes": fields()["nodes"] * 2},
        {"account_proof": None},
        {"account_proof": [0, 1]},
        {"account_proof": [-1]},
        {"account_proof": [True]},
        {"account_proof": ["0"]},
        {"account_proof": [[0]]},
        {"account_proof": [10**6]},
        {"storage_proofs": []},
        {"storage_proofs": None},
        {"storage_proofs": [[0.5]] * 52},
        {"storage_proofs": [1] * 52},
    ],
)
def test_a_file_that_cannot_be_used(change):
    with pytest.raises(ConfigError) as caught:
        ProofDocument.from_json(json.dumps(fields() | change))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "text",
    ["", "null", "[]", "{", "{}", TEXT[:-3], "[" * 100_000, '{"version":1,' + TEXT[1:], b"\xff",
     "9" * 5000, "\ud800", " " * (PROOF_SIZE_MAX_B + 1)],
)  # fmt: skip
def test_a_text_that_is_no_proof(text):
    with pytest.raises(ConfigError):
        ProofDocument.from_json(text)


@pytest.mark.parametrize("name", fields())
def test_every_field_is_needed(name):
    left = fields()
    del left[name]
    with pytest.raises(ConfigError):
        ProofDocument.from_json(json.dumps(left))
