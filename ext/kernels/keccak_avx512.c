/* Keccak-f[1600] of eight states at once with AVX-512: it rotates, and xors three, in one. */
#if defined(__x86_64__)

#include "compiler.h"
#include "keccak_many.h"

#include <immintrin.h>

#define TIER __attribute__((target("avx512f")))
#define INLINE TIER WP_INLINE

/* Truth tables of three inputs. */
#define XOR3 0x96
#define CHI 0xD2

typedef __m512i lane;

enum { STATE_COUNT = 8 };

INLINE lane load(const uint64_t *state, int index)
{
    return _mm512_loadu_si512(state + STATE_COUNT * index);
}

INLINE void store(uint64_t *state, int index, lane value)
{
    _mm512_storeu_si512(state + STATE_COUNT * index, value);
}

INLINE lane each(uint64_t constant)
{
    return _mm512_set1_epi64((long long)constant);
}

INLINE lane xor(lane a, lane b)
{
    return _mm512_xor_si512(a, b);
}

INLINE lane parity(lane a, lane b, lane c, lane d, lane e)
{
    return _mm512_ternarylogic_epi64(_mm512_ternarylogic_epi64(a, b, c, XOR3), d, e, XOR3);
}

INLINE lane chi(lane a, lane b, lane c)
{
    return _mm512_ternarylogic_epi64(a, b, c, CHI);
}

#define rotate_left(a, count) _mm512_rol_epi64(a, count) /* the count is in the instruction */
#define PERMUTE TIER static
#include "keccak_rounds.h"

static int available(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f");
}

const wp_keccak_tier wp_keccak_avx512 = {"avx512", available, STATE_COUNT, permute};

#endif
