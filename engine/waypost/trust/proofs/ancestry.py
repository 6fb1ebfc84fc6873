"""Whether a block is an ancestor of another one, proven by the chain's own memory (EIP-2935).

Since Prague a contract keeps the hashes of the last blocks, where the chain itself writes them. So
the state after a block tells its ancestors, and no node need be believed.
"""

from waypost.errors import RpcError
from waypost.trust.exchange import Answer, Call
from waypost.trust.proofs.evidence import ProvenContract, evidence_in, proof_call
from waypost.trust.proofs.header import Header
from waypost.trust.verdict import Block

_ADDRESS = bytes.fromhex("0000f90827f1c53a10cb7a02335b175320002935")
_CODE_HASH = bytes.fromhex("6e49e66782037c0555897870e29fa5e552daf4719552131a0abce779daec0a5d")
_WINDOW = 8191  # EIP-2935, HISTORY_SERVE_WINDOW: blocks whose hashes are kept


def ancestor_calls(block: Block, header: Header) -> list[Call]:
    """What a node is asked so that it proves that the block is an ancestor of that of the header.

    Nothing if there is nothing to ask: it is the same block, or one that cannot be shown to be.
    """
    if not 0 < header.number - block.number <= _WINDOW:
        return []
    return [proof_call(_ADDRESS, [_slot(block)], header.block)]


def is_ancestor(block: Block, header: Header, answers: list[Answer]) -> bool:
    """Whether the block is that of the header, or the answers to `ancestor_calls` prove that it is
    an ancestor of it. Anything else in them proves nothing.
    """
    if not answers:
        return block.hash == header.hash
    slots = [_slot(block)]
    history = ProvenContract(_ADDRESS, header.state_root, _CODE_HASH)
    try:
        return history.words(slots, evidence_in(answers[0], slots)) == block.hash
    except RpcError:
        return False


def _slot(block: Block) -> bytes:
    return (block.number % _WINDOW).to_bytes(32, "big")
