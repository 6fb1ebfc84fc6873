"""Waypost finds the servers a decentralised app needs, and proves that they may be trusted.

    import waypost

    async def main():
        async with waypost.Node(bootnodes=["enr:..."]) as node, \\
                   waypost.Registry("http://127.0.0.1:8545", address="0x...") as registry:
            finder = waypost.ServerFinder(node, registry, kind="whisper.mailserver", trust=[1])
            async with waypost.MailClient(finder) as mail:   # asks one of the verified, at random
                async for envelope in mail.history(last="24h", topics=["0xdeadbeef"]):
                    print(envelope.hash.hex(), len(envelope.data))

    waypost.run(main())

Errors are in `waypost.errors`, settings in `waypost.config`, what a watch tells in
`waypost.changes`.
"""

from waypost import changes
from waypost._ext.envelope import Envelope
from waypost._ext.record import ENR
from waypost.errors import WaypostError
from waypost.keys import PrivateKey
from waypost.net.discv5.node import Node
from waypost.net.finder import ServerFinder
from waypost.net.mail.client import MailClient
from waypost.net.mail.server import MailServer
from waypost.net.run import run
from waypost.net.sealing import seal
from waypost.net.trust.curation import Curation
from waypost.net.trust.mirror import Mirror
from waypost.net.trust.multicall import ForeignRegistry, Multicall
from waypost.net.trust.policy_file import load_policy, save_policy, update_policy
from waypost.net.trust.registry import Registry
from waypost.net.trust.state_roots import (
    HeaderAgreement,
    StateRootSource,
    TrustedBlock,
    TrustedEndpoint,
)
from waypost.net.trust.verifying import Verifier
from waypost.net.trust.watch import Watch
from waypost.net.whisper.node import WhisperNode
from waypost.net.writing import write_envelope
from waypost.trust.candidates import TrustedServer
from waypost.trust.embedded import EmbeddedChain
from waypost.trust.multicall.calls import CallFailure
from waypost.trust.policy import GrantAt, TrustPolicy
from waypost.trust.verdict import Outcome, Reason, Verdict
from waypost.whisper.message import Message

__all__ = [
    "ENR",
    "CallFailure",
    "Curation",
    "EmbeddedChain",
    "Envelope",
    "ForeignRegistry",
    "GrantAt",
    "HeaderAgreement",
    "MailClient",
    "MailServer",
    "Message",
    "Mirror",
    "Multicall",
    "Node",
    "Outcome",
    "PrivateKey",
    "Reason",
    "Registry",
    "ServerFinder",
    "StateRootSource",
    "TrustPolicy",
    "TrustedBlock",
    "TrustedEndpoint",
    "TrustedServer",
    "Verdict",
    "Verifier",
    "Watch",
    "WaypostError",
    "WhisperNode",
    "changes",
    "load_policy",
    "run",
    "save_policy",
    "seal",
    "update_policy",
    "write_envelope",
]
