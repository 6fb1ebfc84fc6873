/* Keccak-256 as Ethereum uses it: capacity 512 and the padding of the submission to NIST (0x01),
   which is not that of FIPS 202. */
#ifndef WP_KECCAK_H
#define WP_KECCAK_H

#include <stddef.h>
#include <stdint.h>

#define WP_KECCAK_RATE_B 136
#define WP_KECCAK_DIGEST_B 32

typedef struct {
    uint64_t lanes[25];
    size_t filled; /* bytes absorbed into the open block, below WP_KECCAK_RATE_B */
} wp_keccak;

void wp_keccak_permute(uint64_t lanes[25]); /* Keccak-f[1600], 24 rounds */

void wp_keccak_init(wp_keccak *state);
void wp_keccak_update(wp_keccak *state, const uint8_t *data, size_t size);
void wp_keccak_final(wp_keccak *state, uint8_t digest[WP_KECCAK_DIGEST_B]);

#endif
