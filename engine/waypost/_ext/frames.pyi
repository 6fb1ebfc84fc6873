from typing import NoReturn, Self, final

@final
class FrameCodec:
    """Seals and opens the frames of one RLPx connection (rlpx.md, "Framing").

    aes_secret and mac_secret are 32 bytes; egress and ingress are what the two MACs begin with:
    (mac_secret ^ nonce) || handshake packet. frame_size_max_b bounds the frame-size that is
    accepted and made, 1 to 2**24 - 1. Raises ConfigError. Not for two threads at once. Keys and
    MACs are wiped when it is freed.
    """

    def __new__(
        cls,
        aes_secret: bytes,
        mac_secret: bytes,
        egress: bytes,
        ingress: bytes,
        frame_size_max_b: int = 0xFFFFFF,
    ) -> Self: ...
    @property
    def refusal(self) -> str | None:
        """Why nothing more is read: `header-mac`, `frame-size`, `frame-mac` or `message-id`."""

    @property
    def pending_size_b(self) -> int:
        """The bytes that are kept until their frame is whole: less than one frame."""

    def widen(self, frame_size_max_b: int) -> None:
        """Larger frames are accepted and made from the next one on. Raises ConfigError."""

    def seal(self, message_id: int, payload: bytes) -> bytes:
        """The frame of a message; message_id is below 2**31. Raises ConfigError if it is too
        large.
        """

    def feed(self, data: bytes) -> None:
        """Takes what has come from the peer, cut anywhere. Read with `next` before feeding more,
        until it returns None: what is kept then is less than one frame.
        """

    def next(self) -> tuple[int, bytes] | None:
        """The next (message id, payload), or None where more must come first, or after a refusal.

        No byte of a frame is decrypted before its MAC has been checked.
        """

    def __reduce__(self) -> NoReturn: ...
