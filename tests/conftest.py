"""Fixtures and settings that several kinds of tests share."""

from hypothesis import settings

from tests.chains import anvil, embedded

__all__ = ["anvil", "embedded"]

settings.register_profile("waypost", deadline=None)  # a busy machine is slow, not wrong
settings.load_profile("waypost")
