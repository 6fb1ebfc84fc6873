"""The rows that the story is told in."""

from datetime import UTC, datetime

from waypost._ext.envelope import Envelope
from waypost._ext.record import ENR
from waypost.cli.story import Story
from waypost.trust.candidates import TrustedServer
from waypost.trust.verdict import Verdict


class MailStory(Story):
    """The story of how mail is had from a server that is trusted."""

    def letter(self, envelope: Envelope, text: str, archived_count: int) -> None:
        """One that was sent while the client was away."""
        self.say(
            f"  {time_of(envelope)}  {text:<32}  archived by {archived_count} servers",
            letter=envelope.hash.hex(),
            sent=envelope.sent_s,
            pow=envelope.pow,
            archived_by=archived_count,
        )

    def verdict(self, record: ENR, verdict: Verdict) -> None:
        """One row of the table of candidates."""
        provider = str(verdict.provider_id or "-")
        row = f"  {short(record.node_id)}  127.0.0.1:{record.udp:<5}  {provider:^8}  "
        self.say(
            f"{row}{verdict.outcome:<9}  {verdict.why}".rstrip(),
            candidate=record.node_id.hex(),
            provider=verdict.provider_id,
            verdict=verdict.outcome.value,
            reason=verdict.why,
        )

    def picked(self, server: TrustedServer) -> None:
        """One pick."""
        self.say(
            f"  picked {short(server.node_id)} of provider {server.provider_id}",
            picked=server.node_id.hex(),
            provider=server.provider_id,
        )


def short(key: bytes) -> str:
    """A node id or a public key as people tell it from others."""
    return key.hex()[:16]


def time_of(envelope: Envelope) -> str:
    """When it was sent, UTC."""
    return datetime.fromtimestamp(envelope.sent_s, UTC).strftime("%H:%M:%S")
