"""Envelopes and blooms, as users meet them; both are compiled."""

from waypost._ext.bloom import FULL, bloom_of, matches, matching
from waypost._ext.envelope import REASONS, WORKS, Envelope
from waypost.errors import EnvelopeError

__all__ = [
    "FULL",
    "REASONS",
    "WORKS",
    "Envelope",
    "EnvelopeError",
    "bloom_of",
    "matches",
    "matching",
]
