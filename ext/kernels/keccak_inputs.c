/* Keccak-256 of inputs of any sizes at once: block after block, until the longest one ends. */
#include "keccak_many.h"

#include <string.h>

#include "bytes.h"
#include "keccak.h"

/* Takes the next block of an input from its parts; less than a block is the end. */
static size_t take(wp_keccak_part *rest, uint8_t *block)
{
    size_t filled = 0;
    for (size_t i = 0; i < WP_KECCAK_PART_COUNT; i++) {
        size_t room = WP_KECCAK_RATE_B - filled;
        size_t taken = rest[i].size < room ? rest[i].size : room;
        if (taken == 0)
            continue;
        memcpy(block + filled, rest[i].at, taken);
        rest[i].at += taken;
        rest[i].size -= taken;
        filled += taken;
    }
    return filled;
}

/* Absorbs the next block of an input, and its padding if it is the last one; says if it is. */
static int absorb(wp_keccak_part *rest, uint64_t *lanes, size_t width)
{
    uint8_t block[WP_KECCAK_RATE_B];
    size_t filled = take(rest, block);
    if (filled < WP_KECCAK_RATE_B) {
        memset(block + filled, 0, WP_KECCAK_RATE_B - filled);
        block[filled] = 0x01;
        block[WP_KECCAK_RATE_B - 1] |= 0x80;
    }
    for (size_t i = 0; i < WP_KECCAK_RATE_B / 8; i++)
        lanes[i * width] ^= wp_load_le64(block + 8 * i);
    return filled < WP_KECCAK_RATE_B;
}

static void squeeze(const uint64_t *lanes, size_t width, uint8_t *digest)
{
    for (size_t i = 0; i < WP_KECCAK_DIGEST_B / 8; i++)
        wp_store_le64(digest + 8 * i, lanes[i * width]);
}

/* A state whose input has ended is permuted on with the others: nobody looks at it again. */
static void hash_group(const wp_keccak_tier *tier, wp_keccak_part *rest, size_t count,
                       uint8_t *digests)
{
    uint64_t lanes[25 * WP_KECCAK_STATE_COUNT_MAX];
    int ended[WP_KECCAK_STATE_COUNT_MAX] = {0};
    const size_t width = tier->state_count;
    size_t open = count;
    memset(lanes, 0, 25 * width * sizeof lanes[0]);
    while (open > 0) {
        int last[WP_KECCAK_STATE_COUNT_MAX] = {0};
        for (size_t s = 0; s < count; s++)
            if (!ended[s])
                last[s] = absorb(rest + WP_KECCAK_PART_COUNT * s, lanes + s, width);
        tier->permute(lanes);
        for (size_t s = 0; s < count; s++) {
            if (last[s]) {
                squeeze(lanes + s, width, digests + WP_KECCAK_DIGEST_B * s);
                ended[s] = 1;
                open--;
            }
        }
    }
}

void wp_keccak_inputs(const wp_keccak_tier *tier, const wp_keccak_part *parts, size_t count,
                      uint8_t *digests)
{
    wp_keccak_part rest[WP_KECCAK_PART_COUNT * WP_KECCAK_STATE_COUNT_MAX];
    for (size_t at = 0; at < count; at += tier->state_count) {
        size_t used = count - at < tier->state_count ? count - at : tier->state_count;
        memcpy(rest, parts + WP_KECCAK_PART_COUNT * at,
               WP_KECCAK_PART_COUNT * used * sizeof rest[0]);
        hash_group(tier, rest, used, digests + WP_KECCAK_DIGEST_B * at);
    }
}
