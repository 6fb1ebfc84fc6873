"""The archive of a mail server in SQLite, and the keeper that has it on threads of its own."""

from waypost.net.archive.keeper import Keeper
from waypost.net.archive.sqlite import SqliteArchive

__all__ = ["Keeper", "SqliteArchive"]
