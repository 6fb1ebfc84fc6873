/* Which AES tiers exist, best first, and which one is in use. */
#include "aes.h"

static const wp_aes_tier *const tiers[] = {
#if defined(__x86_64__)
    &wp_aes_aesni,
#endif
    &wp_aes_portable,
};

const wp_aes_tier *wp_aes = &wp_aes_portable;

const wp_aes_tier *wp_aes_tier_at(size_t index)
{
    for (size_t i = 0; i < sizeof tiers / sizeof tiers[0]; i++)
        if (tiers[i]->available() && index-- == 0)
            return tiers[i];
    return NULL;
}
