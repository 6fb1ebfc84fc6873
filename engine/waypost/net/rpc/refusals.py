"""Nodes that cannot be reached, or refuse to talk, as RpcErrors."""

import os
import re
from collections.abc import Mapping
from ssl import SSLError

from waypost.errors import RpcError
from waypost.trust.one_line import one_line

_SECONDS = re.compile(r"\d{1,9}")
_TOO_MANY_REQUESTS = 429


def unreachable(name: str, error: Exception) -> RpcError:
    """Why a connection failed, in the system's words where the system refused it."""
    number = None if isinstance(error, SSLError) else getattr(error, "errno", None)
    cause = os.strerror(number) if number and number > 0 else one_line(error)
    return RpcError("unreachable", f"{name}: {cause}")


def refused(name: str, status: int, reason: str | None, headers: Mapping[str, str]) -> RpcError:
    """An HTTP status that is no answer, and how long the node wants to be left alone."""
    wait = headers.get("Retry-After", "").strip()
    return RpcError(
        "rate-limited" if status == _TOO_MANY_REQUESTS else "http-status",
        f"{name} answered {one_line(f'{status} {reason}')}",
        code=status,
        retry_after_s=float(wait) if _SECONDS.fullmatch(wait) else None,
    )
