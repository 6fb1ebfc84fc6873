"""Storage that is proven: real proofs of anvil, and nodes that lie."""

import pytest
import rlp

from tests.exchanges import run
from tests.proofs import ADDRESS, CODE_HASH, State, vectors
from waypost.config import RegistryConfig
from waypost.errors import RpcError
from waypost.trust.kind import kind_word
from waypost.trust.proofs.evidence import ProvenContract, evidence_in, prove
from waypost.trust.proofs.header import header_in
from waypost.trust.reading.ladder.climb import climb
from waypost.trust.reading.ladder.learned import Learned
from waypost.trust.reading.ladder.question import Question
from waypost.trust.reading.ladder.storage_proofs import StorageProofs
from waypost.trust.reading.storage import snapshot_of, snapshot_slots
from waypost.trust.words import ProviderWord, RegistryWord, ResourceWord, Status

CONFIG = RegistryConfig(proof_count_max=4)
SLOTS = [bytes([number]) * 32 for number in range(10)]
STATE = State({slot: place + 1 for place, slot in enumerate(SLOTS[:7])} | {b"x" * 32: 2**256 - 1})


def words_of(answer, slots=SLOTS, state=STATE, **options):
    return run(prove(ADDRESS, slots, state.header, CONFIG, **options), answer)


def why_refused(answer, *args, **options):
    with pytest.raises(RpcError) as caught:
        words_of(answer, *args, **options)
    return caught.value.reason


def test_slots_are_asked_for_in_chunks_at_one_block():
    STATE.calls.clear()
    words, evidence = words_of(STATE.answer, code_hash=CODE_HASH)
    assert words == b"".join(STATE.words.get(slot, 0).to_bytes(32, "big") for slot in SLOTS)
    assert len(evidence.slots) == 10
    assert [len(call.params[1]) for call in STATE.calls] == [4, 4, 2]
    where = {"blockHash": "0x" + "07" * 32, "requireCanonical": True}
    for call in STATE.calls:
        assert (call.method, call.params[0], call.params[2]) == (
            "eth_getProof", "0x" + ADDRESS.hex(), where,
        )  # fmt: skip
        assert all(len(slot) == 66 for slot in call.params[1])


def each(result, change):
    for entry in result["storageProof"]:
        change(entry)


def altered(change):
    """A node whose answers `change` alters or replaces."""

    def answer(call):
        result = STATE.answer(call)
        instead = change(result)
        return result if instead is None else instead

    return answer


@pytest.mark.parametrize(
    "change",
    [
        lambda result: result["storageProof"].reverse(),
        lambda result: each(result, lambda entry: entry.update(value="0x63")),
        lambda result: result.update(storageHash="0x", codeHash=None, balance=[]),
        lambda result: each(result, lambda entry: entry.update(key=hex(int(entry["key"], 16)))),
    ],
)
def test_what_an_answer_claims_is_not_believed(change):
    assert words_of(altered(change)).words == words_of(STATE.answer).words


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda result: RpcError("rpc-error", "no"), "rpc-error"),
        (lambda result: [], "bad-proof"),
        (lambda result: "0x", "bad-proof"),
        (lambda result: {}, "bad-proof"),
        (lambda result: result.update(accountProof=None), "bad-proof"),
        (lambda result: result.update(accountProof=[]), "bad-proof"),
        (lambda result: result.update(storageProof={}), "bad-proof"),
        (lambda result: result["storageProof"].pop() and None, "bad-proof"),
        (lambda result: result["storageProof"].append(result["storageProof"][0]), "bad-proof"),
        (lambda result: result["storageProof"].append(1), "bad-proof"),
        (lambda result: result["storageProof"][0].clear(), "bad-answer"),
        (lambda result: result["storageProof"][0].update(key=1), "bad-answer"),
        (lambda result: result["storageProof"][0].update(key="0x07"), "bad-proof"),
        (lambda result: result["storageProof"][0].update(proof=None), "bad-proof"),
        (lambda result: result["storageProof"][0]["proof"].pop() and None, "bad-proof"),
        (lambda result: result["accountProof"].pop() and None, "bad-proof"),
        (lambda result: result["accountProof"].append("0x80"), "bad-proof"),
    ],
)
def test_what_proves_nothing_is_refused(change, reason):
    assert why_refused(altered(change)) == reason


def test_proofs_of_other_slots_are_refused():
    """Keys as asked for, and below each the proof of another slot."""

    def swap(result):
        entries = result["storageProof"]
        proofs = [entry["proof"] for entry in entries]
        for entry, proof in zip(entries, proofs[1:] + proofs[:1], strict=True):
            entry["proof"] = proof

    assert why_refused(altered(swap)) == "bad-proof"


def test_an_account_that_is_no_contract():
    elsewhere = run_at(b"\x05" * 20)
    assert elsewhere == "no-code"
    assert run_at(b"\xee" * 20) == "no-code"
    assert why_refused(STATE.answer, code_hash=bytes(32)) == "wrong-code"


def run_at(address):
    with pytest.raises(RpcError) as caught:
        run(prove(address, SLOTS, STATE.header, CONFIG), STATE.answer)
    return caught.value.reason


@pytest.mark.parametrize(
    "account",
    [b"\x01", rlp.encode([]), rlp.encode([1, 0, bytes(32)]), rlp.encode([1, 0, b"", CODE_HASH]),
     rlp.encode([1, 0, [], CODE_HASH])],
)  # fmt: skip
def test_what_is_no_account(account):
    state = State({}, account=account)
    assert why_refused(state.answer, state=state) == "bad-proof"


def test_a_proof_of_another_state():
    other = State(STATE.words | {SLOTS[0]: 99})
    assert why_refused(other.answer) == "bad-proof"


def test_the_proofs_of_anvil_show_what_it_says():
    golden = vectors()
    header = header_in(golden["block"])
    node_ids = [bytes.fromhex(text[2:]) for text in golden["node_ids"]]
    slots = snapshot_slots(kind_word(golden["kind"]), golden["provider_ids"], node_ids)
    address = bytes.fromhex(golden["registry"][2:])
    contract = ProvenContract(address, header.state_root)
    words = contract.words(slots, evidence_in(golden["proof"], slots))
    claimed = [int(entry["value"], 16) for entry in golden["proof"]["storageProof"]]
    assert words == b"".join(value.to_bytes(32, "big") for value in claimed)
    snapshot = snapshot_of(words, 2)
    assert RegistryWord.unpack(snapshot.registry).provider_count == 3
    assert [ProviderWord.unpack(word).status for word in snapshot.providers] == [
        Status.ACTIVE,
        Status.SUSPENDED,
    ]
    statuses = [
        ResourceWord.unpack(int.from_bytes(snapshot.resources[at : at + 32], "big")).status
        for at in range(0, len(snapshot.resources), 32)
    ]
    assert statuses == [Status.REMOVED] + [Status.ACTIVE] * 39 + [Status.NONE] * 8


def test_storage_that_is_no_registrys():
    with pytest.raises(RpcError, match=r"^wrong-version: .*no registry at that address"):
        snapshot_of(bytes(32 * 4), 1)


def test_the_rung_of_proofs():
    """Nine servers in requests of at most ten slots, four of which all have in common."""
    kind, providers = kind_word("whisper.mailserver"), [1, 2]
    node_ids = [bytes([number]) * 32 for number in range(9)]
    slots = snapshot_slots(kind, providers, node_ids)
    state = State({slot: place + 1 for place, slot in enumerate(slots)})
    question = Question(ADDRESS, kind, providers)
    rung = StorageProofs(question, state.header, slot_count_max=10, code_hash=CODE_HASH)
    climbing = climb(Learned(), state.header.block, [rung], node_ids, CONFIG)
    parts = run(climbing, state.answer)
    assert len(parts) > 1
    assert b"".join(part.found.resources for part in parts) == b"".join(
        number.to_bytes(32, "big") for number in range(5, 14)
    )
    assert {(part.found.registry, part.found.providers) for part in parts} == {(1, (3, 4))}
    assert max(len(call.params[1]) for call in state.calls) == 10

    forged = State(state.words | {slots[-1]: 99})
    climbing = climb(Learned(), state.header.block, [rung], node_ids, CONFIG)
    parts = run(climbing, forged.answer)
    assert {part.found.reason for part in parts} == {"bad-proof"}
