"""What is known about one server: trusted, untrusted for a reason, or unknown because of an error.

A verdict is never a bare bool: a registry that could not be asked says nothing about a server, and
code that treats "unknown" as either answer is wrong.

All the fields of a word begin and end with a byte, so they are read where they lie.
"""
cimport cython
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

from enum import StrEnum
from typing import NamedTuple

from waypost.errors import ConfigError, RpcError

cdef extern from "Python.h":
    void PyObject_GC_UnTrack(void* op) noexcept

cdef enum:
    WORD_SIZE_B = 32

    # The words of contracts/src/Words.sol: the place of a field's first byte, the high one.
    RESOURCE_EXPIRES_AT = 10     # 40 bits
    RESOURCE_STATUS = 23         # 8
    RESOURCE_EPOCH = 24          # 32
    RESOURCE_PROVIDER_ID = 28    # 32
    PROVIDER_VALID_UNTIL = 2     # 40
    PROVIDER_EPOCH = 7           # 32
    PROVIDER_STATUS = 11         # 8
    REGISTRY_HALTED = 29         # 8

    STATUS_COUNT = 6             # none, pending, active, suspended, removed, challenged

cdef enum Finding:
    # As many as there are reasons, in their order.
    HALTED, NOT_LISTED, REMOVED, PROVIDER_NOT_TRUSTED, SERVER_PENDING, SERVER_SUSPENDED,
    PROVIDER_UNKNOWN, PROVIDER_PENDING, PROVIDER_SUSPENDED, PROVIDER_RETIRED, EPOCH_PASSED,
    EXPIRED, PROVIDER_EXPIRED,
    NOT_FINAL,                   # is found by whoever compares two blocks
    NOTHING,                     # is said against the server
    BAD_SERVER_STATUS,
    BAD_PROVIDER_STATUS,

cdef struct Provider:
    uint32_t id
    uint32_t epoch
    uint64_t valid_until
    uint8_t status

cdef struct Facts:               # what all the servers of one judgement share
    bint halted
    uint64_t now_s
    Provider* providers          # those that the user trusts, by rising id
    Py_ssize_t provider_count


class Outcome(StrEnum):
    """The three kinds of verdict."""

    TRUSTED = "trusted"
    UNTRUSTED = "untrusted"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why a server is untrusted. Where several hold, the first of this list is given."""

    HALTED = "halted"
    NOT_LISTED = "not-listed"
    REMOVED = "removed"
    PROVIDER_NOT_TRUSTED = "provider-not-trusted"
    SERVER_PENDING = "server-pending"
    SERVER_SUSPENDED = "server-suspended"
    PROVIDER_UNKNOWN = "provider-unknown"
    PROVIDER_PENDING = "provider-pending"
    PROVIDER_SUSPENDED = "provider-suspended"
    PROVIDER_RETIRED = "provider-retired"
    EPOCH_PASSED = "epoch-passed"
    EXPIRED = "expired"
    PROVIDER_EXPIRED = "provider-expired"
    NOT_FINAL = "not-final"


class Source(StrEnum):
    SNAPSHOT = "snapshot"
    PROOF = "proof"
    OWN = "own"


class Block(NamedTuple):
    number: int
    hash: bytes
    timestamp: int


cdef object _TRUSTED = Outcome.TRUSTED
cdef object _UNTRUSTED = Outcome.UNTRUSTED
cdef object _UNKNOWN = Outcome.UNKNOWN
cdef tuple REASONS = tuple(Reason)

cdef Finding OF_SERVER[STATUS_COUNT]
OF_SERVER[:] = [
    NOT_LISTED, SERVER_PENDING, NOTHING, SERVER_SUSPENDED, REMOVED,
    BAD_SERVER_STATUS,  # the registry challenges providers, not servers
]
cdef Finding OF_PROVIDER[STATUS_COUNT]
OF_PROVIDER[:] = [
    PROVIDER_UNKNOWN, PROVIDER_PENDING, NOTHING, PROVIDER_SUSPENDED, PROVIDER_RETIRED,
    NOTHING,  # a challenge is a question, not an answer: trust holds until the ruling
]


# Those that were let go of are made new again, as many as one request asks about: every 700 that
# are made otherwise, the collector visits what is new and now and then everything.
@cython.final
@cython.freelist(1024)
cdef class Verdict:
    """The verdict on one server of one kind: immutable, equal by its fields.

    `reason` is given if and only if the server is UNTRUSTED, `error` if and only if the verdict is
    UNKNOWN. `block`, `word` (the server's packed word) and `provider_id` are None where no
    registry answered.
    """

    def __init__(
        self, outcome, bytes node_id not None, reason=None, error=None, provider_id=None,
        block=None, word=None, source=Source.SNAPSHOT,
    ):
        cdef bytes big_endian
        self.outcome = outcome
        self.node_id = node_id
        self.reason = reason
        self.error = error
        self.block = block
        self.source = source
        self._provider_id = provider_id or 0
        self._has_word = word is not None
        if self._has_word:
            big_endian = _big_endian(word)
            memcpy(self._word, <const char*>big_endian, WORD_SIZE_B)

    @property
    def provider_id(self):
        return self._provider_id or None

    @property
    def word(self):
        if not self._has_word:
            return None
        return int.from_bytes((<const char*>self._word)[:WORD_SIZE_B], "big")

    @property
    def trusted(self):
        return self.outcome is _TRUSTED

    @property
    def why(self):
        return str(self.reason or self.error or "")

    cdef tuple _fields(self):
        return (
            self.outcome, self.node_id, self.reason, self.error, self.provider_id, self.block,
            self.word, self.source,
        )

    def __bool__(self):
        raise TypeError("a verdict is no bool: ask verdict.trusted, or compare verdict.outcome")

    def __eq__(self, other):
        if not isinstance(other, Verdict):
            return NotImplemented
        return self._fields() == (<Verdict>other)._fields()

    def __hash__(self):
        return hash(self._fields())

    def __reduce__(self):
        return Verdict, self._fields()

    def __str__(self):
        return f"{self.outcome}: {self.why}" if self.why else str(self.outcome)

    def __repr__(self):
        return (
            f"Verdict(outcome={self.outcome!r}, node_id={self.node_id!r}, "
            f"reason={self.reason!r}, error={self.error!r}, provider_id={self.provider_id!r}, "
            f"block={self.block!r}, word={self.word!r}, source={self.source!r})"
        )


def judge_words(
    node_ids, bytes resources not None, block, registry, providers, source=Source.SNAPSHOT,
):
    cdef list ids = list(node_ids), known = sorted(providers.items())
    cdef const uint8_t* word = <const uint8_t*><const char*>resources
    cdef Py_ssize_t i, count = len(ids)
    cdef list verdicts = []
    cdef Facts facts
    if len(resources) != count * WORD_SIZE_B:
        raise ConfigError(
            f"{len(resources)} bytes are not one word of {WORD_SIZE_B} bytes for each of {count} "
            f"node ids"
        )
    facts.halted = _big_endian(registry)[REGISTRY_HALTED] != 0
    # An expiry has 40 bits, a timestamp in an answer up to 256.
    facts.now_s = min(block.timestamp, <uint64_t>1 << 40)
    facts.provider_count = len(known)
    facts.providers = <Provider*>PyMem_Malloc(len(known) * sizeof(Provider))
    if facts.providers == NULL:
        raise MemoryError
    try:
        for i, (provider_id, provider_word) in enumerate(known):
            facts.providers[i] = _provider(provider_id, _big_endian(provider_word))
        for i in range(count):
            verdicts.append(_verdict(
                <bytes?>ids[i], word + i * WORD_SIZE_B, block, &facts, source
            ))
    finally:
        PyMem_Free(facts.providers)
    return verdicts


cdef Verdict _verdict(
    bytes node_id, const uint8_t* word, object block, const Facts* facts, object source
):
    cdef Verdict verdict = Verdict.__new__(Verdict)
    cdef Finding finding = _finding(word, facts)
    verdict.node_id = node_id
    verdict.block = block
    verdict.source = source
    verdict._has_word = True
    memcpy(verdict._word, word, WORD_SIZE_B)
    if finding >= BAD_SERVER_STATUS:
        verdict.outcome = _UNKNOWN
        verdict.error = _bad_status(finding, word, facts)
        return verdict
    # Without an error it can be in no cycle: the collector need not visit thousands of them.
    PyObject_GC_UnTrack(<void*>verdict)
    verdict._provider_id = _uint32(word + RESOURCE_PROVIDER_ID)
    if finding == NOTHING:
        verdict.outcome = _TRUSTED
    else:
        verdict.outcome = _UNTRUSTED
        verdict.reason = REASONS[finding]
    return verdict


cdef Finding _finding(const uint8_t* word, const Facts* facts) noexcept:
    """The first thing that is to be said against a server."""
    cdef uint8_t status = word[RESOURCE_STATUS]
    cdef Finding found = OF_SERVER[status] if status < STATUS_COUNT else BAD_SERVER_STATUS
    cdef const Provider* provider
    cdef uint64_t expires_at
    if facts.halted:
        return HALTED
    if found in (NOT_LISTED, REMOVED, BAD_SERVER_STATUS):
        return found
    provider = _trusted_provider(_uint32(word + RESOURCE_PROVIDER_ID), facts)
    if provider == NULL:
        return PROVIDER_NOT_TRUSTED
    if found == NOTHING:
        found = (
            OF_PROVIDER[provider.status] if provider.status < STATUS_COUNT else BAD_PROVIDER_STATUS
        )
    if found != NOTHING:
        return found
    if _uint32(word + RESOURCE_EPOCH) != provider.epoch:
        return EPOCH_PASSED
    expires_at = _uint40(word + RESOURCE_EXPIRES_AT)
    if 0 < expires_at <= facts.now_s:
        return EXPIRED
    if 0 < provider.valid_until <= facts.now_s:
        return PROVIDER_EXPIRED
    return NOTHING


cdef const Provider* _trusted_provider(uint32_t id, const Facts* facts) noexcept:
    """The provider with this id, or NULL."""
    cdef Py_ssize_t middle, low = 0, high = facts.provider_count
    while low < high:
        middle = (low + high) // 2
        if facts.providers[middle].id < id:
            low = middle + 1
        else:
            high = middle
    if low < facts.provider_count and facts.providers[low].id == id:
        return &facts.providers[low]
    return NULL


cdef Provider _provider(uint32_t id, bytes big_endian) except *:
    cdef const uint8_t* word = <const uint8_t*><const char*>big_endian
    cdef Provider provider
    provider.id = id
    provider.status = word[PROVIDER_STATUS]
    provider.epoch = _uint32(word + PROVIDER_EPOCH)
    provider.valid_until = _uint40(word + PROVIDER_VALID_UNTIL)
    return provider


cdef object _bad_status(Finding finding, const uint8_t* word, const Facts* facts):
    cdef int status = word[RESOURCE_STATUS]
    if finding == BAD_PROVIDER_STATUS:
        status = _trusted_provider(_uint32(word + RESOURCE_PROVIDER_ID), facts).status
    return RpcError("bad-answer", f"no registry of this version has a status {status}")


cdef bytes _big_endian(word):
    return word.to_bytes(WORD_SIZE_B, "big")


cdef inline uint32_t _uint32(const uint8_t* at) noexcept:
    return (
        <uint32_t>at[0] << 24 | <uint32_t>at[1] << 16 | <uint32_t>at[2] << 8 | <uint32_t>at[3]
    )


cdef inline uint64_t _uint40(const uint8_t* at) noexcept:
    return <uint64_t>at[0] << 32 | _uint32(at + 1)
