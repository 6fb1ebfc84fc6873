"""Node records (EIP-778), as users meet them; the record itself is compiled."""

from waypost._ext.record import ENR, REASONS, RecordCache
from waypost.errors import RecordError

__all__ = ["ENR", "REASONS", "RecordCache", "RecordError"]
