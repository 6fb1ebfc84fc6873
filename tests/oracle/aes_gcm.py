"""AES-128 (FIPS 197), CTR (SP 800-38A) and GCM (SP 800-38D) as their specifications say it."""

POLYNOMIAL = 0x11B  # x^8 + x^4 + x^3 + x + 1


def _multiply(a: int, b: int) -> int:
    """FIPS 197 section 4.2."""
    product = 0
    for bit in range(8):
        if b >> bit & 1:
            product ^= a << bit
    for bit in range(14, 7, -1):
        if product >> bit & 1:
            product ^= POLYNOMIAL << (bit - 8)
    return product


def _substitute(byte: int) -> int:
    """FIPS 197 section 5.1.1: the inverse (0 for 0), then the affine map."""
    inverse = next((x for x in range(256) if _multiply(byte, x) == 1), 0)
    rotations = [(inverse << n | inverse >> (8 - n)) & 0xFF for n in range(5)]
    result = 0x63
    for rotated in rotations:
        result ^= rotated
    return result


SBOX = [_substitute(byte) for byte in range(256)]
DOUBLE = [_multiply(byte, 2) for byte in range(256)]
TRIPLE = [_multiply(byte, 3) for byte in range(256)]


def expand_key(key: bytes) -> list[bytes]:
    """FIPS 197 section 5.2: eleven round keys."""
    words = [key[i : i + 4] for i in range(0, 16, 4)]
    rcon = 1
    for i in range(4, 44):
        word = words[-1]
        if i % 4 == 0:
            word = bytes(SBOX[b] for b in word[1:] + word[:1])
            word = bytes([word[0] ^ rcon]) + word[1:]
            rcon = _multiply(rcon, 2)
        words.append(_xor(word, words[-4]))
    return [b"".join(words[i : i + 4]) for i in range(0, 44, 4)]


def encrypt_block(round_keys: list[bytes], block: bytes) -> bytes:
    """FIPS 197 section 5.1."""
    state = _xor(block, round_keys[0])
    for round_key in round_keys[1:]:
        state = bytes(SBOX[b] for b in state)
        state = bytes(state[(i + 4 * (i % 4)) % 16] for i in range(16))  # ShiftRows
        if round_key is not round_keys[-1]:
            state = b"".join(_mix_column(state[i : i + 4]) for i in range(0, 16, 4))
        state = _xor(state, round_key)
    return state


def _mix_column(column: bytes) -> bytes:
    return bytes(
        DOUBLE[column[i]] ^ TRIPLE[column[(i + 1) % 4]] ^ column[(i + 2) % 4] ^ column[(i + 3) % 4]
        for i in range(4)
    )


def _xor(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=False))


def ctr(key: bytes, iv: bytes, data: bytes, block_index: int = 0) -> bytes:
    """SP 800-38A section 6.5, the whole block being the counter."""
    round_keys = expand_key(key)
    out = b""
    for offset in range(0, len(data), 16):
        counter = (int.from_bytes(iv) + block_index + offset // 16) % 2**128
        stream = encrypt_block(round_keys, counter.to_bytes(16))
        out += _xor(data[offset : offset + 16], stream)
    return out


def _gf_multiply(x: int, y: int) -> int:
    """SP 800-38D section 6.3: the leftmost bit is x^0."""
    z, v = 0, y
    for i in range(128):
        if x >> (127 - i) & 1:
            z ^= v
        v = v >> 1 ^ (0xE1 << 120 if v & 1 else 0)
    return z


def _ghash(h: bytes, data: bytes) -> bytes:
    """SP 800-38D section 6.4."""
    y = 0
    for offset in range(0, len(data), 16):
        y = _gf_multiply(y ^ int.from_bytes(data[offset : offset + 16]), int.from_bytes(h))
    return y.to_bytes(16)


def _tag(key: bytes, nonce: bytes, ciphertext: bytes, ad: bytes) -> bytes:
    h = encrypt_block(expand_key(key), bytes(16))
    padded = [part + bytes(-len(part) % 16) for part in (ad, ciphertext)]
    lengths = (8 * len(ad)).to_bytes(8) + (8 * len(ciphertext)).to_bytes(8)
    return ctr(key, nonce + b"\0\0\0\1", _ghash(h, b"".join(padded) + lengths))


def seal(key: bytes, nonce: bytes, plaintext: bytes, ad: bytes) -> bytes:
    """SP 800-38D section 7.1, for a nonce of 12 bytes and a tag of 16."""
    ciphertext = ctr(key, nonce + b"\0\0\0\2", plaintext)
    return ciphertext + _tag(key, nonce, ciphertext, ad)


def unseal(key: bytes, nonce: bytes, sealed: bytes, ad: bytes) -> bytes | None:
    """SP 800-38D section 7.2."""
    if len(sealed) < 16 or sealed[-16:] != _tag(key, nonce, sealed[:-16], ad):
        return None
    return ctr(key, nonce + b"\0\0\0\2", sealed[:-16])
