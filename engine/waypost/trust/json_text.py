"""JSON of strangers."""

import json
from collections.abc import Callable
from typing import Any

from waypost._ext.nesting import is_deeper
from waypost.config import JSON_DEPTH_MAX


def decode_json(
    text: bytes | str, pairs_hook: Callable[[list[tuple[str, Any]]], Any] | None = None
) -> Any:
    """What JSON in UTF-8 says; `pairs_hook` makes its objects. Raises ValueError.

    Python's parser descends into what it reads, as far as the limit of recursions goes, and some
    libraries set that higher than the stack allows: a text of brackets would end the process.
    """
    data = text.encode() if isinstance(text, str) else text
    if is_deeper(data, JSON_DEPTH_MAX):
        raise ValueError(f"it is nested more than {JSON_DEPTH_MAX} deep")
    return json.loads(data.decode(), object_pairs_hook=pairs_hook)
