/* AES-128-CTR and AES-256-CTR (SP 800-38A), and AES-128-GCM (SP 800-38D) with 96-bit nonces and
 * 128-bit tags.
 *
 * A tier is one implementation of the whole set, in its own file. The tiers give the same results;
 * the layout of an expanded key belongs to the tier that expanded it. Keys need no alignment.
 * In every call `src` may be `dst`, but must not overlap it in any other way. The arguments are
 * the caller's to check: nothing here fails, except that gcm_open says whether the tag was right.
 * Every tier takes time that depends on sizes only, never on keys or data.
 */
#ifndef WP_AES_H
#define WP_AES_H

#include <stddef.h>
#include <stdint.h>

enum {
    WP_AES_BLOCK_SIZE_B = 16,
    WP_AES128_ROUND_COUNT = 10,
    WP_AES256_ROUND_COUNT = 14,
    WP_GCM_NONCE_SIZE_B = 12,
    WP_GCM_TAG_SIZE_B = 16,
    WP_GCM_POWER_COUNT = 8 /* of H: so many blocks share one reduction */
};

typedef struct {
    uint8_t round_keys[(WP_AES128_ROUND_COUNT + 1) * WP_AES_BLOCK_SIZE_B];
} wp_ctr_key;

typedef struct {
    uint8_t round_keys[(WP_AES256_ROUND_COUNT + 1) * WP_AES_BLOCK_SIZE_B];
} wp_ctr256_key;

typedef struct {
    wp_ctr_key cipher;
    uint8_t powers[WP_GCM_POWER_COUNT * WP_AES_BLOCK_SIZE_B];
} wp_gcm_key;

typedef struct {
    const char *name;
    int (*available)(void); /* can this CPU run it? */

    void (*ctr_expand)(wp_ctr_key *key, const uint8_t *secret);
    /* XORs the key stream: the counter is 128 bits, big-endian, and starts at iv + block_index. */
    void (*ctr_xor)(const wp_ctr_key *key, const uint8_t *iv, size_t block_index,
                    const uint8_t *src, uint8_t *dst, size_t size);

    void (*ctr256_expand)(wp_ctr256_key *key, const uint8_t *secret);
    void (*ctr256_xor)(const wp_ctr256_key *key, const uint8_t *iv, size_t block_index,
                       const uint8_t *src, uint8_t *dst, size_t size);

    void (*gcm_expand)(wp_gcm_key *key, const uint8_t *secret);
    /* Writes size + WP_GCM_TAG_SIZE_B bytes to dst. */
    void (*gcm_seal)(const wp_gcm_key *key, const uint8_t *nonce, const uint8_t *ad,
                     size_t ad_size, const uint8_t *src, size_t size, uint8_t *dst);
    /* size includes the tag and is at least its size; writes size - WP_GCM_TAG_SIZE_B bytes to
     * dst. Returns 0, or -1 with dst zeroed. */
    int (*gcm_open)(const wp_gcm_key *key, const uint8_t *nonce, const uint8_t *ad,
                    size_t ad_size, const uint8_t *src, size_t size, uint8_t *dst);
} wp_aes_tier;

extern const wp_aes_tier wp_aes_aesni;
extern const wp_aes_tier wp_aes_portable;

/* The index-th tier that this CPU can run, best first; NULL past the last one. */
const wp_aes_tier *wp_aes_tier_at(size_t index);

/* The tier in use. Keys that were expanded before a change of tier are void. */
extern const wp_aes_tier *wp_aes;

#endif
