"""A node that lies: what the demo verifies through, to be fooled once and never again."""

from collections.abc import Sequence
from typing import Any

from waypost.net.rpc import Rpc
from waypost.trust.exchange import Answer, Call


class LyingNode:
    """Answers as an honest node does, but for one storage slot of a contract.

    Of that slot it tells what is true of another one: of an impostor, what the registry holds on
    a server that is listed. Asked for a proof, it hands over the other slot's, which is genuine:
    the best that can be had without breaking the hash function.
    """

    def __init__(self, honest: Rpc, slot: bytes, other: bytes) -> None:
        """`slot` is lied about, with what is in the `other`: 32 bytes each."""
        self._honest = honest
        self._slot, self._other = (f"0x{each.hex()}" for each in (slot, other))
        self.lie_count = 0

    async def request(self, call: Call) -> Any:
        return self._told(call, await self._honest.request(self._asked(call)))

    async def batch(self, calls: Sequence[Call]) -> list[Answer]:
        answers = await self._honest.batch([self._asked(call) for call in calls])
        return list(map(self._told, calls, answers))

    async def close(self) -> None:
        await self._honest.close()

    def _asked(self, call: Call) -> Call:
        """The question as it goes on to the honest node."""
        match call.method, call.params:
            case "eth_getStorageValues", [slots_by_address, *rest]:
                asked = {who: self._swapped(slots) for who, slots in slots_by_address.items()}
                return Call(call.method, [asked, *rest])
            case "eth_getProof", [address, slots, *rest]:
                return Call(call.method, [address, self._swapped(slots), *rest])
        return call

    def _swapped(self, slots: Sequence[str]) -> list[str]:
        self.lie_count += slots.count(self._slot)
        return [self._other if slot == self._slot else slot for slot in slots]

    def _told(self, call: Call, answer: Answer) -> Answer:
        """The answer under the name of what was asked for."""
        if call.method == "eth_getProof" and isinstance(answer, dict):
            proofs = zip(call.params[1], answer["storageProof"], strict=True)
            return {**answer, "storageProof": [{**each, "key": slot} for slot, each in proofs]}
        return answer
