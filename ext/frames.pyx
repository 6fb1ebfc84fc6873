"""Frames: header-ciphertext || header-mac || frame-ciphertext || frame-mac."""
cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cpython.mem cimport PyMem_Free, PyMem_Realloc
from libc.stdint cimport uint64_t
from libc.string cimport memcpy, memmove, memset

from waypost._ext.aead cimport KEY256_SIZE_B, ctr256_expand, ctr256_xor
from waypost._ext.cursor cimport Reader, Writer, left, read_uint64, uint64_item_size, write_uint64

from waypost.errors import ConfigError

cdef extern from "keccak.h" nogil:
    void wp_keccak_init(wp_keccak* state)
    void wp_keccak_update(wp_keccak* state, const uint8_t* data, size_t size)
    void wp_keccak_final(wp_keccak* state, uint8_t* digest)

cdef extern from "wipe.h" nogil:
    void wp_wipe(void* memory, size_t size)

cdef enum:
    BLOCK_SIZE_B = 16
    MAC_SIZE_B = 16
    HEAD_SIZE_B = 32                 # header-ciphertext || header-mac
    FRAME_SIZE_MAX_B = 0xFFFFFF      # frame-size has 24 bits
    MESSAGE_ID_MAX = 0x7FFFFFFF
    KEPT_SIZE_MAX_B = 65536          # of the buffer, once it is empty

cdef const uint8_t* HEADER_DATA = b"\xc2\x80\x80"   # RLP of [capability-id, context-id]: zeros
cdef const uint8_t* ZERO_IV = (
    b"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
)


cdef inline const uint8_t* _data(bytes data) noexcept:
    return <const uint8_t*>PyBytes_AS_STRING(data)


cdef inline size_t _padded(size_t size) noexcept nogil:
    return (size + BLOCK_SIZE_B - 1) & ~<size_t>(BLOCK_SIZE_B - 1)


cdef inline void _crypt(
    const wp_ctr256_key* cipher, Way* way, uint8_t* data, size_t size
) noexcept nogil:
    """XORs the connection's one key stream; size is whole blocks."""
    ctr256_xor(cipher, ZERO_IV, way.block_count, data, data, size)
    way.block_count += size // BLOCK_SIZE_B


cdef inline void _digest(Way* way) noexcept nogil:
    cdef wp_keccak copy = way.mac
    wp_keccak_final(&copy, way.digest)


cdef inline void _stir(
    const wp_ctr256_key* whitening, Way* way, const uint8_t* seed
) noexcept nogil:
    """Absorbs AES(mac-secret, digest) ^ seed; the MAC is then the start of the digest.

    The digest that goes in is kept from the call before: nothing has been absorbed since.
    """
    cdef uint8_t[BLOCK_SIZE_B] whitened
    ctr256_xor(whitening, way.digest, 0, seed, whitened, BLOCK_SIZE_B)
    wp_keccak_update(&way.mac, whitened, BLOCK_SIZE_B)
    _digest(way)


cdef inline void _absorb_frame(
    const wp_ctr256_key* whitening, Way* way, const uint8_t* ciphertext, size_t size
) noexcept nogil:
    cdef uint8_t[BLOCK_SIZE_B] seed
    wp_keccak_update(&way.mac, ciphertext, size)
    _digest(way)
    memcpy(seed, way.digest, BLOCK_SIZE_B)
    _stir(whitening, way, seed)


cdef inline bint _is_mac(const Way* way, const uint8_t* received) noexcept nogil:
    """In a time that does not tell how much of it is right."""
    cdef uint8_t difference = 0
    cdef size_t i
    for i in range(<size_t>MAC_SIZE_B):
        difference |= way.digest[i] ^ received[i]
    return difference == 0


cdef int _begin(Way* way, bytes absorbed) except -1:
    way.block_count = 0
    wp_keccak_init(&way.mac)
    wp_keccak_update(&way.mac, _data(absorbed), <size_t>len(absorbed))
    _digest(way)
    return 0


@cython.final
cdef class FrameCodec:
    def __cinit__(
        self, bytes aes_secret not None, bytes mac_secret not None, bytes egress not None,
        bytes ingress not None, frame_size_max_b=FRAME_SIZE_MAX_B,
    ):
        if len(aes_secret) != KEY256_SIZE_B or len(mac_secret) != KEY256_SIZE_B:
            raise ConfigError(f"aes_secret and mac_secret are {KEY256_SIZE_B} bytes each")
        if not 1 <= frame_size_max_b <= FRAME_SIZE_MAX_B:
            raise ConfigError(f"frame_size_max_b is 1 to {FRAME_SIZE_MAX_B}")
        ctr256_expand(&self._cipher, _data(aes_secret))
        ctr256_expand(&self._whitening, _data(mac_secret))
        _begin(&self._egress, egress)
        _begin(&self._ingress, ingress)
        self._frame_size_max_b = frame_size_max_b
        self._body_size = -1

    def __dealloc__(self):
        wp_wipe(&self._cipher, sizeof(self._cipher))
        wp_wipe(&self._whitening, sizeof(self._whitening))
        wp_wipe(&self._egress, sizeof(self._egress))
        wp_wipe(&self._ingress, sizeof(self._ingress))
        PyMem_Free(self._buffer)

    @property
    def pending_size_b(self):
        return self._end - self._start

    def widen(self, frame_size_max_b):
        if not self._frame_size_max_b <= frame_size_max_b <= FRAME_SIZE_MAX_B:
            raise ConfigError(f"frame_size_max_b grows, to at most {FRAME_SIZE_MAX_B}")
        self._frame_size_max_b = frame_size_max_b

    def seal(self, message_id, bytes payload not None):
        if not 0 <= message_id <= MESSAGE_ID_MAX:
            raise ConfigError(f"a message id is 0 to {MESSAGE_ID_MAX}, not {message_id}")
        cdef uint64_t number = message_id
        cdef size_t size = uint64_item_size(number) + <size_t>len(payload)
        if size > self._frame_size_max_b:
            raise ConfigError(f"a frame of {size} bytes: use at most {self._frame_size_max_b}")
        cdef size_t body_size = _padded(size)
        cdef bytes frame = PyBytes_FromStringAndSize(
            NULL, <Py_ssize_t>(HEAD_SIZE_B + body_size + MAC_SIZE_B)
        )
        cdef uint8_t* at = <uint8_t*>_data(frame)
        cdef uint8_t* body = at + HEAD_SIZE_B
        cdef Writer writer
        memset(at, 0, BLOCK_SIZE_B)
        at[0], at[1], at[2] = <uint8_t>(size >> 16), <uint8_t>(size >> 8), <uint8_t>size
        memcpy(at + 3, HEADER_DATA, 3)
        _crypt(&self._cipher, &self._egress, at, BLOCK_SIZE_B)
        _stir(&self._whitening, &self._egress, at)
        memcpy(at + BLOCK_SIZE_B, self._egress.digest, MAC_SIZE_B)
        writer.at, writer.end = body, body + body_size
        write_uint64(&writer, number)
        memcpy(writer.at, _data(payload), <size_t>len(payload))
        memset(body + size, 0, body_size - size)
        _crypt(&self._cipher, &self._egress, body, body_size)
        _absorb_frame(&self._whitening, &self._egress, body, body_size)
        memcpy(body + body_size, self._egress.digest, MAC_SIZE_B)
        return frame

    def feed(self, bytes data not None):
        cdef size_t held = self._end - self._start, needed = held + <size_t>len(data)
        cdef void* grown
        if self.refusal is not None or needed == held:
            return
        if self._start > 0:
            memmove(self._buffer, self._buffer + self._start, held)
            self._start, self._end = 0, held
        if needed > self._capacity or (held == 0 and self._capacity > KEPT_SIZE_MAX_B):
            # Doubles, so that a frame in many pieces is not copied once a piece.
            grown = PyMem_Realloc(self._buffer, max(needed, 2 * held))
            if grown == NULL:
                raise MemoryError()
            self._buffer, self._capacity = <uint8_t*>grown, max(needed, 2 * held)
        memcpy(self._buffer + held, _data(data), <size_t>len(data))
        self._end = needed

    cdef bint _header(self):
        """Whether the header of the next frame is here and good."""
        cdef uint8_t* at = self._buffer + self._start
        cdef size_t size
        if self._body_size >= 0:
            return True
        if self._end - self._start < HEAD_SIZE_B:
            return False
        _stir(&self._whitening, &self._ingress, at)
        if not _is_mac(&self._ingress, at + BLOCK_SIZE_B):
            self.refusal = "header-mac"
            return False
        _crypt(&self._cipher, &self._ingress, at, BLOCK_SIZE_B)
        size = (<size_t>at[0] << 16) | (<size_t>at[1] << 8) | at[2]
        if not 1 <= size <= self._frame_size_max_b:
            self.refusal = "frame-size"
            return False
        self._body_size = <Py_ssize_t>size
        self._start += HEAD_SIZE_B
        return True

    def next(self):
        cdef uint8_t* body
        cdef size_t size, body_size
        cdef uint64_t number = 0
        cdef Reader reader
        if self.refusal is not None or not self._header():
            return None
        size = <size_t>self._body_size
        body_size = _padded(size)
        if self._end - self._start < body_size + MAC_SIZE_B:
            return None
        body = self._buffer + self._start
        _absorb_frame(&self._whitening, &self._ingress, body, body_size)
        if not _is_mac(&self._ingress, body + body_size):
            self.refusal = "frame-mac"
            return None
        _crypt(&self._cipher, &self._ingress, body, body_size)
        reader.at, reader.end = body, body + size
        if read_uint64(&reader, &number) < 0 or number > <uint64_t>MESSAGE_ID_MAX:
            self.refusal = "message-id"
            return None
        payload = PyBytes_FromStringAndSize(<const char*>reader.at, <Py_ssize_t>left(&reader))
        self._start += body_size + MAC_SIZE_B
        self._body_size = -1
        return number, payload

    def __reduce__(self):
        raise TypeError("a codec holds keys: it is not copied or pickled")
