"""What a transaction takes: its gas, and what is offered for it (EIP-1559)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

GAS_MAX = 16_777_216  # EIP-7825: of one transaction
_GAS_MARGIN = 1.2  # of the estimate: the state may change before the transaction runs
_BASE_FEE_MARGIN = 2  # covers six full blocks in a row (EIP-1559)


class Price(NamedTuple):
    """What is offered for a unit of gas, in wei."""

    fee_max: int  # in all
    tip: int  # beside the base fee

    def bids(self, fee_wei_max: int) -> Iterator["Price"]:
        """What to offer, one after the other, for the place of a transaction that waits.

        Nobody tells what that one offers, and nodes want more of both, mostly by a tenth. The
        first offer is an eighth more than this one, and each raises by twice as much as the one
        before, up to `fee_wei_max`.
        """
        bid, eighths = self, 1
        while bid.tip < fee_wei_max:
            raised = (max(1, price) * (8 + eighths) // 8 + 1 for price in self)
            bid = Price(*(min(price, fee_wei_max) for price in raised))
            yield bid
            eighths *= 2


@dataclass(frozen=True, slots=True)
class Quote:
    """What the node says that a transaction takes."""

    chain_id: int
    count: int  # of the account's transactions, those that wait included
    base_fee: int  # in wei per unit of gas
    tip: int  # likewise
    gas: int

    @property
    def gas_max(self) -> int:
        return min(int(self.gas * _GAS_MARGIN), GAS_MAX)

    @property
    def price(self) -> Price:
        return Price(_BASE_FEE_MARGIN * self.base_fee + self.tip, self.tip)
