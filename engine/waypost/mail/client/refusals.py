"""What servers say where they do not serve a request, and what to do about it."""

_ADVICE = {  # by how the text begins; asked again, they say the same again
    "failed to decrypt": "its password or its key is another one",
    "Wrong signature": "it wants to know who asks: give a key that it knows",
    "PoW() is too low": "it wants more work in a request",
    "query range": "ask for less at once: range_s_max, or --range",
    "Undersized": "it reads another form of request",
    "request is invalid": "it may read another form of request, or smaller ones",
}


def is_final(text: str) -> bool:
    """Whether a server says so of every request like this one, and not of this moment."""
    return text.startswith(tuple(_ADVICE))


def explained(text: str) -> str:
    """What it said, and what to do, where that is known."""
    advice = next((what for start, what in _ADVICE.items() if text.startswith(start)), "")
    return f"{text}: {advice}" if advice else text
