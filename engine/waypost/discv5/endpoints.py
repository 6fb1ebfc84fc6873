"""Which of a record's endpoints we can use."""

from dataclasses import dataclass

from waypost._ext.record import ENR


@dataclass(frozen=True, slots=True)
class Families:
    """The address families that the driver has a socket for."""

    ipv4: bool = True
    ipv6: bool = False

    def address_of(self, record: ENR) -> bytes | None:
        """The 18-byte address to send to, IPv4 first; None where the record has no endpoint for
        us.
        """
        address = record.endpoint() if self.ipv4 else None
        if address is None and self.ipv6:
            address = record.endpoint(ipv6=True)
        return address
