"""The rules of acceptance, for many envelopes at once."""
from libc.math cimport ldexp

from waypost._ext.bloom cimport bloom_bytes, has_topic
from waypost._ext.envelope cimport Envelope, Fields

cdef enum:
    FIXED_SIZE_B = 20            # of all but the data, as go-ethereum counts

REFUSALS = (
    "ttl-beyond-expiry", "no-lifetime", "from-the-future", "very-old", "expired", "too-large",
    "low-work", "bloom-mismatch",
)

cdef int assess_one(Envelope envelope, const Rules* rules, double* pow) noexcept:
    cdef long long expiry_s = envelope.expiry_s, now_s = rules.now_s
    cdef long long sent_s = expiry_s - <long long>envelope.ttl_s
    cdef double ttl_s = <double>envelope.ttl_s
    cdef Fields fields
    if sent_s < 0:
        return TTL_BEYOND_EXPIRY
    if envelope.ttl_s == 0:
        return NO_LIFETIME
    if sent_s - rules.skew_s_max > now_s:
        return FROM_THE_FUTURE
    if expiry_s < now_s:
        return VERY_OLD if now_s - expiry_s > 2 * rules.skew_s_max else EXPIRED
    fields = envelope._fields()
    if FIXED_SIZE_B + fields.data_size > rules.size_max_b:
        return TOO_LARGE
    if sent_s > now_s:
        ttl_s += <double>(sent_s - now_s + 1)
    pow[0] = ldexp(1.0, <int>envelope.bits) / <double>envelope._divisor() / ttl_s
    if pow[0] < rules.pow_min:
        return LOW_WORK
    return ACCEPTED if has_topic(rules.bloom, fields.topic) else BLOOM_MISMATCH


def assess(
    list envelopes not None, long long now_s, *,
    long long skew_s_max, size_t size_max_b, double pow_min, bytes bloom not None,
):
    cdef Rules rules = Rules(now_s, skew_s_max, size_max_b, pow_min, bloom_bytes(bloom))
    cdef list answers = []
    cdef double pow = 0
    cdef int refusal
    for envelope in envelopes:
        refusal = assess_one(<Envelope?>envelope, &rules, &pow)
        answers.append(pow if refusal == ACCEPTED else REFUSALS[refusal])
    return answers
