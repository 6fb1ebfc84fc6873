"""One HTTP/1.1 answer as it comes in, piece by piece: parsed by llhttp, bounded here."""

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from waypost.errors import RpcError
from waypost.net.rpc.refusals import refused

_HEAD_SIZE_MAX_B = 64 << 10
_OK = 200


class HttpAnswer:
    """The answer of the node `name`, with a body of at most `size_max_b`."""

    def __init__(self, name: str, size_max_b: int) -> None:
        self.is_complete = False
        self.keeps_alive = False  # the connection may carry another request
        self._name = name
        self._size_max_b = size_max_b
        self._received_b = 0
        self._body_b = 0
        self._pieces: list[bytes] = []
        self._parser = HttpResponseParser(self)
        self._begin()

    @property
    def has_begun(self) -> bool:
        """Whether anything has come of it."""
        return self._received_b > 0

    def body(self) -> bytes:
        """The body of a complete answer. Raises RpcError if its status is not 200."""
        if self._status != _OK:
            reason = self._reason.decode("latin-1")
            raise refused(self._name, self._status, reason, {"Retry-After": self._retry_after})
        return b"".join(self._pieces)

    def feed(self, data: bytes) -> None:
        """Takes the next bytes of the connection. Raises RpcError (`too-large`, `not-http`)."""
        self._received_b += len(data)
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade):
            self.keeps_alive = False  # what comes after a complete answer does not spoil it
            if not self.is_complete:
                raise RpcError("not-http", f"{self._name} does not speak HTTP") from None
        # Only the body counts for the user's limit; what wraps it has a generous one.
        wire_max_b = _HEAD_SIZE_MAX_B + (2 * self._size_max_b if self._has_head else 0)
        if self._body_b > self._size_max_b or self._received_b > wire_max_b:
            raise RpcError("too-large", f"{self._name} sent more than {self._size_max_b} bytes")

    def end(self) -> None:
        """Takes that the connection is at its end, as some answers are told to be."""
        self.keeps_alive = False
        self.is_complete |= self._has_head and not self._has_size

    # ------------------------------------------------------------ what the parser calls

    def on_message_begin(self) -> None:
        if self.is_complete:
            raise HttpParserError("an answer that nobody asked for")

    def on_status(self, status: bytes) -> None:
        self._reason += status

    def on_header(self, name: bytes, value: bytes) -> None:
        match name.lower():
            case b"content-length" | b"transfer-encoding":
                self._has_size = True
            case b"retry-after":
                self._retry_after = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self._has_head = True
        self._status = self._parser.get_status_code()

    def on_body(self, piece: bytes) -> None:
        self._body_b += len(piece)
        self._pieces.append(piece)

    def on_message_complete(self) -> None:
        if self._status < _OK:  # informational: the answer follows
            self._begin()
        else:
            self.is_complete = True
            self.keeps_alive = self._parser.should_keep_alive()

    def _begin(self) -> None:
        self._has_head = False
        self._has_size = False
        self._status = 0
        self._reason = b""
        self._retry_after = ""
