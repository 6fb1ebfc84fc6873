"""What the compiler made of our contracts, as it is committed: ABI, code and its hash."""

import json
from importlib import resources
from typing import Any


def artifact(name: str) -> dict[str, Any]:
    """That of a contract, such as `ServerRegistry`; read anew at each call."""
    file = resources.files("waypost.trust") / "artifacts" / f"{name}.json"
    return dict(json.loads(file.read_text("utf-8")))
