"""The URL of a node, and the part of it that may be shown."""

from urllib.parse import urlsplit

from waypost.errors import ConfigError


def shown(url: str, *schemes: str) -> str:
    """Scheme, host and port: the rest of a URL may hold a user's access key.

    Raises ConfigError for what is no URL with one of these schemes.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in schemes and parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number, a bracket that is not closed
        usable = False
    if not usable:
        raise ConfigError(
            "an RPC endpoint is a URL such as http://127.0.0.1:8545 or ws://127.0.0.1:8546, "
            "or a socket such as ipc:/run/geth.ipc"
        )
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
