"""libsecp256k1 as coincurve builds it: its functions are called by pointer, without cffi.

The pointers come from a private module of coincurve, so each one's C type is compared at import
with the type that is written here. The long-lived secret meets only functions that libsecp256k1
computes in constant time: pubkey_create, sign, sign_recoverable and ecdh.
"""
cimport cython
from libc.stdint cimport uintptr_t
from libc.string cimport memcpy

from coincurve import _libsecp256k1 as _coincurve
from coincurve.context import GLOBAL_CONTEXT

from waypost._ext.digest cimport keccak256
from waypost.errors import ConfigError, KeyFileError

_ffi = _coincurve.ffi
_lib = _coincurve.lib

cdef extern from "wipe.h" nogil:
    void wp_wipe(void* memory, size_t size)

cdef enum:
    UNCOMPRESSED_SIZE_B = 65
    HASH_SIZE_B = 32
    RECOVERABLE_SIZE_B = 65          # r || s || v
    FLAG_COMPRESSED = 258            # SECP256K1_EC_COMPRESSED
    FLAG_UNCOMPRESSED = 2            # SECP256K1_EC_UNCOMPRESSED

cdef struct Signature:
    uint8_t opaque[64]

cdef struct RecoverableSignature:
    uint8_t opaque[65]

ctypedef int (*PointHash)(uint8_t*, const uint8_t*, const uint8_t*, void*) noexcept nogil
ctypedef int (*PubkeyParse)(void*, PublicPoint*, const uint8_t*, size_t) noexcept nogil
ctypedef int (*PubkeySerialize)(
    void*, uint8_t*, size_t*, const PublicPoint*, unsigned int
) noexcept nogil
ctypedef int (*PubkeyCreate)(void*, PublicPoint*, const uint8_t*) noexcept nogil
ctypedef int (*Ecdh)(
    void*, uint8_t*, const PublicPoint*, const uint8_t*, PointHash, void*
) noexcept nogil
ctypedef int (*Verify)(void*, const Signature*, const uint8_t*, const PublicPoint*) noexcept nogil
ctypedef int (*Sign)(
    void*, Signature*, const uint8_t*, const uint8_t*, void*, void*
) noexcept nogil
ctypedef int (*SignatureParse)(void*, Signature*, const uint8_t*) noexcept nogil
ctypedef int (*SignatureSerialize)(void*, uint8_t*, const Signature*) noexcept nogil
ctypedef int (*Recover)(
    void*, PublicPoint*, const RecoverableSignature*, const uint8_t*
) noexcept nogil
ctypedef int (*SignRecoverable)(
    void*, RecoverableSignature*, const uint8_t*, const uint8_t*, void*, void*
) noexcept nogil
ctypedef int (*RecoverableParse)(
    void*, RecoverableSignature*, const uint8_t*, int
) noexcept nogil
ctypedef int (*RecoverableSerialize)(
    void*, uint8_t*, int*, const RecoverableSignature*
) noexcept nogil


cdef void* _function(str name, str parameters) except NULL:
    """The address of a function of libsecp256k1 that returns int and takes these parameters."""
    try:
        function = _ffi.addressof(_lib, name)
    except AttributeError:
        raise ImportError(f"{name} is missing: install coincurve 21.0.0") from None
    found = _ffi.typeof(function).cname.replace("struct secp256k1_", "")
    if found != f"int(*)(context_struct *, {parameters})":
        raise ImportError(f"{name} has become {found}: install coincurve 21.0.0")
    return <void*><uintptr_t>int(_ffi.cast("uintptr_t", function))


_HASH = "int(*)(unsigned char *, unsigned char *, unsigned char *, void *)"
_NONCE = (
    "int(*)(unsigned char *, unsigned char *, unsigned char *, unsigned char *, void *, "
    "unsigned int)"
)

cdef PubkeyParse _pubkey_parse = <PubkeyParse>_function(
    "secp256k1_ec_pubkey_parse", "pubkey *, unsigned char *, size_t"
)
cdef PubkeySerialize _pubkey_serialize = <PubkeySerialize>_function(
    "secp256k1_ec_pubkey_serialize", "unsigned char *, size_t *, pubkey *, unsigned int"
)
cdef PubkeyCreate _pubkey_create = <PubkeyCreate>_function(
    "secp256k1_ec_pubkey_create", "pubkey *, unsigned char *"
)
cdef Ecdh _ecdh = <Ecdh>_function(
    "secp256k1_ecdh", f"unsigned char *, pubkey *, unsigned char *, {_HASH}, void *"
)
cdef Verify _verify = <Verify>_function(
    "secp256k1_ecdsa_verify", "ecdsa_signature *, unsigned char *, pubkey *"
)
cdef Sign _sign = <Sign>_function(
    "secp256k1_ecdsa_sign",
    f"ecdsa_signature *, unsigned char *, unsigned char *, {_NONCE}, void *",
)
cdef SignatureParse _signature_parse = <SignatureParse>_function(
    "secp256k1_ecdsa_signature_parse_compact", "ecdsa_signature *, unsigned char *"
)
cdef SignatureSerialize _signature_serialize = <SignatureSerialize>_function(
    "secp256k1_ecdsa_signature_serialize_compact", "unsigned char *, ecdsa_signature *"
)
cdef Recover _recover = <Recover>_function(
    "secp256k1_ecdsa_recover", "pubkey *, ecdsa_recoverable_signature *, unsigned char *"
)
cdef SignRecoverable _sign_recoverable = <SignRecoverable>_function(
    "secp256k1_ecdsa_sign_recoverable",
    f"ecdsa_recoverable_signature *, unsigned char *, unsigned char *, {_NONCE}, void *",
)
cdef RecoverableParse _recoverable_parse = <RecoverableParse>_function(
    "secp256k1_ecdsa_recoverable_signature_parse_compact",
    "ecdsa_recoverable_signature *, unsigned char *, int",
)
cdef RecoverableSerialize _recoverable_serialize = <RecoverableSerialize>_function(
    "secp256k1_ecdsa_recoverable_signature_serialize_compact",
    "unsigned char *, int *, ecdsa_recoverable_signature *",
)


cdef void _ignore_misuse(const char* message, void* data) noexcept nogil:
    """libsecp256k1 would abort the process for an argument it calls illegal; ours returns 0."""


cdef void* _own_context() except NULL:
    """A clone of coincurve's context, blinded as that one is, which answers misuse with 0."""
    context = _lib.secp256k1_context_clone(GLOBAL_CONTEXT.ctx)
    callback = _ffi.cast("void(*)(char *, void *)", <uintptr_t>&_ignore_misuse)
    _lib.secp256k1_context_set_illegal_callback(context, callback, _ffi.NULL)
    return <void*><uintptr_t>int(_ffi.cast("uintptr_t", context))


cdef void* _context = _own_context()


cdef int point_parse(PublicPoint* out, const uint8_t* data, size_t size) noexcept nogil:
    return _pubkey_parse(_context, out, data, size)


cdef void point_compress(const PublicPoint* point, uint8_t* out33) noexcept nogil:
    cdef size_t size = COMPRESSED_SIZE_B
    _pubkey_serialize(_context, out33, &size, point, FLAG_COMPRESSED)


cdef void point_xy(const PublicPoint* point, uint8_t* out64) noexcept nogil:
    cdef uint8_t prefixed[UNCOMPRESSED_SIZE_B]
    cdef size_t size = UNCOMPRESSED_SIZE_B
    _pubkey_serialize(_context, prefixed, &size, point, FLAG_UNCOMPRESSED)
    memcpy(out64, prefixed + 1, POINT_SIZE_B)


cdef int verify(
    const uint8_t* signature64, const uint8_t* hash32, const PublicPoint* point
) noexcept nogil:
    cdef Signature signature
    if not _signature_parse(_context, &signature, signature64):
        return 0
    return _verify(_context, &signature, hash32, point)


cdef int point_of(PublicPoint* out, const uint8_t* secret32) noexcept nogil:
    return _pubkey_create(_context, out, secret32)


cdef int sign(uint8_t* out64, const uint8_t* hash32, const uint8_t* secret32) noexcept nogil:
    cdef Signature signature
    if not _sign(_context, &signature, hash32, secret32, NULL, NULL):
        return 0
    return _signature_serialize(_context, out64, &signature)


cdef int _compress_shared(
    uint8_t* out33, const uint8_t* x, const uint8_t* y, void* data
) noexcept nogil:
    """The "hash" of the shared point that discv5-theory asks of ecdh(): its compressed form."""
    out33[0] = 0x02 | (y[31] & 1)
    memcpy(out33 + 1, x, 32)
    return 1


cdef int ecdh(uint8_t* out33, const PublicPoint* point, const uint8_t* secret32) noexcept nogil:
    return _ecdh(_context, out33, point, secret32, _compress_shared, NULL)


cdef const uint8_t* _sized(bytes data, Py_ssize_t size, str what) except NULL:
    if data is None or len(data) != size:
        raise ConfigError(f"{what} is {size} bytes")
    return <const uint8_t*><const char*>data


cdef int _parse_public(PublicPoint* out, bytes public_key) except -1:
    if public_key is None or not point_parse(
        out, <const uint8_t*><const char*>public_key, <size_t>len(public_key)
    ):
        raise KeyFileError("not a secp256k1 public key: use the 33 or 65 bytes of a point")
    return 0


@cython.final
cdef class SecretKey:
    def __cinit__(self, bytes secret not None):
        cdef uint8_t xy[POINT_SIZE_B]
        cdef uint8_t digest[HASH_SIZE_B]
        self._closed = True
        if len(secret) != SECRET_SIZE_B:
            raise KeyFileError(f"a secret key is {SECRET_SIZE_B} bytes, this one is {len(secret)}")
        if not point_of(&self._point, <const uint8_t*><const char*>secret):
            raise KeyFileError("a secret key is a number from 1 to the order of secp256k1 less 1")
        memcpy(self._secret, <const char*>secret, SECRET_SIZE_B)
        self._closed = False
        point_xy(&self._point, xy)
        keccak256(xy, POINT_SIZE_B, digest)
        self._node_id = (<const char*>digest)[:HASH_SIZE_B]

    def __dealloc__(self):
        wp_wipe(self._secret, SECRET_SIZE_B)

    cdef const uint8_t* secret(self) except NULL:
        if self._closed:
            raise KeyFileError("this key is closed: load it again")
        return self._secret

    @property
    def public_key(self):
        cdef uint8_t out[COMPRESSED_SIZE_B]
        point_compress(&self._point, out)
        return (<const char*>out)[:COMPRESSED_SIZE_B]

    @property
    def point(self):
        cdef uint8_t out[POINT_SIZE_B]
        point_xy(&self._point, out)
        return (<const char*>out)[:POINT_SIZE_B]

    @property
    def node_id(self):
        return self._node_id

    @property
    def address(self):
        return self._node_id[12:]

    @property
    def closed(self):
        return self._closed

    def sign(self, bytes hash not None):
        cdef uint8_t out[SIGNATURE_SIZE_B]
        if not sign(out, _sized(hash, HASH_SIZE_B, "a hash to sign"), self.secret()):
            raise KeyFileError("libsecp256k1 refused to sign: make a new key")
        return (<const char*>out)[:SIGNATURE_SIZE_B]

    def sign_recoverable(self, bytes hash not None):
        cdef RecoverableSignature signature
        cdef uint8_t out[RECOVERABLE_SIZE_B]
        cdef int parity = 0
        cdef const uint8_t* digest = _sized(hash, HASH_SIZE_B, "a hash to sign")
        if not _sign_recoverable(_context, &signature, digest, self.secret(), NULL, NULL):
            raise KeyFileError("libsecp256k1 refused to sign: make a new key")
        _recoverable_serialize(_context, out, &parity, &signature)
        out[SIGNATURE_SIZE_B] = <uint8_t>parity
        return (<const char*>out)[:RECOVERABLE_SIZE_B]

    def ecdh(self, bytes public_key not None):
        cdef PublicPoint point
        cdef uint8_t out[COMPRESSED_SIZE_B]
        _parse_public(&point, public_key)
        if not ecdh(out, &point, self.secret()):
            raise KeyFileError("libsecp256k1 refused the agreement: make a new key")
        shared = (<const char*>out)[:COMPRESSED_SIZE_B]
        wp_wipe(out, COMPRESSED_SIZE_B)
        return shared

    def reveal(self):
        return (<const char*>self.secret())[:SECRET_SIZE_B]

    def close(self):
        wp_wipe(self._secret, SECRET_SIZE_B)
        self._closed = True

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def __eq__(self, other):
        if not isinstance(other, SecretKey):
            return NotImplemented
        return self._node_id == (<SecretKey>other)._node_id

    def __hash__(self):
        return hash(self._node_id)

    def __repr__(self):
        state = " closed" if self._closed else ""
        return f"<SecretKey of node {self._node_id[:4].hex()}…{state}>"

    def __reduce__(self):
        raise TypeError("a secret key is not copied or pickled: load it where it is used")


def _verify_(bytes signature not None, bytes hash not None, bytes public_key not None):
    cdef PublicPoint point
    _parse_public(&point, public_key)
    cdef const uint8_t* rs = _sized(signature, SIGNATURE_SIZE_B, "a signature r || s")
    return verify(rs, _sized(hash, HASH_SIZE_B, "a hash"), &point) == 1


def recover(bytes signature not None, bytes hash not None):
    cdef RecoverableSignature parsed
    cdef PublicPoint point
    cdef uint8_t out[COMPRESSED_SIZE_B]
    cdef const uint8_t* rsv = _sized(signature, RECOVERABLE_SIZE_B, "a signature r || s || v")
    cdef const uint8_t* digest = _sized(hash, HASH_SIZE_B, "a hash")
    if not (
        rsv[SIGNATURE_SIZE_B] < 4
        and _recoverable_parse(_context, &parsed, rsv, rsv[SIGNATURE_SIZE_B])
        and _recover(_context, &point, &parsed, digest)
    ):
        return None
    point_compress(&point, out)
    return (<const char*>out)[:COMPRESSED_SIZE_B]


def decompress(bytes public_key not None):
    cdef PublicPoint point
    cdef uint8_t out[POINT_SIZE_B]
    _parse_public(&point, public_key)
    point_xy(&point, out)
    return (<const char*>out)[:POINT_SIZE_B]


# The C function above owns this name in Cython's scope; in Python's it belongs to the face.
globals().update(verify=_verify_)
