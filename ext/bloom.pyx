"""Topics in bloom filters: three places of 512, of which geth forgets some."""
from libc.string cimport memset

from waypost.errors import ConfigError

cdef enum:
    PLACE_COUNT = 3

FULL = b"\xff" * BLOOM_SIZE_B


cdef inline unsigned int _place(const uint8_t* topic, int index) noexcept nogil:
    """A byte of the topic, and a bit of its last byte for the half."""
    return topic[index] + (256 if topic[3] >> index & 1 else 0)


cdef inline bint _is_assigned_over(const uint8_t* topic, int index) noexcept nogil:
    """Whether a later place lies in the same byte: geth assigns that byte, so this bit is lost."""
    cdef int later
    for later in range(index + 1, PLACE_COUNT):
        if _place(topic, later) >> 3 == _place(topic, index) >> 3:
            return True
    return False


cdef void add_topic(uint8_t* bloom, const uint8_t* topic) noexcept nogil:
    cdef unsigned int place
    cdef int index
    for index in range(PLACE_COUNT):
        if not _is_assigned_over(topic, index):
            place = _place(topic, index)
            bloom[place >> 3] |= <uint8_t>(1 << (place & 7))


cdef bint has_topic(const uint8_t* bloom, const uint8_t* topic) noexcept nogil:
    cdef unsigned int place
    cdef int index
    for index in range(PLACE_COUNT):
        place = _place(topic, index)
        if not bloom[place >> 3] >> (place & 7) & 1 and not _is_assigned_over(topic, index):
            return False
    return True


cdef const uint8_t* _sized(bytes data, Py_ssize_t size, str what) except NULL:
    if data is None or len(data) != size:
        raise ConfigError(f"{what} is {size} bytes")
    return <const uint8_t*><const char*>data


cdef const uint8_t* bloom_bytes(bytes bloom) except NULL:
    return _sized(bloom, BLOOM_SIZE_B, "a bloom filter")


def bloom_of(topics):
    cdef uint8_t bloom[BLOOM_SIZE_B]
    memset(bloom, 0, BLOOM_SIZE_B)
    for topic in topics:
        add_topic(bloom, _sized(topic, TOPIC_SIZE_B, "a topic"))
    return (<const char*>bloom)[:BLOOM_SIZE_B]


def matches(bytes bloom not None, bytes sample not None):
    cdef const uint8_t* has = bloom_bytes(bloom)
    cdef const uint8_t* wanted = bloom_bytes(sample)
    cdef uint8_t missing = 0
    cdef int i
    for i in range(BLOOM_SIZE_B):
        missing |= wanted[i] & ~has[i]
    return missing == 0


def matching(bytes bloom not None, topics):
    cdef const uint8_t* has = bloom_bytes(bloom)
    cdef list found = []
    for topic in topics:
        if has_topic(has, _sized(topic, TOPIC_SIZE_B, "a topic")):
            found.append(topic)
    return found


def matching_at(bytes bloom not None, bytes topics not None):
    cdef const uint8_t* has = bloom_bytes(bloom)
    cdef const uint8_t* topic = <const uint8_t*><const char*>topics
    cdef Py_ssize_t at
    cdef list found = []
    for at in range(len(topics) // TOPIC_SIZE_B):
        if has_topic(has, topic + TOPIC_SIZE_B * at):
            found.append(at)
    return found


def last_place(bytes topic not None):
    return _place(_sized(topic, TOPIC_SIZE_B, "a topic"), PLACE_COUNT - 1)


def places(bytes bloom not None):
    cdef const uint8_t* has = bloom_bytes(bloom)
    return [place for place in range(8 * BLOOM_SIZE_B) if has[place >> 3] >> (place & 7) & 1]
