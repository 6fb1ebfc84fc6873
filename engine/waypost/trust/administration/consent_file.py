"""Consents on their way from the machine of a node key to the machine of its provider: a text
with one JSON object a line.

    {"consent": "list", "chain_id": 1, "registry": "0x...", "kind": "whisper.mailserver",
     "node_id": "...", "provider": 7, "nonce": 0, "deadline": 1800000000, "flags": 0,
     "signature": "0x...", "enr": "enr:..."}

`consent` is `list` (to be listed, or to move to that provider) or `leave`; `enr` may be absent.
The signature is checked on reading, so that a file that was damaged or mixed up is told at once.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from waypost._ext.record import ENR
from waypost.errors import ConfigError, RecordError
from waypost.hexadecimal import given_bytes
from waypost.trust.address import address_text, parse_address
from waypost.trust.administration.binding import Binding, Consent, Release, SignedRelease
from waypost.trust.json_text import decode_json

_LIST, _LEAVE = "list", "leave"
_SHARED = ("chain_id", "registry", "kind", "node_id", "provider", "nonce", "deadline")
_BITS = {"chain_id": 256, "provider": 32, "nonce": 48, "deadline": 256, "flags": 24}


@dataclass(frozen=True, slots=True)
class SignedConsent:
    """A node key's signed consent to be listed or to move, or to leave."""

    statement: Consent | Release
    signature: bytes  # r || s || v, 65 bytes
    record: ENR | None = None

    def binding(self, expires_at: int = 0, record: ENR | None = None) -> Binding:
        """What lists or moves the server. ConfigError for a consent to leave."""
        if not isinstance(self.statement, Consent):
            node_id = self.statement.node_id.hex()
            raise ConfigError(f"node {node_id} consents to leave, not to be listed")
        record = record or self.record
        return self.statement.bound(self.signature, expires_at, record.raw if record else b"")

    def release(self) -> SignedRelease:
        """What takes the server off the list. ConfigError for a consent to be listed."""
        if not isinstance(self.statement, Release):
            node_id = self.statement.node_id.hex()
            raise ConfigError(
                f"node {node_id} consents to be listed, not to leave: sign with --release"
            )
        return self.statement.bound(self.signature)


def write_consents(consents: Iterable[SignedConsent]) -> str:
    """The text of a consent file."""
    return "".join(f"{json.dumps(consent_fields(consent))}\n" for consent in consents)


def consent_fields(signed: SignedConsent) -> dict[str, Any]:
    """One consent as the object of its line."""
    statement = signed.statement
    listing = isinstance(statement, Consent)
    return {
        "consent": _LIST if listing else _LEAVE,
        "chain_id": statement.chain_id,
        "registry": address_text(statement.registry),
        "kind": statement.kind,
        "node_id": statement.node_id.hex(),
        "provider": statement.provider_id,
        "nonce": statement.nonce,
        "deadline": statement.deadline,
        **({"flags": statement.flags} if isinstance(statement, Consent) else {}),
        "signature": f"0x{signed.signature.hex()}",
        **({"enr": signed.record.text} if signed.record else {}),
    }


def read_consents(text: str, where: str = "the consent file") -> list[SignedConsent]:
    """The consents of a file, each with a good signature. ConfigError says which line is not."""
    consents = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            consents.append(_read_line(line))
        except (ConfigError, RecordError) as error:
            raise ConfigError(f"{where}, line {number}: {error}") from None
    if not consents:
        raise ConfigError(f"{where} is empty: make it with `waypost registry sign`")
    return consents


def _read_line(line: str) -> SignedConsent:
    try:
        fields = decode_json(line)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise ConfigError("not a JSON object: a consent is one line, as `registry sign` writes it")
    what = fields.get("consent")
    if what not in (_LIST, _LEAVE):
        raise ConfigError(f'"consent" is "{_LIST}" or "{_LEAVE}", as `registry sign` writes it')
    needed = {"consent", *_SHARED, "signature", *(["flags"] if what == _LIST else [])}
    if not needed <= fields.keys() <= needed | {"enr"}:
        odd = ", ".join(sorted(map(repr, needed ^ (fields.keys() - {"enr"}))))
        raise ConfigError(f"a field is missing or unknown: {odd}")
    for name in needed & _BITS.keys():
        _require_number(name, fields[name])
    for name in needed - _BITS.keys():
        if not isinstance(fields[name], str):
            raise ConfigError(f'"{name}" is a text')
    shared = (
        fields["chain_id"],
        parse_address(fields["registry"]),
        fields["kind"],
        _hex_field("node_id", fields["node_id"], 32),
        fields["provider"],
        fields["nonce"],
        fields["deadline"],
    )
    statement = Consent(*shared, fields["flags"]) if what == _LIST else Release(*shared)
    statement.bound(signature := _hex_field("signature", fields["signature"], 65))
    return SignedConsent(statement, signature, _record(fields.get("enr"), statement.node_id))


def _require_number(name: str, value: Any) -> None:
    if type(value) is not int or not 0 <= value < 1 << _BITS[name]:
        raise ConfigError(f'"{name}" is a number of at most {_BITS[name]} bits')


def _hex_field(name: str, text: str, size_b: int) -> bytes:
    value = given_bytes(text)
    if len(value) != size_b:
        raise ConfigError(f'"{name}" is {2 * size_b} hex digits')
    return value


def _record(text: Any, node_id: bytes) -> ENR | None:
    if text is None:
        return None
    record = ENR.parse(text if isinstance(text, str) else "")
    if record.node_id != node_id:
        raise ConfigError('"enr" is the record of another node')
    return record
