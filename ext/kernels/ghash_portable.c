/* GHASH with integer multiplications, in the byte-reversed view of RFC 8452 appendix A: there the
 * field is GF(2)[x] / (x^128 + x^127 + x^126 + x^121 + 1), bit i of a 128-bit integer is x^i, and
 * with the key taken times x once, the product of two elements is a * b / x^128.
 */
#include "ghash_portable.h"
#include "bytes.h"
#include "compiler.h"

#include <string.h>

typedef struct { uint64_t high, low; } element;

WP_INLINE uint64_t reverse_bits(uint64_t x)
{
    x = (x >> 1 & 0x5555555555555555) | (x & 0x5555555555555555) << 1;
    x = (x >> 2 & 0x3333333333333333) | (x & 0x3333333333333333) << 2;
    x = (x >> 4 & 0x0F0F0F0F0F0F0F0F) | (x & 0x0F0F0F0F0F0F0F0F) << 4;
    return __builtin_bswap64(x);
}

/* The low 64 bits of a carry-less product. Each factor is cut into four with one bit in four, so
 * that an integer product sums at most 15 ones per bit below bit 60 and carries only into gaps. */
WP_INLINE uint64_t multiply_low(uint64_t a, uint64_t b)
{
    const uint64_t gaps = 0x1111111111111111;
    uint64_t product = 0;
    WP_UNROLL
    for (int i = 0; i < 4; i++) {
        uint64_t sum = 0;
        WP_UNROLL
        for (int j = 0; j < 4; j++)
            sum ^= (a & gaps << j) * (b & gaps << ((i - j) & 3));
        product |= sum & gaps << i;
    }
    return product;
}

/* A 127-bit carry-less product: its high half is the low half of the mirrored factors' product. */
WP_INLINE element multiply_64(uint64_t a, uint64_t b)
{
    uint64_t mirrored = multiply_low(reverse_bits(a), reverse_bits(b));
    return (element){reverse_bits(mirrored) >> 1, multiply_low(a, b)};
}

/* Adding low times the field's polynomial clears the word `low`; this is what it adds to the two
 * words above. */
WP_INLINE element fold(uint64_t low)
{
    return (element){low ^ low >> 1 ^ low >> 2 ^ low >> 7, low << 63 ^ low << 62 ^ low << 57};
}

/* a * b / x^128 */
static element multiply(element a, element b)
{
    element high = multiply_64(a.high, b.high), low = multiply_64(a.low, b.low);
    element middle = multiply_64(a.high ^ a.low, b.high ^ b.low); /* Karatsuba */
    middle.high ^= high.high ^ low.high;
    middle.low ^= high.low ^ low.low;
    element first = fold(low.low);
    element second = fold(low.high ^ middle.low ^ first.low);
    return (element){high.high ^ second.high,
                     high.low ^ middle.high ^ first.high ^ second.low};
}

static element absorb(element sum, element key, const uint8_t *data, size_t size)
{
    uint8_t last[16] = {0};
    for (; size >= sizeof last; data += sizeof last, size -= sizeof last)
        sum = multiply((element){sum.high ^ wp_load_be64(data), sum.low ^ wp_load_be64(data + 8)},
                       key);
    if (size == 0)
        return sum;
    memcpy(last, data, size);
    return absorb(sum, key, last, sizeof last);
}

void wp_ghash_portable_expand(uint8_t *key, const uint8_t *h)
{
    uint64_t high = wp_load_be64(h), low = wp_load_be64(h + 8), carry = 0 - (high >> 63);
    wp_store_be64(key, (high << 1 | low >> 63) ^ (carry & 0xC200000000000000));
    wp_store_be64(key + 8, low << 1 ^ (carry & 1));
}

void wp_ghash_portable(const uint8_t *key, const uint8_t *ad, size_t ad_size, const uint8_t *data,
                       size_t size, uint8_t *out)
{
    element power = {wp_load_be64(key), wp_load_be64(key + 8)}, sum = {0, 0};
    uint8_t lengths[16];
    wp_store_be64(lengths, (uint64_t)ad_size * 8);
    wp_store_be64(lengths + 8, (uint64_t)size * 8);
    sum = absorb(sum, power, ad, ad_size);
    sum = absorb(sum, power, data, size);
    sum = absorb(sum, power, lengths, sizeof lengths);
    wp_store_be64(out, sum.high);
    wp_store_be64(out + 8, sum.low);
}
