"""Fixtures that several kinds of tests share."""
from tests.chains import anvil, embedded

__all__ = ["anvil", "embedded"]
