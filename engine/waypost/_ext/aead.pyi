def aes_gcm_seal(key: bytes, nonce: bytes, plaintext: bytes, ad: bytes) -> bytes:
    """AES-128-GCM (SP 800-38D): the ciphertext of len(plaintext) bytes, then the tag of 16 bytes.

    key is 16 bytes, nonce 12; ad is authenticated but not part of the result. Raises ConfigError.
    """

def aes_gcm_open(key: bytes, nonce: bytes, ciphertext: bytes, ad: bytes) -> bytes | None:
    """The plaintext of what aes_gcm_seal made, or None if it is too short or its tag is wrong.

    Raises ConfigError if key or nonce has the wrong size.
    """

def aes_ctr(key: bytes, iv: bytes, data: bytes, block_index: int = 0) -> bytes:
    """data XOR the AES-CTR key stream (SP 800-38A) from the block counter iv + block_index on.

    key is 16 bytes (AES-128) or 32 (AES-256); iv is 16 bytes, a big-endian integer modulo
    2**128. Raises ConfigError.
    """

def tiers() -> tuple[str, ...]:
    """The implementations that this CPU can run, best first; the last is always "portable"."""

def tier() -> str:
    """The implementation in use: the best, unless WAYPOST_TIER named another at import."""

def use_tier(name: str) -> None:
    """Switch to one of tiers(), for tests. Keys that were expanded before are void from here on.

    Raises ConfigError on a name that is not in tiers().
    """
