/* AES-128-CTR and AES-128-GCM with AES-NI and PCLMULQDQ. */
#if defined(__x86_64__)

#include "aes128.h"
#include "wipe.h"

#include <immintrin.h>
#include <string.h>

#define TIER __attribute__((target("aes,pclmul,ssse3,sse4.1")))
#define INLINE TIER static inline __attribute__((always_inline))

enum { LANE_COUNT = 8, LAST_ROUND = WP_AES128_ROUND_COUNT };

INLINE __m128i load(const uint8_t *from)
{
    return _mm_loadu_si128((const __m128i *)from);
}

INLINE void store(uint8_t *to, __m128i value)
{
    _mm_storeu_si128((__m128i *)to, value);
}

INLINE __m128i reverse_bytes(__m128i x)
{
    return _mm_shuffle_epi8(x, _mm_set_epi64x(0x0001020304050607, 0x08090A0B0C0D0E0F));
}

INLINE __m128i load_part(const uint8_t *from, size_t size)
{
    uint8_t block[16] = {0};
    memcpy(block, from, size);
    return load(block);
}

INLINE void store_part(uint8_t *to, __m128i value, size_t size)
{
    uint8_t block[16];
    store(block, value);
    memcpy(to, block, size);
}

/* FIPS 197 section 5.2. AESENCLAST on four equal columns is SubWord, with the round constant as
 * its key: faster than AESKEYGENASSIST. */
TIER static void ctr_expand(wp_ctr_key *key, const uint8_t *secret)
{
    const __m128i rotated_last_word = _mm_set1_epi32(0x0C0F0E0D);
    __m128i k = load(secret);
    store(key->round_keys, k);
    int rcon = 1;
    for (int round = 1; round <= LAST_ROUND; round++) {
        __m128i word = _mm_shuffle_epi8(k, rotated_last_word);
        word = _mm_aesenclast_si128(word, _mm_set1_epi32(rcon));
        k = _mm_xor_si128(k, _mm_slli_si128(k, 4));
        k = _mm_xor_si128(k, _mm_slli_si128(k, 8));
        k = _mm_xor_si128(k, word);
        store(key->round_keys + 16 * round, k);
        rcon = rcon == 0x80 ? 0x1B : rcon << 1;
    }
}

INLINE void encrypt_lanes(const wp_ctr_key *key, __m128i lane[LANE_COUNT])
{
    __m128i k = load(key->round_keys);
    for (int i = 0; i < LANE_COUNT; i++)
        lane[i] = _mm_xor_si128(lane[i], k);
    for (int round = 1; round < LAST_ROUND; round++) {
        k = load(key->round_keys + 16 * round);
        for (int i = 0; i < LANE_COUNT; i++)
            lane[i] = _mm_aesenc_si128(lane[i], k);
    }
    k = load(key->round_keys + 16 * LAST_ROUND);
    for (int i = 0; i < LANE_COUNT; i++)
        lane[i] = _mm_aesenclast_si128(lane[i], k);
}

/* XORs the key stream; its first block goes to *first instead, unless that is NULL. */
INLINE void xor_stream(const wp_ctr_key *key, uint64_t high, uint64_t low, __m128i *first,
                       const uint8_t *src, uint8_t *dst, size_t size)
{
    __m128i lane[LANE_COUNT];
    int used = first != NULL;
    do {
        for (int i = 0; i < LANE_COUNT; i++) {
            lane[i] = reverse_bytes(_mm_set_epi64x((long long)high, (long long)low));
            high += ++low == 0;
        }
        encrypt_lanes(key, lane);
        if (used)
            *first = lane[0];
        for (int i = used; i < LANE_COUNT && size; i++) {
            if (size < 16) {
                store_part(dst, _mm_xor_si128(load_part(src, size), lane[i]), size);
                return;
            }
            store(dst, _mm_xor_si128(load(src), lane[i]));
            src += 16, dst += 16, size -= 16;
        }
        used = 0;
    } while (size);
}

TIER static void ctr_xor(const wp_ctr_key *key, const uint8_t *iv, size_t block_index,
                         const uint8_t *src, uint8_t *dst, size_t size)
{
    __m128i start = reverse_bytes(load(iv));
    uint64_t low = (uint64_t)_mm_cvtsi128_si64(start) + block_index;
    uint64_t high = (uint64_t)_mm_extract_epi64(start, 1) + (low < block_index);
    xor_stream(key, high, low, NULL, src, dst, size);
}

/* GHASH in the byte-reversed view of RFC 8452 appendix A: bit i of a 128-bit integer is x^i, the
 * field is GF(2)[x] / (x^128 + x^127 + x^126 + x^121 + 1), and a product is a * b / x^128. */

typedef struct { __m128i low, middle, high; } product;

INLINE product multiply_add(product sum, __m128i a, __m128i b)
{
    sum.low = _mm_xor_si128(sum.low, _mm_clmulepi64_si128(a, b, 0x00));
    sum.middle = _mm_xor_si128(sum.middle, _mm_clmulepi64_si128(a, b, 0x01));
    sum.middle = _mm_xor_si128(sum.middle, _mm_clmulepi64_si128(a, b, 0x10));
    sum.high = _mm_xor_si128(sum.high, _mm_clmulepi64_si128(a, b, 0x11));
    return sum;
}

INLINE __m128i fold(__m128i x) /* x / x^64, but for what belongs above x^127 */
{
    const __m128i field = _mm_set_epi64x(0, (long long)0xC200000000000000);
    __m128i swapped = _mm_shuffle_epi32(x, 0x4E);
    return _mm_xor_si128(swapped, _mm_clmulepi64_si128(x, field, 0x00));
}

INLINE __m128i reduce(product sum)
{
    __m128i low = _mm_xor_si128(sum.low, _mm_slli_si128(sum.middle, 8));
    __m128i high = _mm_xor_si128(sum.high, _mm_srli_si128(sum.middle, 8));
    return _mm_xor_si128(high, fold(fold(low)));
}

INLINE product nothing(void)
{
    return (product){_mm_setzero_si128(), _mm_setzero_si128(), _mm_setzero_si128()};
}

/* The powers of H, highest first, so that block i of n goes with power i of the last n. */
TIER static void gcm_expand(wp_gcm_key *key, const uint8_t *secret)
{
    __m128i lane[LANE_COUNT] = {0}, carry, h, power;
    ctr_expand(&key->cipher, secret);
    encrypt_lanes(&key->cipher, lane);
    h = reverse_bytes(lane[0]);
    /* times x: bit 127 comes back as x^128 = x^127 + x^126 + x^121 + 1 */
    carry = _mm_shuffle_epi32(_mm_srai_epi32(h, 31), 0xFF);
    carry = _mm_and_si128(carry, _mm_set_epi64x((long long)0xC200000000000000, 1));
    power = _mm_or_si128(_mm_slli_epi64(h, 1), _mm_slli_si128(_mm_srli_epi64(h, 63), 8));
    h = power = _mm_xor_si128(power, carry);
    for (int i = WP_GCM_POWER_COUNT - 1; i >= 0; i--) {
        store(key->powers + 16 * i, power);
        power = reduce(multiply_add(nothing(), power, h));
    }
}

INLINE __m128i absorb(__m128i sum, const wp_gcm_key *key, const uint8_t *data, size_t size)
{
    while (size) {
        size_t count = (size + 15) / 16;
        count = count < WP_GCM_POWER_COUNT ? count : WP_GCM_POWER_COUNT;
        const uint8_t *power = key->powers + 16 * (WP_GCM_POWER_COUNT - count);
        product total = nothing();
        for (size_t i = 0; i < count; i++) {
            __m128i block = size < 16 ? load_part(data, size) : load(data);
            block = _mm_xor_si128(reverse_bytes(block), sum);
            sum = _mm_setzero_si128();
            total = multiply_add(total, block, load(power + 16 * i));
            data += 16;
            size = size < 16 ? 0 : size - 16;
        }
        sum = reduce(total);
    }
    return sum;
}

INLINE __m128i ghash(const wp_gcm_key *key, const uint8_t *ad, size_t ad_size, const uint8_t *data,
                     size_t size)
{
    __m128i sum = absorb(_mm_setzero_si128(), key, ad, ad_size);
    sum = absorb(sum, key, data, size);
    sum = _mm_xor_si128(sum, _mm_set_epi64x((long long)ad_size * 8, (long long)size * 8));
    sum = reduce(multiply_add(nothing(), sum, load(key->powers + 16 * (WP_GCM_POWER_COUNT - 1))));
    return reverse_bytes(sum);
}

/* SP 800-38D section 7.1, with inc32 as a 128-bit increment: a 96-bit nonce starts the counter at
 * 1, so its low 32 bits cannot overflow before 64 GiB. Returns the mask of the tag. */
INLINE __m128i gcm_xor(const wp_gcm_key *key, const uint8_t *nonce, const uint8_t *src,
                       uint8_t *dst, size_t size)
{
    uint64_t high, low = 0;
    __m128i mask = _mm_setzero_si128();
    memcpy(&high, nonce, 8);
    memcpy(&low, nonce + 8, 4);
    high = __builtin_bswap64(high);
    low = __builtin_bswap64(low) | 1;
    xor_stream(&key->cipher, high, low, &mask, src, dst, size);
    return mask;
}

TIER static void gcm_seal(const wp_gcm_key *key, const uint8_t *nonce, const uint8_t *ad,
                          size_t ad_size, const uint8_t *src, size_t size, uint8_t *dst)
{
    __m128i mask = gcm_xor(key, nonce, src, dst, size);
    store(dst + size, _mm_xor_si128(mask, ghash(key, ad, ad_size, dst, size)));
}

TIER static int gcm_open(const wp_gcm_key *key, const uint8_t *nonce, const uint8_t *ad,
                         size_t ad_size, const uint8_t *src, size_t size, uint8_t *dst)
{
    size -= WP_GCM_TAG_SIZE_B;
    __m128i difference = _mm_xor_si128(load(src + size), ghash(key, ad, ad_size, src, size));
    difference = _mm_xor_si128(difference, gcm_xor(key, nonce, src, dst, size));
    if (_mm_testz_si128(difference, difference))
        return 0;
    memset(dst, 0, size);
    return -1;
}

static int available(void)
{
    return __builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul") &&
           __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("sse4.1");
}

const wp_aes128_tier wp_aes128_aesni = {
    "aesni", available, ctr_expand, ctr_xor, gcm_expand, gcm_seal, gcm_open,
};

#endif
