/* Which AES-128 tiers exist, best first, and which one is in use. */
#include "aes128.h"

static const wp_aes128_tier *const tiers[] = {
#if defined(__x86_64__)
    &wp_aes128_aesni,
#endif
    &wp_aes128_portable,
};

const wp_aes128_tier *wp_aes128 = &wp_aes128_portable;

const wp_aes128_tier *wp_aes128_tier_at(size_t index)
{
    for (size_t i = 0; i < sizeof tiers / sizeof tiers[0]; i++)
        if (tiers[i]->available() && index-- == 0)
            return tiers[i];
    return NULL;
}
