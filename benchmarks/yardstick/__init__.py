"""Frozen references, one for each kind of work: add new ones, never change one.

Each module has run(), a fixed piece of work by somebody else's C code.
"""
