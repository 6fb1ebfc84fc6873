"""Contracts of a few bytes for tests, assembled by hand."""

from tests.chains import ANVIL_KEY
from waypost._ext.secp256k1 import SecretKey
from waypost.config import RegistryConfig
from waypost.net.rpc import RpcEndpoint, rpc_at
from waypost.net.trust.administration import sender_for
from waypost.trust.exchange import hex_bytes

RETURN_WORD = bytes.fromhex("5f5260205ff3")  # MSTORE at 0, RETURN 32 bytes
LISTING = bytes.fromhex("60043554") + RETURN_WORD  # f(bytes32 key): the word in slot `key`
BYTES_LISTING = bytes.fromhex("60443554") + RETURN_WORD  # f(bytes key) of up to 32 bytes

# What MOODY does, by the first byte of the calldata; any other: returns its first word.
STOP, REVERT, REVERT_WORD, LOOP, INVALID, WRITE = range(1, 7)
_BODIES = {
    STOP: bytes.fromhex("00"),
    REVERT: bytes.fromhex("5f5ffd"),
    REVERT_WORD: bytes.fromhex("602a5f5260205ffd"),
    INVALID: bytes.fromhex("fe"),
    WRITE: bytes.fromhex("60015f5500"),
}


def moody() -> bytes:
    """A contract with a way of failing for each first byte of its calldata."""
    moods = [*_BODIES, LOOP]
    head = bytes.fromhex("5f3560f81c")  # the first byte
    tail = bytes.fromhex("5f35") + RETURN_WORD
    place = len(head) + 7 * len(moods) + len(tail)
    tests, bodies = b"", b""
    for mood in moods:
        at = place + len(bodies)
        tests += bytes([0x80, 0x60, mood, 0x14, 0x60, at, 0x57])  # DUP1 PUSH1 EQ PUSH1 JUMPI
        bodies += b"\x5b" + _BODIES.get(mood, bytes([0x60, at, 0x56]))  # JUMPDEST; PUSH1 JUMP
    return head + tests + tail + bodies


def creation(runtime: bytes, storage: dict[bytes, int] | None = None) -> bytes:
    """The code that creates a contract with this code and these words in its storage."""
    stores = b"".join(
        b"\x7f" + word.to_bytes(32, "big") + b"\x7f" + slot + b"\x55"
        for slot, word in (storage or {}).items()
    )
    size = b"\x61" + len(runtime).to_bytes(2, "big")
    start = b"\x61" + (len(stores) + 13).to_bytes(2, "big")
    # PUSH2 size, PUSH2 start, PUSH0, CODECOPY, PUSH2 size, PUSH0, RETURN
    return stores + size + start + b"\x5f\x39" + size + b"\x5f\xf3" + runtime


async def deploy(endpoint: RpcEndpoint, code: bytes) -> bytes:
    """The address of a new contract."""
    config = RegistryConfig()
    rpc = rpc_at(endpoint, config)
    try:
        done = await sender_for(rpc, SecretKey(ANVIL_KEY), None, config).send("deploy", b"", code)
    finally:
        if rpc is not endpoint:
            await rpc.close()
    return hex_bytes(done.receipt.get("contractAddress"))
