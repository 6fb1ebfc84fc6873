"""Where the state root comes from against which a registry's words are proven: the user's choice.

Without such a choice words are taken as an endpoint gives them. URLs may hold access keys: they
are left out of every repr.
"""

import re
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from waypost.config import ENDPOINT_COUNT_MAX
from waypost.errors import ConfigError

_URL = re.compile(r"[!-~]{1,2048}")


@dataclass(frozen=True, slots=True)
class EndpointRoots:
    """Of the endpoint that gives the proofs: its words then belong to the state that it names."""


@dataclass(frozen=True, slots=True)
class AgreedRoots:
    """Of the block that `count` of these endpoints name alike. Raises ConfigError."""

    count: int
    endpoints: tuple[str, ...] = field(repr=False)

    def __post_init__(self) -> None:
        check_urls(self.endpoints)
        if type(self.count) is not int or not 2 <= self.count <= len(self.endpoints):
            raise ConfigError(
                f"{self.count!r} of {len(self.endpoints)} endpoints cannot agree: "
                "at least two have to, and no more than there are"
            )


@dataclass(frozen=True, slots=True)
class LightClientRoots:
    """Of the light client that answers JSON-RPC at this URL. Raises ConfigError."""

    url: str = field(repr=False)

    def __post_init__(self) -> None:
        check_urls((self.url,))


StateRoots: TypeAlias = EndpointRoots | AgreedRoots | LightClientRoots


def check_urls(urls: Any) -> None:
    """Raises ConfigError for what is no list of different URLs, without repeating any."""
    if not isinstance(urls, tuple) or len(urls) > ENDPOINT_COUNT_MAX:
        raise ConfigError(f"name at most {ENDPOINT_COUNT_MAX} endpoints")
    if not all(isinstance(url, str) and _URL.fullmatch(url) for url in urls):
        raise ConfigError("a URL is printable ASCII without spaces, at most 2048 characters")
    if len(set(urls)) < len(urls):
        raise ConfigError("an endpoint is named twice: it would count twice")
