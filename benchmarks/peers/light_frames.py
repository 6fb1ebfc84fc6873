"""The frames of an RLPx connection, read for less than it costs to send them.

Of a message whose payload does not matter only the size and the first bytes are decrypted, which
tell how much was compressed in it. No MAC is checked.
"""

import socket

from Crypto.Cipher import AES

from waypost.rlpx.compression import decompressed_size_b

BLOCK_SIZE_B = 16  # of AES, of a header, of a MAC: a frame is header, MAC, data, MAC
FIRST_SIZE_B = 8  # an id, and the size that snappy begins with
BUFFER_SIZE_B = 1 << 20
LONG_ID = 0x81  # RLP: a number above 0x7f follows; in one byte, 0x80 is 0


class LightFrames:
    """`counted` is the id whose payloads do not matter."""

    def __init__(self, connected: socket.socket, aes_secret: bytes, counted: int) -> None:
        self.socket = connected
        self.aes_secret = aes_secret
        self.counted = counted
        self.counter = AES.new(aes_secret, AES.MODE_ECB)
        self.block = 0  # of the key stream, where the next frame begins
        self.buffer = bytearray(BUFFER_SIZE_B)
        self.start = self.end = 0  # what is not read yet

    def next(self) -> tuple[int, int, bytes]:
        """Of the next message the id, and the size of what was compressed, or all as it came."""
        self.wait(4 * BLOCK_SIZE_B)  # the least that a frame has
        at, block, buffer = self.start, self.block, self.buffer
        key = self.counter.encrypt(
            block.to_bytes(BLOCK_SIZE_B) + (block + 1).to_bytes(BLOCK_SIZE_B)
        )
        size_b = int.from_bytes(buffer[at : at + 3]) ^ int.from_bytes(key[:3])
        block_count = -(-size_b // BLOCK_SIZE_B)
        self.block += 1 + block_count
        at += 2 * BLOCK_SIZE_B
        first = int.from_bytes(buffer[at : at + FIRST_SIZE_B])
        first ^= int.from_bytes(key[BLOCK_SIZE_B : BLOCK_SIZE_B + FIRST_SIZE_B])
        head = first.to_bytes(FIRST_SIZE_B)
        id_size_b = 2 if head[0] == LONG_ID else 1
        message_id = head[1] if head[0] == LONG_ID else head[0] & 0x7F
        frame_size_b = (3 + block_count) * BLOCK_SIZE_B
        if message_id == self.counted:
            self.skip(frame_size_b)
            return message_id, decompressed_size_b(head[id_size_b:]) or 0, b""
        self.wait(frame_size_b)
        at = self.start + 2 * BLOCK_SIZE_B  # it may have moved
        cipher = AES.new(self.aes_secret, AES.MODE_CTR, nonce=b"", initial_value=block + 1)
        data = cipher.decrypt(bytes(buffer[at : at + size_b]))[id_size_b:]
        self.skip(frame_size_b)
        return message_id, 0, data

    def wait(self, size_b: int) -> None:
        while self.end - self.start < size_b:
            self.read()

    def skip(self, size_b: int) -> None:
        while size_b > self.end - self.start:
            size_b -= self.end - self.start
            self.start = self.end
            self.read()
        self.start += size_b

    def read(self) -> None:
        """More from the peer, behind what is not read yet."""
        rest = self.buffer[self.start : self.end]
        self.buffer[: len(rest)] = rest
        self.start, self.end = 0, len(rest)
        size_b = self.socket.recv_into(memoryview(self.buffer)[self.end :])
        assert size_b, "the server hung up"
        self.end += size_b
