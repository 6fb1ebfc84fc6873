"""Deploying a contract: as the account's own creation, or by CREATE2 at a predictable address."""

from collections.abc import Callable

from waypost.errors import RegistryError, RpcError
from waypost.net.rpc import Rpc
from waypost.net.trust.administration.base import Acts
from waypost.trust.address import address_text
from waypost.trust.administration.deployment import FACTORY, create2_address, salt_word
from waypost.trust.exchange import Call, hex_bytes


async def deploy(
    maker: Acts, creation: Callable[[bytes], bytes], salt: str | bytes | None
) -> bytes:
    """The address of a contract, which the account of `maker` deploys where it is missing.

    `creation` gives its creation code, by the address of that account; that of `maker` itself does
    not matter. Raises ConfigError without an account, RegistryError, RpcError.
    """
    sender = maker._needed("deploy")
    code = creation(sender.address)
    if salt is None:
        to, data, address = b"", code, None
    else:
        word = salt_word(salt)
        to, data, address = FACTORY, word + code, create2_address(word, code)
        if await _has_code(maker._rpc, address):
            return address
        if not await _has_code(maker._rpc, FACTORY):
            raise RegistryError(
                f"deploy: this chain has no deployment proxy at {address_text(FACTORY)}: deploy "
                "that first, or leave out the salt"
            )
    done = await (sender.rehearse if maker._dry_run else sender.send)("deploy", to, data)
    if maker._on_transaction is not None:
        maker._on_transaction(done.transaction)
    address = address or done.transaction.contract
    if address is None:
        raise RpcError("bad-answer", "the receipt does not tell the new contract's address")
    return address


async def _has_code(rpc: Rpc, address: bytes) -> bool:
    where = f"0x{address.hex()}"
    return bool(hex_bytes(await rpc.request(Call("eth_getCode", [where, "latest"]))))
