/* SHA-256 (FIPS 180-4). */
#ifndef WP_SHA256_H
#define WP_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define WP_SHA256_BLOCK_B 64
#define WP_SHA256_DIGEST_B 32

typedef struct {
    uint32_t words[8];
    uint64_t size; /* bytes taken so far */
    uint8_t block[WP_SHA256_BLOCK_B];
} wp_sha256;

void wp_sha256_init(wp_sha256 *state);
void wp_sha256_update(wp_sha256 *state, const uint8_t *data, size_t size);
void wp_sha256_final(wp_sha256 *state, uint8_t digest[WP_SHA256_DIGEST_B]);

#endif
