/* Keccak-256 of any input, a block after the other: the permutation of one state. */
#include "keccak.h"

#include <string.h>

#include "bytes.h"
#include "compiler.h"

typedef uint64_t lane;

static inline lane load(const uint64_t *state, int index)
{
    return state[index];
}

static inline void store(uint64_t *state, int index, lane value)
{
    state[index] = value;
}

static inline lane each(uint64_t constant)
{
    return constant;
}

static inline lane xor(lane a, lane b)
{
    return a ^ b;
}

static inline lane rotate_left(lane a, int count)
{
    return a << count | a >> (64 - count);
}

static inline lane parity(lane a, lane b, lane c, lane d, lane e)
{
    return a ^ b ^ c ^ d ^ e;
}

static inline lane chi(lane a, lane b, lane c)
{
    return a ^ (~b & c);
}

#define PERMUTE WP_INLINE
#include "keccak_rounds.h"

#if defined(__x86_64__)
/* BMI has ~a & b in one instruction. */
__attribute__((target("bmi"))) static void permute_bmi(uint64_t lanes[25])
{
    permute(lanes);
}
#endif

void wp_keccak_permute(uint64_t lanes[25])
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("bmi")) {
        permute_bmi(lanes);
        return;
    }
#endif
    permute(lanes);
}

static void absorb(wp_keccak *state, const uint8_t *data, size_t size)
{
    size_t i = 0;
    while (i < size) {
        size_t offset = state->filled % 8;
        if (offset == 0 && size - i >= 8) {
            state->lanes[state->filled / 8] ^= wp_load_le64(data + i);
            state->filled += 8;
            i += 8;
        } else {
            state->lanes[state->filled / 8] ^= (uint64_t)data[i] << (8 * offset);
            state->filled++;
            i++;
        }
    }
}

void wp_keccak_init(wp_keccak *state)
{
    memset(state, 0, sizeof *state);
}

void wp_keccak_update(wp_keccak *state, const uint8_t *data, size_t size)
{
    while (size > 0) {
        size_t room = WP_KECCAK_RATE_B - state->filled;
        size_t part = size < room ? size : room;
        absorb(state, data, part);
        data += part;
        size -= part;
        if (state->filled == WP_KECCAK_RATE_B) {
            wp_keccak_permute(state->lanes);
            state->filled = 0;
        }
    }
}

void wp_keccak_final(wp_keccak *state, uint8_t digest[WP_KECCAK_DIGEST_B])
{
    state->lanes[state->filled / 8] ^= (uint64_t)0x01 << (8 * (state->filled % 8));
    state->lanes[WP_KECCAK_RATE_B / 8 - 1] ^= (uint64_t)0x80 << 56;
    wp_keccak_permute(state->lanes);
    for (size_t i = 0; i < WP_KECCAK_DIGEST_B / 8; i++) {
        wp_store_le64(digest + 8 * i, state->lanes[i]);
    }
}
