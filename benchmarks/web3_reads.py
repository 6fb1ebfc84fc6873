"""A thousand words of a registry, as a user of web3.py reads them: Multicall3's `aggregate3`.

Multicall3 itself is on most public chains and not on a fresh one of anvil. Its place takes a
contract of ours with the same `aggregate3`, which only reads and so has less to do.
"""

from collections.abc import Callable, Sequence

from web3 import HTTPProvider, Web3

from tests.listed import Listed, ask_all
from waypost.trust.artifact import artifact

MULTICALL3 = "0xcA11bde05977b3631167028862bE2a173976CA11"


def reader(listed: Listed, kind: bytes, node_ids: Sequence[bytes]) -> Callable[[], list[bytes]]:
    """What reads the words of these servers, 32 bytes each."""
    code = artifact("BatchReader")["deployedBytecode"]
    ask_all(listed.url, [("anvil_setCode", [MULTICALL3, code])])
    web3 = Web3(HTTPProvider(listed.url))
    registry = web3.eth.contract(listed.address, abi=artifact("ServerRegistry")["abi"])
    multicall = web3.eth.contract(MULTICALL3, abi=artifact("BatchReader")["abi"])

    def read() -> list[bytes]:
        calls = [
            (registry.address, True, registry.encode_abi("resourceWords", [kind, [node_id]]))
            for node_id in node_ids
        ]
        results = multicall.functions.aggregate3(calls).call()
        return [
            web3.codec.decode(["uint256[]"], data)[0][0].to_bytes(32, "big") for _, data in results
        ]

    return read
