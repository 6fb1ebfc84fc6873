"""Reads test vectors: `# name = value` lines, then bytes in hex."""

from pathlib import Path

VECTORS = Path(__file__).parents[1] / "vectors"


def load(name):
    """({name: bytes, or int where the value is decimal, or text}, the bytes) of one file."""
    lines = (VECTORS / name).read_text().splitlines()
    pairs = (line[2:].split(" = ", 1) for line in lines if line.startswith("# "))
    data = "".join(line for line in lines if not line.startswith("#"))
    return {key: value_of(text) for key, text in pairs}, bytes.fromhex(data)


def value_of(text):
    if text.startswith("0x"):
        return bytes.fromhex(text[2:])
    return int(text) if text.isdecimal() else text
