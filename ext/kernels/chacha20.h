/* The ChaCha20 key stream (RFC 8439 section 2.3) under a nonce of zeros: a key is used once. */
#ifndef WP_CHACHA20_H
#define WP_CHACHA20_H

#include <stddef.h>
#include <stdint.h>

#define WP_CHACHA20_KEY_B 32
#define WP_CHACHA20_QUAD_B 256 /* four blocks */

/* Writes the blocks counter, counter + 1, counter + 2 and counter + 3. */
void wp_chacha20_quad(const uint8_t key[WP_CHACHA20_KEY_B], uint32_t counter,
                      uint8_t stream[WP_CHACHA20_QUAD_B]);

#endif
