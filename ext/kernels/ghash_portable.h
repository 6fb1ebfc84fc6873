/* GHASH (SP 800-38D section 6.4) in plain C, constant time. */
#ifndef WP_GHASH_PORTABLE_H
#define WP_GHASH_PORTABLE_H

#include <stddef.h>
#include <stdint.h>

/* Prepares the hash key h (16 bytes) as 16 bytes of the tier's own layout. */
void wp_ghash_portable_expand(uint8_t *key, const uint8_t *h);

/* The 16 bytes of GHASH(ad || zeros || data || zeros || bit lengths of both). */
void wp_ghash_portable(const uint8_t *key, const uint8_t *ad, size_t ad_size, const uint8_t *data,
                       size_t size, uint8_t *out);

#endif
