/* Keccak-256 of many inputs at once: a lane of a vector for each.
 *
 * A tier permutes so many states together, in its own file. The tiers give the same results.
 */
#ifndef WP_KECCAK_MANY_H
#define WP_KECCAK_MANY_H

#include <stddef.h>
#include <stdint.h>

enum {
    WP_KECCAK_WORD_SIZE_B = 32,
    WP_KECCAK_STATE_COUNT_MAX = 8, /* that a tier permutes together */
    WP_KECCAK_PART_COUNT = 3       /* of an input */
};

typedef struct {
    const char *name;
    int (*available)(void); /* can this CPU run it? */
    size_t state_count;
    /* Lane i of state s is at index i * state_count + s. */
    void (*permute)(uint64_t *states);
} wp_keccak_tier;

extern const wp_keccak_tier wp_keccak_avx512;
extern const wp_keccak_tier wp_keccak_avx2;
extern const wp_keccak_tier wp_keccak_portable;

/* The index-th tier that this CPU can run, best first; NULL past the last one. */
const wp_keccak_tier *wp_keccak_tier_at(size_t index);

/* The hashes of keys[i] || tail, of 32 bytes each: the places of a Solidity mapping's values.
 * Writes 32 bytes for each key. */
void wp_keccak_keys(const wp_keccak_tier *tier, const uint8_t *const *keys, size_t count,
                    const uint8_t *tail, uint8_t *digests);

typedef struct {
    const uint8_t *at;
    size_t size;
} wp_keccak_part;

/* The hashes of `count` inputs of any sizes. Each is made of WP_KECCAK_PART_COUNT parts, which may
 * be empty. Writes 32 bytes for each input. */
void wp_keccak_inputs(const wp_keccak_tier *tier, const wp_keccak_part *parts, size_t count,
                      uint8_t *digests);

typedef struct {
    const uint8_t *prefix;
    size_t prefix_size;
    int trailing;    /* which zero bits of the hash count: the last ones, or the first ones */
    unsigned wanted; /* so many are enough */
} wp_keccak_work;

/* Hashes prefix || nonce, 8 bytes big-endian, for `count` nonces from `first` on, until enough
 * bits of a hash are zero. Returns the most that were, and of which nonce: the first such. */
unsigned wp_keccak_search(const wp_keccak_tier *tier, const wp_keccak_work *work, uint64_t first,
                          uint64_t count, uint64_t *nonce);

/* The zero bits that a hash starts, or ends, with. */
unsigned wp_keccak_zero_bits(const uint8_t *digest, int trailing);

/* The tier in use. */
extern const wp_keccak_tier *wp_keccak_many;

#endif
