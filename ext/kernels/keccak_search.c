/* Proof of work: nonces behind a prefix, hashed together. The prefix is absorbed once; a nonce
 * costs one permutation, or two where it ends a block. */
#include "keccak_many.h"

#include <string.h>

#include "bytes.h"
#include "keccak.h"

enum {
    LAST_LANE = WP_KECCAK_RATE_B / 8 - 1, /* of a block */
    NONCE_SIZE_B = 8,
    WORD_BITS = 64
};

static const uint64_t END = (uint64_t)0x80 << 56; /* the last bit of the padding, in LAST_LANE */

typedef struct {
    uint64_t start[25 * WP_KECCAK_STATE_COUNT_MAX]; /* what all states have in common */
    size_t lane;                                    /* where the nonce starts */
    unsigned shift;                                 /* and at which bit of it */
} search;

static void prepare(search *to, const wp_keccak_work *work, size_t width)
{
    wp_keccak state;
    wp_keccak_init(&state);
    wp_keccak_update(&state, work->prefix, work->prefix_size);
    to->lane = state.filled / 8;
    to->shift = 8 * (unsigned)(state.filled % 8);
    if (to->lane < LAST_LANE) {
        state.lanes[to->lane + 1] ^= (uint64_t)0x01 << to->shift;
        state.lanes[LAST_LANE] ^= END;
    }
    for (size_t i = 0; i < 25; i++)
        for (size_t s = 0; s < width; s++)
            to->start[i * width + s] = state.lanes[i];
}

/* The nonce as it lies in memory, big-endian, read as the lanes are, little-endian. */
static uint64_t digits_of(uint64_t nonce)
{
    uint8_t digits[NONCE_SIZE_B];
    wp_store_be64(digits, nonce);
    return wp_load_le64(digits);
}

static void hash_group(const wp_keccak_tier *tier, const search *from, uint64_t first,
                       uint64_t *lanes)
{
    const size_t width = tier->state_count;
    uint64_t *low = lanes + from->lane * width;
    uint64_t *high = low + width;
    uint64_t rest[WP_KECCAK_STATE_COUNT_MAX];
    memcpy(lanes, from->start, 25 * width * sizeof lanes[0]);
    for (size_t s = 0; s < width; s++) {
        uint64_t digits = digits_of(first + s);
        low[s] ^= digits << from->shift;
        rest[s] = from->shift ? digits >> (WORD_BITS - from->shift) : 0;
    }
    if (from->lane == LAST_LANE) { /* what is left of the nonce, and the padding: a new block */
        tier->permute(lanes);
        high = lanes;
        for (size_t s = 0; s < width; s++) {
            rest[s] ^= (uint64_t)0x01 << from->shift;
            lanes[LAST_LANE * width + s] ^= END;
        }
    }
    for (size_t s = 0; s < width; s++)
        high[s] ^= rest[s];
    tier->permute(lanes);
}

static unsigned zero_bits(const uint64_t *lanes, size_t width, int trailing)
{
    uint8_t digest[WP_KECCAK_DIGEST_B];
    for (size_t i = 0; i < WP_KECCAK_DIGEST_B / 8; i++)
        wp_store_le64(digest + 8 * i, lanes[i * width]);
    return wp_keccak_zero_bits(digest, trailing);
}

unsigned wp_keccak_zero_bits(const uint8_t *digest, int trailing)
{
    unsigned bits = 0;
    for (size_t i = 0; i < WP_KECCAK_DIGEST_B; i++) {
        unsigned byte = digest[trailing ? WP_KECCAK_DIGEST_B - 1 - i : i];
        if (byte != 0)
            return bits + (unsigned)(trailing ? __builtin_ctz(byte) : __builtin_clz(byte) - 24);
        bits += 8;
    }
    return bits;
}

unsigned wp_keccak_search(const wp_keccak_tier *tier, const wp_keccak_work *work, uint64_t first,
                          uint64_t count, uint64_t *nonce)
{
    const size_t width = tier->state_count;
    const size_t shown = (work->trailing ? WP_KECCAK_DIGEST_B / 8 - 1 : 0) * width;
    uint64_t lanes[25 * WP_KECCAK_STATE_COUNT_MAX];
    search from;
    unsigned best = 0;
    prepare(&from, work, width);
    *nonce = first;
    for (uint64_t at = 0; at < count; at += width) {
        hash_group(tier, &from, first + at, lanes);
        for (size_t s = 0; s < width && s < count - at; s++) {
            /* One byte tells of most hashes that they are no better. */
            unsigned edge = (unsigned)(work->trailing ? lanes[shown + s] >> 56
                                                      : lanes[shown + s] & 0xFF);
            if (best >= 8 && edge != 0)
                continue;
            unsigned bits = zero_bits(lanes + s, width, work->trailing);
            if (bits > best) {
                best = bits;
                *nonce = first + at + s;
            }
            if (best >= work->wanted)
                return best;
        }
    }
    return best;
}
