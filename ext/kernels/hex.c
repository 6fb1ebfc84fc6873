/* Loops over groups whose size compilers know, without a branch: they become vector code. */
#include "hex.h"
#include "compiler.h"

enum { GROUP_B = 32 };

static inline uint8_t digit_of(uint8_t value)
{
    return (uint8_t)(value + '0' + (value > 9 ? 'a' - '0' - 10 : 0));
}

WP_INLINE void write_group(const uint8_t *restrict bytes, size_t size, uint8_t *restrict digits)
{
    for (size_t i = 0; i < size; i++) {
        digits[2 * i] = digit_of(bytes[i] >> 4);
        digits[2 * i + 1] = digit_of(bytes[i] & 0x0F);
    }
}

/* Not 0 if something else than digits is there. */
WP_INLINE uint8_t read_group(const uint8_t *restrict digits, size_t size, uint8_t *restrict bytes)
{
    uint8_t values[2 * GROUP_B], strange = 0;
    for (size_t i = 0; i < 2 * size; i++) {
        uint8_t number = (uint8_t)(digits[i] - '0'), letter = (uint8_t)((digits[i] | 0x20) - 'a');
        strange |= (number > 9) & (letter > 5) ? 0xFF : 0;
        values[i] = (uint8_t)((digits[i] & 0x0F) + (digits[i] >> 6) * 9); /* 'A' is 0x41 */
    }
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(values[2 * i] << 4 | values[2 * i + 1]);
    return strange;
}

void wp_hex_write(const uint8_t *bytes, size_t size, uint8_t *digits)
{
    for (; size >= GROUP_B; size -= GROUP_B, bytes += GROUP_B, digits += 2 * GROUP_B)
        write_group(bytes, GROUP_B, digits);
    write_group(bytes, size, digits);
}

bool wp_hex_read(const uint8_t *digits, size_t size, uint8_t *bytes)
{
    uint8_t strange = 0;
    for (; size >= GROUP_B; size -= GROUP_B, digits += 2 * GROUP_B, bytes += GROUP_B)
        strange |= read_group(digits, GROUP_B, bytes);
    return !(strange | read_group(digits, size, bytes));
}
