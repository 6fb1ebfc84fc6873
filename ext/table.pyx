"""The routing table: who is kept, who is checked next, who is told to whom.

A node enters the bucket of its log distance as a member, or as a replacement where there is no
room. It is told to others only once it has answered a PING at an endpoint that its record
declares. Members are checked on a schedule of their own: every answer doubles the interval, a
silence resets it, and a few silences in a row hand the place to a random replacement.
"""
from enum import IntEnum

cimport cython
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF, Py_INCREF
from libc.math cimport INFINITY, ldexp
from libc.string cimport memcpy, memset

from waypost._ext.address cimport (
    SCOPE_INVALID, address_from_bytes, address_to_bytes, same_address, scope_of
)
from waypost._ext.bucket cimport (
    BUCKET_COUNT_MAX, BUCKET_SIZE, Row, append, bucket_at, earliest, find, free_all,
    free_if_empty, inbound_count, is_crowded, make_bucket, member_count, order, record_of, remove,
    to_tail, walk
)
from waypost._ext.cursor cimport Writer, write_uint64
from waypost._ext.record cimport NODE_ID_SIZE_B, RECORD_SIZE_MAX_B
from waypost._ext.relay cimport declares, tell
from waypost._ext.xor cimport id_bytes, log_distance
from waypost.errors import ConfigError

cdef enum:
    QUESTION_COUNT_MAX = 256     # distances that `findnode` takes
    DISTANCE_SIZE_MAX_B = 3      # in RLP
    JITTER_STEPS = 1 << 20


class Outcome(IntEnum):
    ADDED = 0
    REPLACEMENT = 1
    KNOWN = 2
    UPDATED = 3
    REFUSED_SELF = 4
    REFUSED_ADDRESS = 5
    REFUSED_ENDPOINT = 6
    REFUSED_SUBNET = 7
    REFUSED_FULL = 8
    REFUSED_UNKNOWN = 9


@cython.final
cdef class Contact:
    @property
    def address(self):
        return address_to_bytes(&self._address)


@cython.final
cdef class Table:
    def __cinit__(self, bytes own_id not None, config not None, Drbg drbg not None):
        memcpy(self._own_id, id_bytes(own_id), NODE_ID_SIZE_B)
        self._drbg = drbg
        self.config = config
        self._subnet_limits.bits_ipv4 = config.subnet_bits_ipv4
        self._subnet_limits.bits_ipv6 = config.subnet_bits_ipv6
        self._subnet_limits.bucket_count_max = config.subnet_bucket_count_max
        self._subnet_limits.table_count_max = config.subnet_table_count_max
        self._replacement_count_max = config.replacement_count_max
        self._inbound_bucket_count_max = config.inbound_bucket_count_max
        self._failure_count_max = config.failure_count_max
        self._failure_count_max_replaceable = config.failure_count_max_replaceable
        self._interval_min_s = config.check_interval_min_s
        self._interval_max_s = config.check_interval_max_s

    @property
    def own_id(self):
        return (<const char*>self._own_id)[:NODE_ID_SIZE_B]

    def __dealloc__(self):
        free_all(&self._buckets)

    # Meeting nodes ------------------------------------------------------------------------------

    def add(self, ENR record not None, bytes address not None, double now, *, bint inbound):
        cdef const uint8_t* node_id = record.node_id_ptr()
        cdef int index, distance = log_distance(self._own_id, node_id)
        cdef Address endpoint
        cdef Bucket* bucket
        cdef Entry* entry
        address_from_bytes(address, &endpoint)
        if distance == 0:
            return Outcome.REFUSED_SELF
        if scope_of(&endpoint) == SCOPE_INVALID:
            return Outcome.REFUSED_ADDRESS
        if not declares(record, &endpoint):
            return Outcome.REFUSED_ENDPOINT
        bucket = bucket_at(&self._buckets, distance)
        if bucket == NULL:
            return self._admit(record, &endpoint, now, inbound)
        index = find(&bucket.members, node_id)
        if index >= 0:
            entry = &bucket.members.entries[index]
            entry.inbound = entry.inbound and inbound
            return self._renew(bucket, entry, record, &endpoint, now)
        index = find(&bucket.spares, node_id)
        if index < 0:
            return self._admit(record, &endpoint, now, inbound)
        entry = &bucket.spares.entries[index]
        entry.inbound = entry.inbound and inbound
        outcome = self._renew(bucket, entry, record, &endpoint, now)
        if self._has_room(bucket, entry.inbound):
            self._enter(bucket, index, now)
            return Outcome.ADDED
        to_tail(&bucket.spares, index)
        return outcome

    def refresh(self, ENR record not None, bytes address not None, double now):
        if self.held_record(record.node_id_ptr()) is None:
            return Outcome.REFUSED_UNKNOWN
        return self.add(record, address, now, inbound=True)

    def remove(self, bytes node_id not None, double now):
        cdef const uint8_t* key = id_bytes(node_id)
        cdef Bucket* bucket = bucket_at(&self._buckets, log_distance(self._own_id, key))
        cdef int index
        if bucket == NULL:
            return False
        index = find(&bucket.members, key)
        if index >= 0:
            self._drop(bucket, index, now)
            return True
        index = find(&bucket.spares, key)
        if index < 0:
            return False
        remove(&bucket.spares, index)
        return True

    cdef object _admit(self, ENR record, const Address* address, double now, bint inbound):
        cdef int distance = log_distance(self._own_id, record.node_id_ptr())
        cdef Bucket* bucket = bucket_at(&self._buckets, distance)
        cdef Entry entry
        if is_crowded(&self._buckets, bucket, address, NULL, &self._subnet_limits):
            return Outcome.REFUSED_SUBNET
        memset(&entry, 0, sizeof(Entry))
        entry.record = <PyObject*>record
        entry.address = address[0]
        entry.scope = <uint8_t>scope_of(address)
        entry.inbound = inbound
        entry.due_at = now
        if bucket == NULL:
            bucket = make_bucket(&self._buckets, distance)
        if self._has_room(bucket, inbound):
            append(&bucket.members, &entry)
            self._next_due_known = False
            return Outcome.ADDED
        if self._replacement_count_max == 0:
            return Outcome.REFUSED_FULL
        if bucket.spares.count == self._replacement_count_max:
            remove(&bucket.spares, 0)
        append(&bucket.spares, &entry)
        return Outcome.REPLACEMENT

    cdef object _renew(
        self, Bucket* bucket, Entry* entry, ENR record, const Address* address, double now
    ):
        """A newer record replaces the one we hold; a node that moved has to answer again."""
        cdef ENR held = record_of(entry)
        if record.seq <= held.seq:
            return Outcome.KNOWN
        if not declares(record, &entry.address):
            if is_crowded(&self._buckets, bucket, address, entry, &self._subnet_limits):
                return Outcome.REFUSED_SUBNET
            entry.address = address[0]
            entry.scope = <uint8_t>scope_of(address)
            entry.live = entry.failures = entry.streak = 0
            entry.due_at = now
            self._next_due_known = False
        Py_INCREF(record)
        entry.record = <PyObject*>record
        Py_DECREF(held)
        return Outcome.UPDATED

    cdef int _enter(self, Bucket* bucket, int index, double now) except -1:
        """Makes a replacement a member that is checked at once."""
        bucket.spares.entries[index].due_at = now
        append(&bucket.members, &bucket.spares.entries[index])
        remove(&bucket.spares, index)
        self._next_due_known = False
        return 0

    cdef int _drop(self, Bucket* bucket, int index, double now) except -1:
        """Removes a member; a random replacement takes its place."""
        cdef Row* spares = &bucket.spares
        cdef bint anyone
        cdef int i, choices
        remove(&bucket.members, index)
        self._next_due_known = False
        anyone = inbound_count(&bucket.members) < self._inbound_bucket_count_max
        choices = spares.count if anyone else spares.count - inbound_count(spares)
        if choices > 0:
            choices = <int>self._drbg.below_(<uint64_t>choices)
            for i in range(spares.count):
                if anyone or not spares.entries[i].inbound:
                    if choices == 0:
                        self._enter(bucket, i, now)
                        break
                    choices -= 1
        free_if_empty(&self._buckets, bucket)
        return 0

    cdef bint _has_room(self, const Bucket* bucket, bint inbound) noexcept:
        if bucket.members.count == BUCKET_SIZE:
            return False
        return not inbound or inbound_count(&bucket.members) < self._inbound_bucket_count_max

    # Liveness -----------------------------------------------------------------------------------

    def due(self, double now, int count_max):
        cdef Entry* entry
        contacts = []
        while len(contacts) < count_max and self.next_due() <= now:
            entry = earliest(&self._buckets)
            contacts.append(self._contact(entry))
            entry.due_at = now + self._interval_min_s
            self._next_due_known = False
        return contacts

    def next_due(self):
        cdef const Entry* entry
        if not self._next_due_known:
            entry = earliest(&self._buckets)
            self._next_due_at = INFINITY if entry == NULL else entry.due_at
            self._next_due_known = True
        return self._next_due_at

    def answered(self, bytes node_id not None, bytes address not None, double now):
        cdef Bucket* bucket = NULL
        cdef int index = self._checked(node_id, address, &bucket)
        cdef Entry* entry
        cdef bint was_live
        if index < 0:
            return False
        entry = &bucket.members.entries[index]
        was_live = entry.live
        entry.live = True
        entry.failures = 0
        if self._interval_of(entry) < self._interval_max_s:
            entry.streak += 1
        self._schedule(entry, now)
        to_tail(&bucket.members, index)
        return not was_live

    def unanswered(self, bytes node_id not None, bytes address not None, double now):
        cdef Bucket* bucket = NULL
        cdef int index = self._checked(node_id, address, &bucket)
        cdef int allowed = self._failure_count_max
        cdef Entry* entry
        if index < 0:
            return False
        entry = &bucket.members.entries[index]
        entry.failures += 1
        if bucket.spares.count > 0:
            allowed = self._failure_count_max_replaceable
        if entry.failures >= allowed:
            self._drop(bucket, index, now)
            return True
        entry.streak = 0
        self._schedule(entry, now)
        return False

    cdef int _checked(self, bytes node_id, bytes address, Bucket** home) except? -1:
        """The index of the member that was checked at this address, or -1."""
        cdef const uint8_t* key = id_bytes(node_id)
        cdef Address endpoint
        cdef int index
        address_from_bytes(address, &endpoint)
        home[0] = bucket_at(&self._buckets, log_distance(self._own_id, key))
        if home[0] == NULL:
            return -1
        index = find(&home[0].members, key)
        if index < 0 or not same_address(&home[0].members.entries[index].address, &endpoint):
            return -1
        return index

    cdef double _interval_of(self, const Entry* entry) noexcept:
        return min(self._interval_max_s, ldexp(self._interval_min_s, entry.streak))

    cdef void _schedule(self, Entry* entry, double now) noexcept:
        """Due again after 0.75 to 1.25 intervals, so that checks do not fall into step."""
        cdef double jitter = <double>self._drbg.below_(JITTER_STEPS) / (2 * JITTER_STEPS)
        entry.due_at = now + self._interval_of(entry) * (0.75 + jitter)
        self._next_due_known = False

    # Asking -------------------------------------------------------------------------------------

    cdef Contact _contact(self, const Entry* entry):
        cdef Contact contact = Contact.__new__(Contact)
        contact.record = record_of(entry)
        contact._address = entry.address
        contact.live = entry.live
        contact.inbound = entry.inbound
        contact.failures = entry.failures
        contact.due_at = entry.due_at
        contact.interval_s = self._interval_of(entry)
        return contact

    cdef ENR held_record(self, const uint8_t* node_id):
        cdef Bucket* bucket = bucket_at(&self._buckets, log_distance(self._own_id, node_id))
        cdef int index
        if bucket == NULL:
            return None
        index = find(&bucket.members, node_id)
        if index >= 0:
            return record_of(&bucket.members.entries[index])
        index = find(&bucket.spares, node_id)
        return None if index < 0 else record_of(&bucket.spares.entries[index])

    def get(self, bytes node_id not None):
        cdef const uint8_t* key = id_bytes(node_id)
        cdef Bucket* bucket = bucket_at(&self._buckets, log_distance(self._own_id, key))
        cdef int index = -1 if bucket == NULL else find(&bucket.members, key)
        return None if index < 0 else self._contact(&bucket.members.entries[index])

    def closest(self, bytes target not None, int count, bint live_only=False):
        cdef const uint8_t* key = id_bytes(target)
        cdef Bucket* route[BUCKET_COUNT_MAX]
        cdef uint8_t ordered[BUCKET_SIZE]
        cdef Row* row
        cdef int b, i, found = 0
        cdef list records = [None] * min(count, BUCKET_COUNT_MAX * BUCKET_SIZE)
        for b in range(walk(&self._buckets, self._own_id, key, route)):
            row = &route[b].members
            for i in range(order(row, key, live_only, ordered)):
                if found == len(records):
                    return records
                records[found] = record_of(&row.entries[ordered[i]])
                found += 1
        del records[found:]
        return records

    cdef int answer(
        self, Reader distances, const Address* asker, ENR own,
        uint8_t* out, uint32_t* sizes, int count_max
    ) noexcept:
        return tell(&self._buckets, distances, scope_of(asker), own, out, sizes, count_max)

    def findnode(self, distances, bytes asker not None, ENR own not None):
        cdef uint8_t question[QUESTION_COUNT_MAX * DISTANCE_SIZE_MAX_B]
        cdef uint8_t told[ANSWER_COUNT_MAX * RECORD_SIZE_MAX_B]
        cdef uint32_t sizes[ANSWER_COUNT_MAX]
        cdef Writer writer
        cdef Reader asked
        cdef Address peer
        cdef uint8_t* at = told
        cdef int i
        address_from_bytes(asker, &peer)
        writer.at = question
        writer.end = question + sizeof(question)
        for distance in distances:
            if write_uint64(&writer, distance) < 0:
                raise ConfigError(f"ask for at most {QUESTION_COUNT_MAX} distances at once")
        asked.at = question
        asked.end = writer.at
        records = []
        for i in range(self.answer(asked, &peer, own, told, sizes, ANSWER_COUNT_MAX)):
            records.append((<const char*>at)[:sizes[i]])
            at += sizes[i]
        return records

    def random(self):
        cdef int b, skip = member_count(&self._buckets, False)
        if skip == 0:
            return None
        skip = <int>self._drbg.below_(<uint64_t>skip)
        for b in range(self._buckets.count):
            if skip < self._buckets.at[b].members.count:
                return self._contact(&self._buckets.at[b].members.entries[skip])
            skip -= self._buckets.at[b].members.count

    def __len__(self):
        return member_count(&self._buckets, False)

    def __iter__(self):
        cdef int b, i
        contacts = []
        for b in range(self._buckets.count):
            for i in range(self._buckets.at[b].members.count):
                contacts.append(self._contact(&self._buckets.at[b].members.entries[i]))
        return iter(contacts)

    def bucket_counts(self):
        cdef int b
        counts = {}
        for b in range(self._buckets.count):
            bucket = self._buckets.at[b]
            counts[bucket.distance] = (bucket.members.count, bucket.spares.count)
        return counts

    @property
    def live_count(self):
        return member_count(&self._buckets, True)
