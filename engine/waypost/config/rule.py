"""What every room of settings says of a setting that cannot be used."""

from waypost.errors import ConfigError


def require(holds: bool, text: str) -> None:
    """Raises ConfigError with this text where it does not hold."""
    if not holds:
        raise ConfigError(text)
