/* ChaCha20, four blocks at once: lane i of every vector belongs to block i. The compiler's vectors
   become SSE2 or NEON. */
#include "chacha20.h"

#include <string.h>

#include "bytes.h"
#include "wipe.h"

typedef uint32_t quad __attribute__((vector_size(16)));

#define ROTATE(x, count) ((x) << (count) | (x) >> (32 - (count)))

#define QUARTER_ROUND(a, b, c, d) \
    x[a] += x[b]; x[d] = ROTATE(x[d] ^ x[a], 16); \
    x[c] += x[d]; x[b] = ROTATE(x[b] ^ x[c], 12); \
    x[a] += x[b]; x[d] = ROTATE(x[d] ^ x[a], 8); \
    x[c] += x[d]; x[b] = ROTATE(x[b] ^ x[c], 7);

static inline quad all(uint32_t word)
{
    return (quad){word, word, word, word};
}

void wp_chacha20_quad(const uint8_t key[WP_CHACHA20_KEY_B], uint32_t counter,
                      uint8_t stream[WP_CHACHA20_QUAD_B])
{
    quad start[16], x[16];
    start[0] = all(0x61707865); /* "expand 32-byte k" */
    start[1] = all(0x3320646e);
    start[2] = all(0x79622d32);
    start[3] = all(0x6b206574);
    for (int i = 0; i < 8; i++) start[4 + i] = all(wp_load_le32(key + 4 * i));
    start[12] = all(counter) + (quad){0, 1, 2, 3};
    for (int i = 13; i < 16; i++) start[i] = all(0);

    memcpy(x, start, sizeof x);
    for (int round = 0; round < 20; round += 2) {
        QUARTER_ROUND(0, 4, 8, 12)
        QUARTER_ROUND(1, 5, 9, 13)
        QUARTER_ROUND(2, 6, 10, 14)
        QUARTER_ROUND(3, 7, 11, 15)
        QUARTER_ROUND(0, 5, 10, 15)
        QUARTER_ROUND(1, 6, 11, 12)
        QUARTER_ROUND(2, 7, 8, 13)
        QUARTER_ROUND(3, 4, 9, 14)
    }
    for (int i = 0; i < 16; i++) {
        x[i] += start[i];
        for (int block = 0; block < 4; block++) {
            wp_store_le32(stream + 64 * block + 4 * i, x[i][block]);
        }
    }
    wp_wipe(start, sizeof start);
    wp_wipe(x, sizeof x);
}
