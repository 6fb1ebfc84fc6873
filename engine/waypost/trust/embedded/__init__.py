"""A chain inside the process: an EVM that answers the JSON-RPC calls which the registry needs.

For the demonstration and the tests: no network, no other program, no clock (the time is an
argument). Each transaction makes a block, and `mine` makes one without.

What it says is true: headers hash to their block's hash (the field list of Cancun), roots are
those of the state, of the transactions and of the receipts, gas is counted as anywhere else, and
storage proofs check. What it does not have: fees (gas is free, whatever a transaction offers, so
an account needs funds only for the value that it sends), BLOCKHASH, and transactions of any type
but EIP-1559.

The newest blocks can be asked for, with their logs and receipts, and the state of the newest of
those, by tag, number or hash; whatever is older is refused as `pruned` (config/ has the bounds).
"""

from waypost.trust.embedded.chain import CHAIN_ID, EmbeddedChain
from waypost.trust.embedded.machine import BLOCK_GAS_MAX

__all__ = ["BLOCK_GAS_MAX", "CHAIN_ID", "EmbeddedChain"]
