def logdistance(a: bytes, b: bytes) -> int:
    """0 for equal node ids, else 1 to 256: the bit length of their XOR. Raises ConfigError."""

def closer(target: bytes, a: bytes, b: bytes) -> bool:
    """Whether node id a is strictly closer to target than b is. Raises ConfigError."""
