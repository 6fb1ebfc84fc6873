"""Operations of several steps, from the slow and obvious pieces of tests/oracle/."""

from collections.abc import Sequence

import rlp
from trie import HexaryTrie

from tests.oracle import discv5 as oracle
from tests.oracle import enr, whisper
from tests.oracle.rlpx import Codec


def encode(
    masking_iv: bytes,
    nonce: bytes,
    source_id: bytes,
    destination_id: bytes,
    key: bytes,
    message: tuple[object, ...],
) -> bytes:
    """The datagram of an ordinary message packet."""
    body = oracle.encode_message(*message)
    packet = oracle.Packet(oracle.MESSAGE, masking_iv, nonce, source_id, body)
    return oracle.encode_packet(packet, destination_id, key)


def decode(datagram: bytes, local_id: bytes, key: bytes) -> object:
    """The kind, the request id and the fields of the message in a datagram."""
    packet = oracle.decode_packet(datagram, local_id)
    plain = oracle.unseal(key, packet.nonce, packet.body, packet.header())
    return oracle.decode_message(plain)


def verify(raw: bytes) -> bytes:
    """The node id of a record."""
    return enr.parse(raw)[2]


def storage_words(root: bytes, slots: Sequence[bytes], proofs: Sequence[Sequence[str]]) -> bytes:
    """The words that storage proofs show, by py-trie."""
    words = []
    for slot, proof in zip(slots, proofs, strict=True):
        nodes = [rlp.decode(bytes.fromhex(node[2:])) for node in proof]
        value = HexaryTrie.get_from_proof(root, enr.keccak256(slot), nodes)
        words.append(rlp.decode(value).rjust(32, b"\0") if value else bytes(32))
    return b"".join(words)


def search(raw: bytes, count: int) -> tuple[int, int]:
    """The most zero bits of an envelope's work, and the first nonce that has them."""
    return whisper.search("leading", whisper.parse(raw), 0, count, 256)


def accept_packet(packet: bytes, bloom: bytes) -> list[tuple[bytes, float, bool]]:
    """What each envelope of a list costs."""
    accepted = []
    for items in rlp.decode(packet):
        envelope = whisper.fields_of(items)
        pow = whisper.pow_of("leading", envelope)
        let_through = whisper.matches(bloom, whisper.bloom(envelope[2]))
        accepted.append((enr.keccak256(rlp.encode(items)), pow, let_through))
    return accepted


def take_packet(packet: bytes, now: int) -> list[bytes]:
    """The hashes of those that a node without bounds takes into its pool."""
    pool = {}
    for items in rlp.decode(packet):
        envelope = whisper.fields_of(items)
        expiry_s, ttl_s, topic = envelope[:3]
        in_time = expiry_s - ttl_s <= now <= expiry_s
        wanted = whisper.matches(b"\xff" * 64, whisper.bloom(topic))
        if in_time and wanted and whisper.pow_of("leading", envelope) >= 0:
            pool[enr.keccak256(rlp.encode(items))] = envelope
    return [*pool]


def seal_frame(keys: tuple[bytes, bytes, bytes, bytes], payload: bytes) -> bytes:
    return Codec(*keys).seal(16, payload)


def open_frame(keys: tuple[bytes, bytes, bytes, bytes], frame: bytes) -> object:
    """(message id, payload)"""
    return Codec(*keys).open(frame)
