/* Keccak-f[1600] of four states at once with AVX2. */
#if defined(__x86_64__)

#include "compiler.h"
#include "keccak_many.h"

#include <immintrin.h>

#define TIER __attribute__((target("avx2")))
#define INLINE TIER WP_INLINE

typedef __m256i lane;

enum { STATE_COUNT = 4 };

INLINE lane load(const uint64_t *state, int index)
{
    return _mm256_loadu_si256((const __m256i *)(state + STATE_COUNT * index));
}

INLINE void store(uint64_t *state, int index, lane value)
{
    _mm256_storeu_si256((__m256i *)(state + STATE_COUNT * index), value);
}

INLINE lane each(uint64_t constant)
{
    return _mm256_set1_epi64x((long long)constant);
}

INLINE lane xor(lane a, lane b)
{
    return _mm256_xor_si256(a, b);
}

INLINE lane rotate_left(lane a, int count)
{
    return _mm256_or_si256(_mm256_slli_epi64(a, count), _mm256_srli_epi64(a, 64 - count));
}

INLINE lane parity(lane a, lane b, lane c, lane d, lane e)
{
    return xor(xor(xor(a, b), xor(c, d)), e);
}

INLINE lane chi(lane a, lane b, lane c)
{
    return _mm256_xor_si256(a, _mm256_andnot_si256(b, c));
}

#define PERMUTE TIER static
#include "keccak_rounds.h"

static int available(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2");
}

const wp_keccak_tier wp_keccak_avx2 = {"avx2", available, STATE_COUNT, permute};

#endif
