"""Rows of contacts in plain memory; nothing here is for Python callers."""
