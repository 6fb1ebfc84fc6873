"""What every rung of the ladder is: a way to ask a node about many items in one request."""

from collections.abc import Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

from waypost.errors import RpcError
from waypost.trust.exchange import Answer, Batch, Call
from waypost.trust.verdict import Block

Item = TypeVar("Item")
Found = TypeVar("Found")
Item_contra = TypeVar("Item_contra", contravariant=True)
Found_co = TypeVar("Found_co", covariant=True)


class Rung(Protocol[Item_contra, Found_co]):
    """One way to read. `name` tells it from the others of an endpoint."""

    @property
    def name(self) -> str: ...

    @property
    def item_count_max(self) -> int:
        """Items that fit into one request, whatever the node allows."""

    def ask(self, block: Block, items: Sequence[Item_contra]) -> Call | Batch:
        """The request about these items in the state after this block, and in no other."""

    def read(self, block: Block, items: Sequence[Item_contra], answer: Answer) -> Found_co:
        """What the answer to `ask` says. Raises RpcError: `unsupported` if this is no way here."""


class Part(NamedTuple, Generic[Found]):
    """What was found about the items from `start` to before `stop`, or why nothing was."""

    start: int
    stop: int
    found: Found | RpcError
