"""Deploying a contract: as the account's own creation, or by CREATE2 at a predictable address."""

from typing import TYPE_CHECKING

from waypost.errors import RegistryError, RpcError
from waypost.net.rpc import Rpc
from waypost.net.trust.administration.base import OnTransaction
from waypost.trust.address import address_text
from waypost.trust.administration.deployment import FACTORY, create2_address, salt_word
from waypost.trust.exchange import Call, hex_bytes

if TYPE_CHECKING:
    from waypost.net.trust.transactions import Sender


async def deploy(
    rpc: Rpc,
    sender: "Sender",
    code: bytes,
    salt: str | bytes | None,
    dry_run: bool,
    on_transaction: OnTransaction | None,
) -> bytes:
    """The address of a contract with this creation code, which is deployed where it is missing.

    Raises RegistryError, RpcError.
    """
    if salt is None:
        to, data, address = b"", code, None
    else:
        word = salt_word(salt)
        to, data, address = FACTORY, word + code, create2_address(word, code)
        if await _has_code(rpc, address):
            return address
        if not await _has_code(rpc, FACTORY):
            raise RegistryError(
                f"deploy: this chain has no deployment proxy at {address_text(FACTORY)}: deploy "
                "that first, or leave out the salt"
            )
    done = await (sender.rehearse if dry_run else sender.send)("deploy", to, data)
    if on_transaction is not None:
        on_transaction(done.transaction)
    address = address or done.transaction.contract
    if address is None:
        raise RpcError("bad-answer", "the receipt does not tell the new contract's address")
    return address


async def _has_code(rpc: Rpc, address: bytes) -> bool:
    where = f"0x{address.hex()}"
    return bool(hex_bytes(await rpc.request(Call("eth_getCode", [where, "latest"]))))
