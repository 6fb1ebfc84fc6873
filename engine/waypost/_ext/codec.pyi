from typing import final

from waypost._ext.datagrams import Outbox
from waypost._ext.drbg import Drbg
from waypost._ext.record import ENR
from waypost._ext.secp256k1 import SecretKey

@final
class Codec:
    """The sending side of one identity (discv5-wire). protocol is the protocol-id and version, 8
    bytes.
    """

    record: ENR
    """Our own record, as it is now."""

    def __init__(
        self, secret: SecretKey, record: ENR, protocol: bytes, drbg: Drbg, outbox: Outbox
    ) -> None: ...
    @property
    def secret(self) -> SecretKey: ...
    @property
    def drbg(self) -> Drbg: ...
    @property
    def outbox(self) -> Outbox: ...
