"""Consent files: what is written is read again, and nothing else is."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waypost._ext.record import ENR
from waypost._ext.secp256k1 import SecretKey
from waypost.errors import ConfigError
from waypost.trust.administration.binding import Consent, Release
from waypost.trust.administration.consent_file import SignedConsent, read_consents, write_consents

KEYS = [SecretKey(bytes([number]) * 32) for number in (5, 6, 7)]
RECORDS = [ENR.create(key, ip="192.0.2.1", udp=9000) for key in KEYS]
VISIBLE = st.characters(min_codepoint=0x21, max_codepoint=0x7E)


@st.composite
def signed_consents(draw: st.DrawFn) -> SignedConsent:
    place = draw(st.sampled_from(range(len(KEYS))))
    shared = (
        draw(st.integers(0, 2**256 - 1)),
        draw(st.binary(min_size=20, max_size=20)),
        draw(st.text(VISIBLE, min_size=1, max_size=31)),
        KEYS[place].node_id,
        draw(st.integers(0, 2**32 - 1)),
        draw(st.integers(0, 2**48 - 1)),
        draw(st.integers(0, 2**256 - 1)),
    )
    flags = draw(st.integers(0, 2**24 - 1))
    statement = Release(*shared) if draw(st.booleans()) else Consent(*shared, flags)
    record = RECORDS[place] if draw(st.booleans()) else None
    return SignedConsent(statement, statement.sign(KEYS[place]), record)


@settings(max_examples=60)
@given(st.lists(signed_consents(), min_size=1, max_size=4))
def test_what_is_written_is_read_again(consents: list[SignedConsent]) -> None:
    assert read_consents(write_consents(consents)) == consents


@given(signed_consents(), st.data())
def test_any_other_value_is_refused(consent: SignedConsent, data: st.DataObject) -> None:
    """No field can be changed, lost or added: all but the record are covered by the signature."""
    fields = json.loads(write_consents([consent]))
    name = data.draw(st.sampled_from(sorted(fields)))
    old = fields[name]
    if isinstance(old, int):
        others = st.integers(-1, 2**257)
    else:
        others = st.text(max_size=130) | st.sampled_from([record.text for record in RECORDS])
    others = others | st.none() | st.booleans() | st.lists(st.integers(), max_size=1)
    fields[name] = data.draw(others.filter(lambda new: new != old or type(new) is not type(old)))
    if name == "enr" and fields[name] is None:
        del fields[name], fields["nonce"]
    with pytest.raises(ConfigError, match="the consent file, line 1: ") as told:
        read_consents(json.dumps(fields))
    assert "\n" not in str(told.value)


@given(st.text(max_size=200))
def test_any_text_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ConfigError) as told:
        read_consents(text)
    assert len(str(told.value).splitlines()) == 1


def test_each_serves_for_what_it_says() -> None:
    shared = (1, bytes(20), "a.kind", KEYS[0].node_id, 7, 0, 9)
    listing, leaving = Consent(*shared, 3), Release(*shared)
    signed = [SignedConsent(each, each.sign(KEYS[0]), RECORDS[0]) for each in (listing, leaving)]
    assert signed[0].binding(5) == listing.signed_by(KEYS[0], 5, RECORDS[0].raw)
    assert signed[1].release() == leaving.signed_by(KEYS[0])
    with pytest.raises(ConfigError, match="consents to be listed, not to leave"):
        signed[0].release()
    with pytest.raises(ConfigError, match="consents to leave, not to be listed"):
        signed[1].binding()
    for each in (listing, leaving):
        with pytest.raises(ConfigError, match="only the key of node"):
            each.sign(KEYS[1])
