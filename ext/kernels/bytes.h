/* Integers in memory of any alignment, on any host. Compilers turn each into one instruction. */
#ifndef WP_BYTES_H
#define WP_BYTES_H

#include <stdint.h>

static inline uint32_t wp_load_be32(const uint8_t *from)
{
    return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

static inline uint64_t wp_load_be64(const uint8_t *from)
{
    return (uint64_t)wp_load_be32(from) << 32 | wp_load_be32(from + 4);
}

static inline uint32_t wp_load_le32(const uint8_t *from)
{
    return (uint32_t)from[3] << 24 | (uint32_t)from[2] << 16 | (uint32_t)from[1] << 8 | from[0];
}

static inline uint64_t wp_load_le64(const uint8_t *from)
{
    return (uint64_t)from[0] | (uint64_t)from[1] << 8 | (uint64_t)from[2] << 16 |
           (uint64_t)from[3] << 24 | (uint64_t)from[4] << 32 | (uint64_t)from[5] << 40 |
           (uint64_t)from[6] << 48 | (uint64_t)from[7] << 56;
}

static inline void wp_store_le32(uint8_t *to, uint32_t value)
{
    to[0] = (uint8_t)value, to[1] = (uint8_t)(value >> 8);
    to[2] = (uint8_t)(value >> 16), to[3] = (uint8_t)(value >> 24);
}

static inline void wp_store_le64(uint8_t *to, uint64_t value)
{
    to[0] = (uint8_t)value, to[1] = (uint8_t)(value >> 8);
    to[2] = (uint8_t)(value >> 16), to[3] = (uint8_t)(value >> 24);
    to[4] = (uint8_t)(value >> 32), to[5] = (uint8_t)(value >> 40);
    to[6] = (uint8_t)(value >> 48), to[7] = (uint8_t)(value >> 56);
}

static inline void wp_store_be32(uint8_t *to, uint32_t value)
{
    to[0] = (uint8_t)(value >> 24), to[1] = (uint8_t)(value >> 16);
    to[2] = (uint8_t)(value >> 8), to[3] = (uint8_t)value;
}

static inline void wp_store_be64(uint8_t *to, uint64_t value)
{
    to[0] = (uint8_t)(value >> 56), to[1] = (uint8_t)(value >> 48);
    to[2] = (uint8_t)(value >> 40), to[3] = (uint8_t)(value >> 32);
    to[4] = (uint8_t)(value >> 24), to[5] = (uint8_t)(value >> 16);
    to[6] = (uint8_t)(value >> 8), to[7] = (uint8_t)value;
}

#endif
