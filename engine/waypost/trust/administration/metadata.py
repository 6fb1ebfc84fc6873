"""A provider's description of itself: shown only if its hash is the one on chain.

The document is JSON, an object with texts: `name`, `website`, `description`, `contact`. What else
is in it is left out. Without I/O: `net/trust/metadata.py` fetches.
"""

from typing import Any, NamedTuple

from waypost._ext.digest import keccak256
from waypost.errors import MetadataError
from waypost.trust.json_text import decode_json

DOCUMENT_SIZE_MAX_B = 1 << 16
_TEXT_LENGTH_MAX = 500
_NO_HASH = bytes(32)


class Metadata(NamedTuple):
    """A checked description. Each text is one line without control characters; it may be empty.

    That the hash matches says whose words these are, not that they are true.
    """

    name: str = ""
    website: str = ""
    description: str = ""
    contact: str = ""


def checked_metadata(document: bytes, metadata_hash: bytes) -> Metadata:
    """The description in a document whose keccak256 is `metadata_hash` (32 bytes).

    Raises MetadataError: `no-hash` (the provider named none), `wrong-hash`, `not-metadata`.
    """
    if metadata_hash == _NO_HASH:
        raise MetadataError("no-hash", "the provider has put no hash of a description on chain")
    if keccak256(document) != metadata_hash:
        raise MetadataError("wrong-hash", "the description does not match its hash: not shown")
    try:
        fields = decode_json(document)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise MetadataError("not-metadata", "the description is not a JSON object: not shown")
    return Metadata(*(_line(fields.get(name, "")) for name in Metadata._fields))


def _line(value: Any) -> str:
    """A stranger's text for the terminal: one line, nothing that steers or reorders, not long."""
    text = " ".join(value.split()) if isinstance(value, str) else ""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)[
        :_TEXT_LENGTH_MAX
    ]
