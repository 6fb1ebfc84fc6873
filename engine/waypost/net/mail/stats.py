"""What a mail server has done since it was opened, and what it holds now."""

from collections import Counter
from dataclasses import dataclass, field

from waypost.mail.archive import ArchiveStats


@dataclass(frozen=True, slots=True)
class Tally:
    """What the parts of a server count, by outcome."""

    envelopes: Counter[str] = field(default_factory=Counter)
    """that peers sent: committed (or in the archive already), unkept (it takes no more)"""
    requests: Counter[str] = field(default_factory=Counter)
    """completed; refused, or failed for our own fault, and told so; breach (it was no request);
    slow (the answer was not taken in time) or gone (the link ended)"""
    synced: Counter[str] = field(default_factory=Counter)
    """envelopes from other servers: committed (or there already), refused"""
    delivered: Counter[str] = field(default_factory=Counter)
    """to clients and servers: envelopes, bytes"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServerStats:
    """A moment of a mail server; the first four as in Tally, refusals by their names, found as
    the outcomes of Peering.
    """

    envelopes: Counter[str]
    requests: Counter[str]
    synced: Counter[str]
    delivered: Counter[str]
    refusals: Counter[str]
    found: Counter[str]
    stored_count: int  # envelopes that were new to the archive
    peer_count: int
    found_peer_count: int  # of the nodes that discovery showed
    served_count: int  # peers that are being answered
    intake_size_b: int  # that wait for their commit
    copied_s: dict[bytes, int]  # from servers by node id: when a round ended last; 0: none has
    healthy: bool
    archive: ArchiveStats | None  # as measured last
