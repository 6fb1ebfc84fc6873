/* Overwrites a secret in a way that no compiler drops. */
#ifndef WP_WIPE_H
#define WP_WIPE_H

#include <stddef.h>
#include <string.h>

static inline void wp_wipe(void *memory, size_t size)
{
    memset(memory, 0, size);
    __asm__ __volatile__("" : : "r"(memory) : "memory"); /* the zeros may be read: keep them */
}

#endif
