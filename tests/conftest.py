"""Fixtures and settings that several kinds of tests share."""

from hypothesis import settings

from tests.chains import anvil, embedded
from tests.crowds import world

__all__ = ["anvil", "embedded", "world"]

settings.register_profile("waypost", deadline=None)  # a busy machine is slow, not wrong
settings.load_profile("waypost")
