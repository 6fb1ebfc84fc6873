"""A proof that travels without a node: what a registry says of some servers, as a file.

Whoever reads it needs the hash of a block that he trusts, and nothing else. It is JSON:

    {
      "format": "waypost-proof",
      "version": 1,
      "chain_id": 1,
      "registry": "0x5FbDB2315678afecb367f032d93F642f64180aa3",
      "header": "0xf90260...",                the block's, as the RLP that is hashed
      "kind": "whisper.mailserver",
      "provider_ids": [1],
      "node_ids": ["0xa448f24c..."],
      "nodes": ["0xf90211...", ...],          of the tries, each once
      "account_proof": [0, 1, 2],             places in "nodes", from the root down
      "storage_proofs": [[3, 4], ...]         of registry, kind, providers and servers
    }
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from waypost.config import PROOF_SIZE_MAX_B, PROVIDER_COUNT_MAX, RegistryConfig
from waypost.errors import ConfigError, RpcError
from waypost.trust.address import address_text, parse_address
from waypost.trust.exchange import Call, Exchange, hex_bytes, quantity
from waypost.trust.json_text import decode_json
from waypost.trust.kind import kind_word
from waypost.trust.proofs.evidence import Evidence, Node, prove
from waypost.trust.proofs.header import Header, header_in, header_of
from waypost.trust.reading.storage import snapshot_of, snapshot_slots

_FORMAT, _VERSION = "waypost-proof", 1
_KEYS = {"format", "version", "chain_id", "registry", "header", "kind", "provider_ids", "node_ids"}
_KEYS |= {"nodes", "account_proof", "storage_proofs"}


@dataclass(frozen=True, slots=True)
class ProofDocument:
    """What one file says, still to be checked against a block that is trusted (`offline.py`).

    Raises ConfigError for what cannot be.
    """

    chain_id: int
    registry: bytes  # its address, 20 bytes
    header: Header
    kind: str
    provider_ids: tuple[int, ...]
    node_ids: tuple[bytes, ...]
    evidence: Evidence  # of the registry's word, the kind's, the providers' and the servers'

    def __post_init__(self) -> None:
        kind_word(self.kind)
        if type(self.chain_id) is not int or self.chain_id < 1 or len(self.registry) != 20:
            raise ConfigError("a registry is a chain id from 1 and an address of 20 bytes")
        if not all(type(id_) is int and 0 < id_ < 1 << 32 for id_ in self.provider_ids):
            raise ConfigError("a provider id is a number from 1 to 4294967295")
        if len(self.provider_ids) > PROVIDER_COUNT_MAX:
            raise ConfigError(f"a proof shows at most {PROVIDER_COUNT_MAX} providers")
        if any(len(node_id) != 32 for node_id in self.node_ids):
            raise ConfigError("a node id is 32 bytes")
        if any(len(set(ids)) != len(ids) for ids in (self.provider_ids, self.node_ids)):
            raise ConfigError("a provider or server is in the proof twice")
        if len(self.evidence.slots) != 2 + len(self.provider_ids) + len(self.node_ids):
            raise ConfigError("a proof is missing, or there is one too many")

    @property
    def slots(self) -> list[bytes]:
        """What `evidence.slots` are the proofs of, in their order."""
        return snapshot_slots(kind_word(self.kind), self.provider_ids, self.node_ids)

    def to_json(self) -> str:
        """The text form, which `from_json` reads back."""
        proofs = [
            list(map(_text, proof)) for proof in (self.evidence.account, *self.evidence.slots)
        ]
        nodes = {node: place for place, node in enumerate(dict.fromkeys(chain(*proofs)))}
        account_proof, *storage_proofs = ([nodes[node] for node in proof] for proof in proofs)
        document = {
            "format": _FORMAT,
            "version": _VERSION,
            "chain_id": self.chain_id,
            "registry": address_text(self.registry),
            "header": _text(self.header.rlp),
            "kind": self.kind,
            "provider_ids": self.provider_ids,
            "node_ids": [_text(node_id) for node_id in self.node_ids],
            "nodes": [*nodes],
            "account_proof": account_proof,
            "storage_proofs": storage_proofs,
        }
        return json.dumps(document, separators=(",", ":")) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> "ProofDocument":
        """The document in a text. Raises ConfigError for anything that it does not understand."""
        if len(text) > PROOF_SIZE_MAX_B:
            raise ConfigError(f"a proof has at most {PROOF_SIZE_MAX_B} bytes")
        try:
            return _from_fields(decode_json(text, _unique))
        except (RpcError, AttributeError, TypeError, ValueError) as error:
            raise ConfigError(f"the proof cannot be used: {error}") from None


def prove_servers(
    address: bytes,
    kind: str,
    provider_ids: Iterable[int],
    node_ids: Iterable[bytes],
    config: RegistryConfig,
) -> Exchange[ProofDocument]:
    """The document about these servers and providers at the head block, checked before it is given
    away. Raises RpcError.
    """
    providers, nodes = tuple(dict.fromkeys(provider_ids)), tuple(dict.fromkeys(node_ids))
    head, chain_id = yield [Call("eth_getBlockByNumber", ["latest", False]), Call("eth_chainId")]
    header = header_in(head)
    slots = snapshot_slots(kind_word(kind), providers, nodes)
    words, evidence = yield from prove(address, slots, header, config)
    snapshot_of(words, len(providers))
    return ProofDocument(quantity(chain_id), address, header, kind, providers, nodes, evidence)


def _from_fields(fields: Any) -> ProofDocument:
    if not isinstance(fields, dict) or fields.get("format") != _FORMAT:
        raise ConfigError(f'it is no JSON object of the format "{_FORMAT}"')
    if fields.get("version") != _VERSION:
        raise ConfigError(f"its version is {fields.get('version')!r:.20}: want {_VERSION}")
    if wrong := fields.keys() ^ _KEYS:
        raise ConfigError(f"{min(wrong)[:40]!r} is missing or not known")
    nodes = _texts(fields["nodes"])
    proofs = [fields["account_proof"], *_list(fields["storage_proofs"])]
    used = {place for proof in proofs for place in _list(proof) if type(place) is int}
    if used != {*range(len(nodes))} or len(nodes) != len(set(nodes)):
        raise ConfigError("each node has to be there once, and to be used")
    account, *slots = ([nodes[place] for place in proof] for proof in proofs)
    return ProofDocument(
        fields["chain_id"],
        parse_address(fields["registry"]),
        header_of(hex_bytes(fields["header"])),
        fields["kind"],
        tuple(_list(fields["provider_ids"])),
        tuple(map(hex_bytes, _list(fields["node_ids"]))),
        Evidence(account, slots),
    )


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON none of whose keys stands twice: readers would differ about it."""
    if len(fields := dict(pairs)) != len(pairs):
        raise ConfigError("a key stands twice")
    return fields


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ConfigError("a list was expected")
    return value


def _texts(value: Any) -> list[str]:
    if not all(isinstance(text, str) for text in _list(value)):
        raise ConfigError("a list of texts was expected")
    return list(value)


def _text(node: Node) -> str:
    return node.lower() if isinstance(node, str) else f"0x{node.hex()}"
