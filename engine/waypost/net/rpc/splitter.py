"""Cuts a stream of JSON objects and arrays into messages, with or without white space between."""

import re

from waypost.errors import RpcError

_IN_STRING = re.compile(rb'["\\]')
_OUTSIDE = re.compile(rb'["{}\[\]]')
_SPACE = b" \t\r\n"


class Splitter:
    """The bytes of a stream go in as they come; whole messages come out.

    Every byte is looked at once. A message is as long as its brackets say; whether it is JSON is
    for others to find out.
    """

    def __init__(self, size_max_b: int) -> None:
        self._size_max_b = size_max_b
        self._buffer = bytearray()
        self._at = 0  # the next byte to look at
        self._depth = 0  # brackets that are open
        self._in_string = False

    @property
    def is_between(self) -> bool:
        """Whether no message has begun."""
        return not self._buffer.strip(_SPACE)

    def feed(self, piece: bytes) -> None:
        """Takes the next bytes of the stream."""
        self._buffer += piece

    def next(self) -> bytes | None:
        """The next whole message, or None until more bytes are there.

        Raises RpcError: `not-json` at something that is no object or array, `too-large`.
        """
        if self._depth == 0:
            self._start()
        end = self._end()
        if (end or len(self._buffer)) > self._size_max_b:
            raise RpcError("too-large", f"a message of more than {self._size_max_b} bytes")
        if end is None:
            return None
        message = bytes(self._buffer[:end])
        del self._buffer[:end]
        self._at = 0
        return message

    def _start(self) -> None:
        del self._buffer[: len(self._buffer) - len(self._buffer.lstrip(_SPACE))]
        if self._buffer and not self._buffer.startswith((b"{", b"[")):
            raise RpcError("not-json", "a message that is neither an object nor an array")

    def _end(self) -> int | None:
        """Where the message ends, if all of it is there."""
        while found := (_IN_STRING if self._in_string else _OUTSIDE).search(
            self._buffer, self._at
        ):
            self._at = found.end()
            match found[0]:
                case b'"':
                    self._in_string = not self._in_string
                case b"\\":
                    self._at += 1  # and what it escapes, which may not be there yet
                case b"{" | b"[":
                    self._depth += 1
                case _:
                    self._depth -= 1
                    if self._depth == 0:
                        return self._at
        self._at = max(self._at, len(self._buffer))
        return None
