"""One tree of errors.

A hostile packet or a failing peer never raises: only the caller's own mistakes do.
"""


class WaypostError(Exception):
    """The root of everything that Waypost raises. Its text is one line that says what to do."""


class ConfigError(WaypostError, ValueError):
    """A setting that cannot be used: out of range, or at odds with another one."""


class KeyFileError(WaypostError):
    """A key, or a file that should hold one, cannot be read, written or used."""


class ReasonedError(WaypostError):
    """An error that programs tell apart: `reason` is a fixed name, the text says more."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


class RecordError(ReasonedError, ValueError):
    """A node record (EIP-778) that is refused; `reason` is a fixed name like `bad-signature`."""


class EnvelopeError(ReasonedError, ValueError):
    """A Whisper envelope that is refused; `reason` is a fixed name like `bad-topic`."""


class MessageError(ReasonedError, ValueError):
    """What an envelope held is no message; `reason` is a fixed name like `bad-signature`."""


class NotEnoughWork(WaypostError):
    """No nonce was found in time that gives an envelope the proof of work that was wanted."""


class NodeError(WaypostError):
    """The node cannot do what was asked: it is closed, or its address cannot be bound."""


class RequestTimeout(WaypostError):
    """A peer did not answer in time."""


class RequestRefused(WaypostError):
    """A peer did not let our handshake succeed."""


class TooManyRequests(WaypostError):
    """As many requests are open as the settings allow: await some of them first."""


class LinkError(ReasonedError):
    """No RLPx connection to a peer; `reason` is a fixed name like `unreachable` or `refused`."""


class ArchiveError(ReasonedError):
    """The archive cannot be used; `reason` is a fixed name like `full`, `corrupt` or `closed`."""


class MailError(ReasonedError):
    """No mail was had from a server; `reason` is a fixed name like `refused` or `silent`."""


class RegistryError(WaypostError):
    """The registry or chain refuses what was asked: a transaction failed, or is not allowed."""


class TooMuchGas(RegistryError):
    """A transaction needs more gas than one may have (EIP-7825): do less in it."""


class Overtaken(RegistryError):
    """Nothing was sent: the account was used by somebody else, or by an earlier run, meanwhile."""


class MetadataError(WaypostError):
    """A provider's description is not shown; `reason` is a fixed name like `wrong-hash`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class RpcError(WaypostError):
    """A JSON-RPC endpoint could not be asked, or its answer cannot be used. Never a verdict.

    `reason` is a short fixed name, such as `unreachable` or `wrong-chain`, or, of an answer that
    does not prove what it says, `bad-proof`, `bad-header` or `wrong-code`. Where the endpoint
    answered with an error of its own (`rpc-error`), `code` is its number and `data` what came with
    it, such as the bytes of a revert. `code` is the HTTP status where that is the error
    (`http-status`, `rate-limited`), and `retry_after_s` how long the endpoint wants to be left
    alone, if it said so.
    """

    def __init__(
        self,
        reason: str,
        detail: str = "",
        *,
        code: int | None = None,
        data: bytes = b"",
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail
        self.code = code
        self.data = data
        self.retry_after_s = retry_after_s


class NothingTrusted(WaypostError):
    """No trusted server was found in time. The text says what was seen."""
