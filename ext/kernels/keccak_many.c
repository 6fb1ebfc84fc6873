/* Which tiers of Keccak exist, best first, and which one is in use; inputs into their lanes. */
#include "keccak_many.h"

#include <string.h>

#include "bytes.h"
#include "keccak.h"

enum { WORD_LANES = WP_KECCAK_WORD_SIZE_B / 8, PADDED_LANE = 2 * WORD_LANES };

static int always(void)
{
    return 1;
}

const wp_keccak_tier wp_keccak_portable = {"portable", always, 1, wp_keccak_permute};

static const wp_keccak_tier *const tiers[] = {
#if defined(__x86_64__)
    &wp_keccak_avx512,
    &wp_keccak_avx2,
#endif
    &wp_keccak_portable,
};

const wp_keccak_tier *wp_keccak_many = &wp_keccak_portable;

const wp_keccak_tier *wp_keccak_tier_at(size_t index)
{
    for (size_t i = 0; i < sizeof tiers / sizeof tiers[0]; i++)
        if (tiers[i]->available() && index-- == 0)
            return tiers[i];
    return NULL;
}

void wp_keccak_keys(const wp_keccak_tier *tier, const uint8_t *const *keys, size_t count,
                    const uint8_t *tail, uint8_t *digests)
{
    uint64_t lanes[25 * WP_KECCAK_STATE_COUNT_MAX];
    const size_t width = tier->state_count;
    for (size_t at = 0; at < count; at += width) {
        size_t used = count - at < width ? count - at : width;
        memset(lanes, 0, 25 * width * sizeof lanes[0]);
        for (size_t s = 0; s < used; s++) {
            for (size_t i = 0; i < WORD_LANES; i++) {
                lanes[i * width + s] = wp_load_le64(keys[at + s] + 8 * i);
                lanes[(WORD_LANES + i) * width + s] = wp_load_le64(tail + 8 * i);
            }
            lanes[PADDED_LANE * width + s] = 0x01;
            lanes[(WP_KECCAK_RATE_B / 8 - 1) * width + s] = (uint64_t)0x80 << 56;
        }
        tier->permute(lanes);
        for (size_t s = 0; s < used; s++)
            for (size_t i = 0; i < WORD_LANES; i++)
                wp_store_le64(digests + WP_KECCAK_WORD_SIZE_B * (at + s) + 8 * i,
                              lanes[i * width + s]);
    }
}
