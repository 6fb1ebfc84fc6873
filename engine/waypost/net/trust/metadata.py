"""Fetches the document in which a provider describes itself, from wherever it says."""

import asyncio
from urllib.parse import urljoin, urlsplit

import aiohttp

from waypost.errors import MetadataError
from waypost.trust.administration.metadata import DOCUMENT_SIZE_MAX_B

_REDIRECT_COUNT_MAX = 3
_REDIRECTS = {301, 302, 303, 307, 308}
_READ_SIZE_B = 1 << 14


async def fetch_document(uri: str, timeout_s: float = 10.0) -> bytes:
    """The document at an http or https URI, at most DOCUMENT_SIZE_MAX_B. To be checked.

    A redirection may lead from http to https, and to no other scheme. Raises MetadataError:
    `not-http`, `unreachable`, `too-large`.
    """
    _require_http(uri, ("http", "https"))
    try:
        async with (
            asyncio.timeout(timeout_s),
            aiohttp.ClientSession(auto_decompress=False) as session,
        ):
            return await _get(session, uri)
    except TimeoutError:
        raise MetadataError("unreachable", f"no description in {timeout_s:g} s") from None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        words = " ".join(str(error).split()) or type(error).__name__
        raise MetadataError("unreachable", f"the description cannot be fetched: {words}") from None


async def _get(session: aiohttp.ClientSession, uri: str) -> bytes:
    for _ in range(_REDIRECT_COUNT_MAX + 1):
        async with session.get(
            uri, allow_redirects=False, headers={"Accept-Encoding": "identity"}
        ) as response:
            if response.status in _REDIRECTS:
                scheme = urlsplit(uri).scheme.lower()
                uri = urljoin(uri, response.headers.get("Location", ""))
                _require_http(uri, ("https",) if scheme == "https" else ("http", "https"))
                continue
            if response.status != 200:
                raise MetadataError("unreachable", f"its server answered {response.status}")
            document = bytearray()
            async for piece in response.content.iter_chunked(_READ_SIZE_B):
                document += piece
                if len(document) > DOCUMENT_SIZE_MAX_B:
                    size_b = DOCUMENT_SIZE_MAX_B
                    raise MetadataError("too-large", f"it has more than {size_b} bytes: not shown")
            return bytes(document)
    raise MetadataError("unreachable", "its server redirects again and again")


def _require_http(uri: str, schemes: tuple[str, ...]) -> None:
    try:
        scheme = urlsplit(uri).scheme.lower()
    except ValueError:
        scheme = ""
    if scheme not in schemes:
        wanted = " or ".join(schemes)
        raise MetadataError(
            "not-http", f"only {wanted} is fetched: get the document yourself and give --metadata"
        )
