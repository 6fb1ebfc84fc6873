/* SHA-256 (FIPS 180-4): the message schedule is kept in a ring of 16 words. */
#include "sha256.h"

#include <string.h>

#include "bytes.h"

static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static const uint32_t INITIAL[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

static inline uint32_t rotate_right(uint32_t word, int count)
{
    return word >> count | word << (32 - count);
}

#define BIG_SIGMA0(x) (rotate_right(x, 2) ^ rotate_right(x, 13) ^ rotate_right(x, 22))
#define BIG_SIGMA1(x) (rotate_right(x, 6) ^ rotate_right(x, 11) ^ rotate_right(x, 25))
#define SMALL_SIGMA0(x) (rotate_right(x, 7) ^ rotate_right(x, 18) ^ ((x) >> 3))
#define SMALL_SIGMA1(x) (rotate_right(x, 17) ^ rotate_right(x, 19) ^ ((x) >> 10))

/* One round: the names of the eight variables rotate instead of their values. */
#define ROUND(a, b, c, d, e, f, g, h, i) \
    t = h + BIG_SIGMA1(e) + (g ^ (e & (f ^ g))) + K[turn + (i)] + w[i]; \
    d += t; \
    h = t + BIG_SIGMA0(a) + ((a & b) | (c & (a | b)));

#define ROUNDS_8(i) \
    ROUND(a, b, c, d, e, f, g, h, i) \
    ROUND(h, a, b, c, d, e, f, g, (i) + 1) \
    ROUND(g, h, a, b, c, d, e, f, (i) + 2) \
    ROUND(f, g, h, a, b, c, d, e, (i) + 3) \
    ROUND(e, f, g, h, a, b, c, d, (i) + 4) \
    ROUND(d, e, f, g, h, a, b, c, (i) + 5) \
    ROUND(c, d, e, f, g, h, a, b, (i) + 6) \
    ROUND(b, c, d, e, f, g, h, a, (i) + 7)

static void compress(uint32_t words[8], const uint8_t block[WP_SHA256_BLOCK_B])
{
    uint32_t w[16], t;
    uint32_t a = words[0], b = words[1], c = words[2], d = words[3];
    uint32_t e = words[4], f = words[5], g = words[6], h = words[7];
    for (int i = 0; i < 16; i++) w[i] = wp_load_be32(block + 4 * i);
    for (int turn = 0; turn < 64; turn += 16) {
        ROUNDS_8(0)
        ROUNDS_8(8)
        if (turn < 48) {
            for (int i = 0; i < 16; i++) {
                w[i] += SMALL_SIGMA0(w[(i + 1) & 15]) + w[(i + 9) & 15] +
                        SMALL_SIGMA1(w[(i + 14) & 15]);
            }
        }
    }
    words[0] += a;
    words[1] += b;
    words[2] += c;
    words[3] += d;
    words[4] += e;
    words[5] += f;
    words[6] += g;
    words[7] += h;
}

void wp_sha256_init(wp_sha256 *state)
{
    memcpy(state->words, INITIAL, sizeof INITIAL);
    state->size = 0;
}

void wp_sha256_update(wp_sha256 *state, const uint8_t *data, size_t size)
{
    size_t filled = (size_t)(state->size % WP_SHA256_BLOCK_B);
    size_t room = WP_SHA256_BLOCK_B - filled;
    state->size += size;
    if (filled > 0 && size >= room) {
        memcpy(state->block + filled, data, room);
        compress(state->words, state->block);
        data += room;
        size -= room;
        filled = 0;
    }
    while (filled == 0 && size >= WP_SHA256_BLOCK_B) {
        compress(state->words, data);
        data += WP_SHA256_BLOCK_B;
        size -= WP_SHA256_BLOCK_B;
    }
    if (size > 0) memcpy(state->block + filled, data, size);
}

void wp_sha256_final(wp_sha256 *state, uint8_t digest[WP_SHA256_DIGEST_B])
{
    size_t filled = (size_t)(state->size % WP_SHA256_BLOCK_B);
    uint64_t bits = state->size * 8;
    state->block[filled++] = 0x80;
    if (filled > WP_SHA256_BLOCK_B - 8) {
        memset(state->block + filled, 0, WP_SHA256_BLOCK_B - filled);
        compress(state->words, state->block);
        filled = 0;
    }
    memset(state->block + filled, 0, WP_SHA256_BLOCK_B - 8 - filled);
    wp_store_be32(state->block + 56, (uint32_t)(bits >> 32));
    wp_store_be32(state->block + 60, (uint32_t)bits);
    compress(state->words, state->block);
    for (int i = 0; i < 8; i++) wp_store_be32(digest + 4 * i, state->words[i]);
}
