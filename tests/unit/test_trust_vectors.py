"""The words and verdicts that the contract's own tests write down, read by us."""

import json
from pathlib import Path
from typing import Any

import pytest

from waypost._ext import slots
from waypost._ext.secp256k1 import SecretKey
from waypost.trust.address import parse_address
from waypost.trust.administration.binding import Consent
from waypost.trust.kind import kind_text, kind_word
from waypost.trust.verdict import Block, judge_words
from waypost.trust.words import KindWord, ProviderWord, RegistryWord, ResourceWord

VECTORS = Path(__file__).parents[1] / "vectors/trust"
WORDS = json.loads((VECTORS / "words.json").read_text("utf-8"))
CASES = json.loads((VECTORS / "verdicts.json").read_text("utf-8"))["cases"]

OURS = {"min_ttl_s": "ttl_s_min", "max_ttl_s": "ttl_s_max", "index": "list_index"}


def number(value: Any) -> int:
    return int(value, 16) if isinstance(value, str) else int(value)


@pytest.mark.parametrize(
    ("layout", "vector"),
    [
        (layout, vector)
        for layout, group in (
            (RegistryWord, "registry_words"),
            (ProviderWord, "provider_words"),
            (KindWord, "kind_words"),
            (ResourceWord, "resource_words"),
        )
        for vector in WORDS[group]
    ],
)
def test_a_word_of_the_contract_has_our_layout(layout: Any, vector: dict[str, Any]) -> None:
    named = {OURS.get(name, name): value for name, value in vector.items()}
    fields = {name: number(named[name]) for name in layout._fields}
    word = layout.unpack(number(vector["word"]))
    assert word._asdict() == fields
    assert word.pack() == number(vector["word"])


@pytest.mark.parametrize("vector", WORDS["kind_words"] + WORDS["resource_words"])
def test_a_kind_of_the_contract_is_ours(vector: dict[str, Any]) -> None:
    assert "0x" + kind_word(vector["name"]).hex() == vector["kind"]
    assert kind_text(bytes.fromhex(vector["kind"][2:])) == vector["name"]


def test_slots_are_those_of_the_contract() -> None:
    def slot(vector: dict[str, Any]) -> str:
        return vector["slot"]

    def key(vector: dict[str, Any], name: str) -> bytes:
        return bytes.fromhex(vector[name][2:])

    assert WORDS["namespace"]["name"] == slots.NAMESPACE
    assert WORDS["namespace"]["base"] == "0x" + slots.registry_slot().hex()
    for vector in WORDS["registry_words"]:
        assert slot(vector) == "0x" + slots.registry_slot().hex()
    for vector in WORDS["kind_words"]:
        assert slot(vector) == "0x" + slots.kind_slot(key(vector, "kind")).hex()
    for vector in WORDS["resource_words"]:
        (found,) = slots.resource_slots(key(vector, "kind"), [key(vector, "node_id")])
        assert slot(vector) == "0x" + found.hex()
    found = slots.provider_slots([vector["id"] for vector in WORDS["provider_words"]])
    assert [*map(slot, WORDS["provider_words"])] == ["0x" + each.hex() for each in found]


@pytest.mark.parametrize("vector", WORDS["bindings"])
def test_a_statement_of_the_contract_is_signed_alike(vector: dict[str, Any]) -> None:
    """Signatures are deterministic (RFC 6979), so they are equal and not only valid."""
    consent = Consent(
        vector["chain_id"],
        parse_address(vector["registry"]),
        vector["name"],
        bytes.fromhex(vector["node_id"][2:]),
        vector["provider_id"],
        vector["nonce"],
        vector["deadline"],
        vector["flags"],
    )
    assert "0x" + consent.digest().hex() == vector["digest"]
    binding = consent.signed_by(SecretKey(bytes.fromhex(vector["secret_key"][2:])))
    assert "0x" + binding.x.hex() == vector["x"]
    assert "0x" + binding.y.hex() == vector["y"]
    assert "0x" + binding.signature.hex() == vector["signature"]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_verdict_is_the_contracts(case: dict[str, Any]) -> None:
    (verdict,) = judge_words(
        [bytes(32)],
        bytes.fromhex(case["resource_word"][2:]),
        Block(1, bytes(32), case["now"]),
        number(case["registry_word"]),
        {case["trusted_provider_id"]: number(case["provider_word"])},
    )
    assert verdict.trusted is case["trusted"]
