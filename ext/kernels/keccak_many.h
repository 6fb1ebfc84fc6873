/* Keccak-256 of many short inputs at once: a lane of a vector for each.
 *
 * A tier permutes so many states together, in its own file. The tiers give the same results.
 */
#ifndef WP_KECCAK_MANY_H
#define WP_KECCAK_MANY_H

#include <stddef.h>
#include <stdint.h>

enum {
    WP_KECCAK_WORD_SIZE_B = 32,
    WP_KECCAK_STATE_COUNT_MAX = 8 /* that a tier permutes together */
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

/* The tier in use. */
extern const wp_keccak_tier *wp_keccak_many;

#endif
