"""How what was asked for is answered: to a client, or to another mail server."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from waypost.mail import sync
from waypost.mail.archive import Query
from waypost.mail.completion import Completed, Failed, encode
from waypost.mail.delivery import deliveries
from waypost.mail.desk import Order
from waypost.mail.sync_desk import SyncOrder
from waypost.whisper.packets import Code

Packet = tuple[int, bytes]
"""The code and the payload."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A query, and what is said of it: for the envelopes of a page (payloads of `code`), at the
    end (the hash of the last one, and a cursor where there is more), and where it cannot be
    answered.
    """

    query: Query
    code: int
    page: Callable[[Sequence[bytes]], Iterable[bytes]]
    end: Callable[[bytes, bytes], Packet]
    failed: Callable[[str], Packet]


def answer_to(order: Order, bundle_size_max_b: int) -> Answer:
    """What a client gets."""

    def page(raws: Sequence[bytes]) -> Iterable[bytes]:
        return deliveries(raws, order.batch, bundle_size_max_b)

    def end(last_hash: bytes, cursor: bytes) -> Packet:
        return Code.P2P_REQUEST_COMPLETE, encode(Completed(order.request_id, last_hash, cursor))

    def failed(text: str) -> Packet:
        return refusal_of(Failed(order.request_id, text))

    return Answer(order.query, Code.P2P_MESSAGE, page, end, failed)


def refusal_of(failed: Failed) -> Packet:
    """What a client gets instead."""
    return Code.P2P_REQUEST_COMPLETE, encode(failed)


def answer_to_server(order: SyncOrder, packet_size_max_b: int) -> Answer:
    """What another mail server gets."""

    def page(raws: Sequence[bytes]) -> Iterable[bytes]:
        return sync.encode_bundles(raws, packet_size_max_b)

    def end(last_hash: bytes, cursor: bytes) -> Packet:
        return Code.SYNC_RESPONSE, sync.encode_end(cursor)

    return Answer(order.query, Code.SYNC_RESPONSE, page, end, sync_refusal)


def sync_refusal(text: str) -> Packet:
    """What another mail server gets instead."""
    return Code.SYNC_RESPONSE, sync.encode_error(text)
