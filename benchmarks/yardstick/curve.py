"""secp256k1 by libsecp256k1: the verification of one signature."""

from coincurve import PrivateKey

KEY = PrivateKey(bytes([1] * 32))
SIGNATURE = KEY.sign(b"yardstick")


def run() -> bool:
    return KEY.public_key.verify(SIGNATURE, b"yardstick")
