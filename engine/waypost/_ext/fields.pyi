REASONS: tuple[str, ...]
"""Why a record is refused: the values of `RecordError.reason`."""

ADVICE: dict[str, str]
"""What to do about each of REASONS."""
