"""Words of strangers."""

_LENGTH_MAX = 200


def one_line(words: object) -> str:
    """Somebody else's words, fit to be shown: one line, no control characters, not long."""
    text = "".join(char if char.isprintable() else " " for char in str(words))
    return text[:_LENGTH_MAX]
