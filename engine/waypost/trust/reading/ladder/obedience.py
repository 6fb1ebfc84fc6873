"""Whether a node heeds the block that it is asked for, where an answer does not say which."""

from collections.abc import Sequence

from waypost._ext.digest import keccak256
from waypost.errors import RpcError
from waypost.trust.exchange import Exchange
from waypost.trust.reading.ladder.learned import Learned
from waypost.trust.reading.ladder.rung import Found, Rung
from waypost.trust.verdict import Block

_NO_BLOCK = Block(0, keccak256(b"no block has this hash"), 0)
_ANSWERS = ("rpc-error", "bad-answer", "wrong-version")  # of a node that was reached


def all_obey(learned: Learned, rungs: Sequence[Rung[bytes, Found]]) -> Exchange[bool]:
    """Whether the node refuses to read a block that does not exist in those of these ways that it
    has. One in which it does not is from now on one that it lacks. Each is tried once.
    """
    obey = True
    for rung in rungs:
        if rung.name not in learned.present or rung.name in learned.obedient:
            continue
        (answer,) = yield [rung.ask(_NO_BLOCK, [])]
        try:
            rung.read(_NO_BLOCK, [], answer)
        except RpcError as error:
            if error.reason in _ANSWERS:
                learned.obedient.add(rung.name)
        else:
            obey = False
            learned.present.remove(rung.name)
            learned.lacking[rung.name] = RpcError("wrong-block", "it reads blocks that are none")
    return obey
