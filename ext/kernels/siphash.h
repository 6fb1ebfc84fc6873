/* SipHash-1-3 (Aumasson and Bernstein; the variant of hash tables) of a short key, keyed by one
 * 64-bit seed that serves as both halves of the key. */
#ifndef WP_SIPHASH_H
#define WP_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t wp_siphash13(uint64_t seed, const uint8_t *data, size_t size);

#endif
