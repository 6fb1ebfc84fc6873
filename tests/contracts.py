"""A small contract for tests of the embedded chain, and how to use it."""

from typing import Any

from tests.chains import GENESIS_S
from waypost._ext.digest import keccak256
from waypost._ext.secp256k1 import SecretKey
from waypost.net.trust.transactions import signed_transaction
from waypost.trust.embedded import EmbeddedChain
from waypost.trust.exchange import Call

KEY = SecretKey(b"\x01" * 32)
# Without calldata it reverts with 0xdeadbeef. Else it stores the first word in slot 0, logs it
# under topic 7, and returns the number and the timestamp of the block.
RUNTIME = bytes.fromhex(
    "3660105763deadbeef5f526004601cfd" + "5b5f35805f555f52600760205fa1435f524260205260405ff3"
)
EMITTER = b"\xee" * 20  # where `plant` puts it


def ask(chain: EmbeddedChain, method: str, *params: Any, now_s: int = GENESIS_S) -> Any:
    return chain.answer(Call(method, list(params)), now_s)


def signed(**fields: Any) -> bytes:
    plain = {"chainId": 31337, "nonce": 0, "maxPriorityFeePerGas": 0, "maxFeePerGas": 0, "gas": 1}
    return signed_transaction(KEY, plain | fields)


def send(
    chain: EmbeddedChain,
    to: bytes,
    data: bytes,
    *,
    now_s: int = GENESIS_S,
    gas_max: int = 1_000_000,
    **changes: Any,
) -> dict[str, Any]:
    count = ask(chain, "eth_getTransactionCount", "0x" + KEY.address.hex(), "latest")
    fields = {"nonce": int(count, 16), "gas": gas_max, "to": to, "data": data}
    raw = signed(**fields | changes)
    hash_ = ask(chain, "eth_sendRawTransaction", "0x" + raw.hex(), now_s=now_s)
    assert hash_ == "0x" + keccak256(raw).hex()
    receipt = ask(chain, "eth_getTransactionReceipt", hash_)
    assert receipt["transactionHash"] == hash_
    return receipt


def call(chain: EmbeddedChain, to: bytes, data: bytes, where: Any = "latest") -> bytes:
    message = {"to": "0x" + to.hex(), "data": "0x" + data.hex()}
    return bytes.fromhex(ask(chain, "eth_call", message, where)[2:])


def stored(chain: EmbeddedChain, to: bytes, where: Any = "latest") -> bytes:
    """What is in slot 0."""
    return bytes.fromhex(ask(chain, "eth_getStorageAt", "0x" + to.hex(), "0x0", where)[2:])


def plant(chain: EmbeddedChain) -> None:
    """Puts the contract at EMITTER, in a block of its own."""
    chain.rewrite(EMITTER, GENESIS_S, code=RUNTIME)


def creation(code: bytes) -> bytes:
    """What creates a contract with this code."""
    return bytes.fromhex(f"61{len(code):04x}80600c5f395ff3").ljust(12, b"\0") + code
