/* AES-128-CTR, AES-256-CTR and AES-128-GCM with AES-NI and PCLMULQDQ: the key stream of eight
 * counters at a time, one reduction for eight blocks of GHASH. Lane loops are unrolled: lanes are
 * registers.
 */
#if defined(__x86_64__)

#include "aes.h"
#include "bytes.h"
#include "compiler.h"

#include <immintrin.h>
#include <string.h>

#define TIER __attribute__((target("aes,pclmul,ssse3,sse4.1")))
#define INLINE TIER WP_INLINE

enum { BLOCK_SIZE_B = WP_AES_BLOCK_SIZE_B, LANE_COUNT = 8 };

INLINE __m128i load(const uint8_t *from)
{
    return _mm_loadu_si128((const __m128i *)from);
}

INLINE void store(uint8_t *to, __m128i value)
{
    _mm_storeu_si128((__m128i *)to, value);
}

INLINE __m128i integer(uint64_t high, uint64_t low)
{
    return _mm_set_epi64x((long long)high, (long long)low);
}

INLINE __m128i reverse_bytes(__m128i x)
{
    return _mm_shuffle_epi8(x, integer(0x0001020304050607, 0x08090A0B0C0D0E0F));
}

/* 1 to 15 bytes, then zeros: two loads that overlap where size is between their sizes. */
INLINE __m128i load_part(const uint8_t *from, size_t size)
{
    if (size > 8)
        return integer(wp_load_le64(from + size - 8) >> (128 - 8 * size), wp_load_le64(from));
    if (size >= 4)
        return integer(0, wp_load_le32(from) |
                              (uint64_t)wp_load_le32(from + size - 4) << (8 * size - 32));
    return integer(0, from[0] | (uint64_t)from[size / 2] << (size / 2 * 8) |
                          (uint64_t)from[size - 1] << (size * 8 - 8));
}

INLINE void store_part(uint8_t *to, __m128i value, size_t size)
{
    uint64_t low = (uint64_t)_mm_cvtsi128_si64(value);
    if (size > 8) {
        uint64_t high = (uint64_t)_mm_extract_epi64(value, 1);
        wp_store_le64(to, low);
        wp_store_le64(to + size - 8, high << (128 - 8 * size) | low >> (8 * size - 64));
    } else if (size >= 4) {
        wp_store_le32(to, (uint32_t)low);
        wp_store_le32(to + size - 4, (uint32_t)(low >> (8 * size - 32)));
    } else {
        to[0] = (uint8_t)low;
        to[size / 2] = (uint8_t)(low >> (size / 2 * 8));
        to[size - 1] = (uint8_t)(low >> (size * 8 - 8));
    }
}

INLINE __m128i keep_first(__m128i value, size_t size)
{
    const __m128i index = integer(0x0F0E0D0C0B0A0908, 0x0706050403020100);
    return _mm_and_si128(value, _mm_cmplt_epi8(index, _mm_set1_epi8((char)size)));
}

/* FIPS 197 section 5.2: a round key from the one that is a key's length before it. AESENCLAST of
 * four equal columns is SubWord, and its key is the round constant: faster than AESKEYGENASSIST.
 */
INLINE __m128i next_round_key(__m128i k, __m128i column, int rcon)
{
    __m128i word = _mm_aesenclast_si128(column, _mm_set1_epi32(rcon));
    k = _mm_xor_si128(k, _mm_slli_si128(k, 4));
    k = _mm_xor_si128(k, _mm_slli_si128(k, 8));
    return _mm_xor_si128(k, word);
}

TIER static void ctr_expand(wp_ctr_key *key, const uint8_t *secret)
{
    const __m128i rotated_last_word = _mm_set1_epi32(0x0C0F0E0D);
    __m128i k = load(secret);
    int rcon = 1;
    store(key->round_keys, k);
    WP_UNROLL
    for (int round = 1; round <= WP_AES128_ROUND_COUNT; round++) {
        k = next_round_key(k, _mm_shuffle_epi8(k, rotated_last_word), rcon);
        store(key->round_keys + BLOCK_SIZE_B * round, k);
        rcon = rcon == 0x80 ? 0x1B : rcon << 1;
    }
}

TIER static void ctr256_expand(wp_ctr256_key *key, const uint8_t *secret)
{
    const __m128i last_word = _mm_set1_epi32(0x0F0E0D0C);
    const __m128i rotated_last_word = _mm_set1_epi32(0x0C0F0E0D);
    __m128i even = load(secret), odd = load(secret + BLOCK_SIZE_B);
    store(key->round_keys, even);
    store(key->round_keys + BLOCK_SIZE_B, odd);
    WP_UNROLL
    for (int round = 2; round <= WP_AES256_ROUND_COUNT; round += 2) {
        const int rcon = 1 << (round / 2 - 1);
        even = next_round_key(even, _mm_shuffle_epi8(odd, rotated_last_word), rcon);
        store(key->round_keys + BLOCK_SIZE_B * round, even);
        if (round == WP_AES256_ROUND_COUNT)
            break;
        odd = next_round_key(odd, _mm_shuffle_epi8(even, last_word), 0);
        store(key->round_keys + BLOCK_SIZE_B * (round + 1), odd);
    }
}

/* The key stream of eight consecutive counters of 128 bits. */
INLINE void stream_lanes(__m128i lane[LANE_COUNT], const uint8_t *round_keys, int round_count,
                         uint64_t high, uint64_t low)
{
    __m128i k = load(round_keys);
    WP_UNROLL
    for (uint64_t i = 0; i < LANE_COUNT; i++) {
        lane[i] = integer(high + (low + i < low), low + i);
        lane[i] = _mm_xor_si128(reverse_bytes(lane[i]), k);
    }
    WP_UNROLL
    for (int round = 1; round < round_count; round++) {
        k = load(round_keys + BLOCK_SIZE_B * round);
        WP_UNROLL
        for (int i = 0; i < LANE_COUNT; i++)
            lane[i] = _mm_aesenc_si128(lane[i], k);
    }
    k = load(round_keys + BLOCK_SIZE_B * round_count);
    WP_UNROLL
    for (int i = 0; i < LANE_COUNT; i++)
        lane[i] = _mm_aesenclast_si128(lane[i], k);
}

/* GHASH in the byte-reversed view of RFC 8452 appendix A: bit i of a 128-bit integer is x^i, the
 * field is GF(2)[x] / (x^128 + x^127 + x^126 + x^121 + 1), and a product is a * b / x^128. */

/* Karatsuba's three products of halves: low by low, high by high, and their sums by each other.
 * They are not reduced, so they can be added up. */
typedef struct {
    __m128i low, high, halves;
} product;

INLINE product no_product(void)
{
    return (product){_mm_setzero_si128(), _mm_setzero_si128(), _mm_setzero_si128()};
}

INLINE __m128i swap_halves(__m128i x)
{
    return _mm_shuffle_epi32(x, 0x4E);
}

INLINE product add_product(product sum, __m128i a, __m128i b)
{
    __m128i halves_a = _mm_xor_si128(a, swap_halves(a));
    __m128i halves_b = _mm_xor_si128(b, swap_halves(b));
    sum.low = _mm_xor_si128(sum.low, _mm_clmulepi64_si128(a, b, 0x00));
    sum.high = _mm_xor_si128(sum.high, _mm_clmulepi64_si128(a, b, 0x11));
    sum.halves = _mm_xor_si128(sum.halves, _mm_clmulepi64_si128(halves_a, halves_b, 0x00));
    return sum;
}

/* x / x^64: adding a multiple of the field's polynomial clears the lower half of x. */
INLINE __m128i divide(__m128i x)
{
    __m128i cleared = _mm_clmulepi64_si128(x, integer(0, 0xC200000000000000), 0x00);
    return _mm_xor_si128(swap_halves(x), cleared);
}

INLINE __m128i reduce(product p)
{
    __m128i middle = _mm_xor_si128(_mm_xor_si128(p.low, p.high), p.halves);
    __m128i low = _mm_xor_si128(p.low, _mm_slli_si128(middle, 8));
    __m128i high = _mm_xor_si128(p.high, _mm_srli_si128(middle, 8));
    return _mm_xor_si128(high, divide(divide(low)));
}

/* Blocks are hashed in groups of eight, the first group being the short one. The blocks of a group
 * of n go with H^n ... H^1; powers are stored highest first, so each group ends with the last. */
typedef struct {
    const wp_gcm_key *key;
    const uint8_t *power; /* for the next block */
    product group;
    __m128i sum; /* of the groups before; it is added to the first block of the next one */
} hash;

INLINE hash hash_start(const wp_gcm_key *key, size_t block_count)
{
    size_t first = (0 - block_count) % WP_GCM_POWER_COUNT;
    return (hash){key, key->powers + BLOCK_SIZE_B * first, no_product(), _mm_setzero_si128()};
}

INLINE void absorb_integer(hash *h, __m128i x)
{
    h->group = add_product(h->group, _mm_xor_si128(x, h->sum), load(h->power));
    h->sum = _mm_setzero_si128();
    h->power += BLOCK_SIZE_B;
    if (h->power == h->key->powers + sizeof h->key->powers) {
        h->sum = reduce(h->group);
        h->group = no_product();
        h->power = h->key->powers;
    }
}

INLINE void absorb(hash *h, __m128i block)
{
    absorb_integer(h, reverse_bytes(block));
}

INLINE void absorb_ad(hash *h, const uint8_t *ad, size_t size)
{
    for (; size >= BLOCK_SIZE_B; ad += BLOCK_SIZE_B, size -= BLOCK_SIZE_B)
        absorb(h, load(ad));
    if (size)
        absorb(h, load_part(ad, size));
}

typedef struct {
    const uint8_t *src;
    uint8_t *dst;
    size_t size;
} text;

enum side { NEITHER, SOURCE, RESULT };

/* Spends the lanes from `first` on, hashing one side of what they are XORed with. */
INLINE void xor_lanes(text *t, const __m128i lane[LANE_COUNT], int first, enum side hashed,
                      hash *h)
{
    WP_UNROLL
    for (int i = 0; i < LANE_COUNT; i++) {
        if (i < first)
            continue;
        if (t->size < BLOCK_SIZE_B) {
            if (t->size) {
                __m128i in = load_part(t->src, t->size);
                __m128i out = keep_first(_mm_xor_si128(in, lane[i]), t->size);
                store_part(t->dst, out, t->size);
                if (hashed != NEITHER)
                    absorb(h, hashed == SOURCE ? in : out);
                t->size = 0;
            }
            return;
        }
        __m128i in = load(t->src), out = _mm_xor_si128(in, lane[i]);
        store(t->dst, out);
        if (hashed != NEITHER)
            absorb(h, hashed == SOURCE ? in : out);
        t->src += BLOCK_SIZE_B;
        t->dst += BLOCK_SIZE_B;
        t->size -= BLOCK_SIZE_B;
    }
}

INLINE void xor_stream(const uint8_t *round_keys, int round_count, const uint8_t *iv,
                       size_t block_index, text t)
{
    uint64_t low = wp_load_be64(iv + 8) + block_index;
    uint64_t high = wp_load_be64(iv) + (low < block_index);
    while (t.size) {
        __m128i lane[LANE_COUNT];
        stream_lanes(lane, round_keys, round_count, high, low);
        low += LANE_COUNT;
        high += low < LANE_COUNT;
        xor_lanes(&t, lane, 0, NEITHER, NULL);
    }
}

TIER static void ctr_xor(const wp_ctr_key *key, const uint8_t *iv, size_t block_index,
                         const uint8_t *src, uint8_t *dst, size_t size)
{
    xor_stream(key->round_keys, WP_AES128_ROUND_COUNT, iv, block_index, (text){src, dst, size});
}

TIER static void ctr256_xor(const wp_ctr256_key *key, const uint8_t *iv, size_t block_index,
                            const uint8_t *src, uint8_t *dst, size_t size)
{
    xor_stream(key->round_keys, WP_AES256_ROUND_COUNT, iv, block_index, (text){src, dst, size});
}

TIER static void gcm_expand(wp_gcm_key *key, const uint8_t *secret)
{
    __m128i lane[LANE_COUNT], power[WP_GCM_POWER_COUNT + 1], carry, h;
    ctr_expand(&key->cipher, secret);
    stream_lanes(lane, key->cipher.round_keys, WP_AES128_ROUND_COUNT, 0, 0);
    h = reverse_bytes(lane[0]);
    /* times x: bit 127 comes back as x^128 = x^127 + x^126 + x^121 + 1 */
    carry = _mm_shuffle_epi32(_mm_srai_epi32(h, 31), 0xFF);
    carry = _mm_and_si128(carry, integer(0xC200000000000000, 1));
    h = _mm_or_si128(_mm_slli_epi64(h, 1), _mm_slli_si128(_mm_srli_epi64(h, 63), 8));
    power[1] = _mm_xor_si128(h, carry);
    WP_UNROLL
    for (int n = 1; n <= WP_GCM_POWER_COUNT; n++) {
        if (n > 1)
            power[n] = reduce(add_product(no_product(), power[n / 2], power[n - n / 2]));
        store(key->powers + BLOCK_SIZE_B * (WP_GCM_POWER_COUNT - n), power[n]);
    }
}

/* SP 800-38D section 7.1, with inc32 as a 128-bit increment: a 96-bit nonce starts the counter at
 * 1, so its low 32 bits cannot overflow before 64 GiB. Returns the tag. */
INLINE __m128i gcm_xor(const wp_gcm_key *key, const uint8_t *nonce, const uint8_t *ad,
                       size_t ad_size, text t, enum side ciphertext)
{
    uint64_t high = wp_load_be64(nonce), low = (uint64_t)wp_load_be32(nonce + 8) << 32 | 1;
    __m128i lane[LANE_COUNT], lengths = integer((uint64_t)ad_size * 8, (uint64_t)t.size * 8);
    hash h = hash_start(key, (ad_size + 15) / BLOCK_SIZE_B + (t.size + 15) / BLOCK_SIZE_B + 1);
    stream_lanes(lane, key->cipher.round_keys, WP_AES128_ROUND_COUNT, high, low);
    __m128i mask = lane[0];
    absorb_ad(&h, ad, ad_size);
    xor_lanes(&t, lane, 1, ciphertext, &h);
    while (t.size) {
        low += LANE_COUNT;
        stream_lanes(lane, key->cipher.round_keys, WP_AES128_ROUND_COUNT, high, low);
        xor_lanes(&t, lane, 0, ciphertext, &h);
    }
    absorb_integer(&h, lengths);
    return _mm_xor_si128(mask, reverse_bytes(h.sum));
}

TIER static void gcm_seal(const wp_gcm_key *key, const uint8_t *nonce, const uint8_t *ad,
                          size_t ad_size, const uint8_t *src, size_t size, uint8_t *dst)
{
    store(dst + size, gcm_xor(key, nonce, ad, ad_size, (text){src, dst, size}, RESULT));
}

TIER static int gcm_open(const wp_gcm_key *key, const uint8_t *nonce, const uint8_t *ad,
                         size_t ad_size, const uint8_t *src, size_t size, uint8_t *dst)
{
    size -= WP_GCM_TAG_SIZE_B;
    __m128i received = load(src + size);
    __m128i tag = gcm_xor(key, nonce, ad, ad_size, (text){src, dst, size}, SOURCE);
    __m128i difference = _mm_xor_si128(tag, received);
    if (_mm_testz_si128(difference, difference))
        return 0;
    memset(dst, 0, size);
    return -1;
}

static int available(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul") &&
           __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("sse4.1");
}

const wp_aes_tier wp_aes_aesni = {
    "aesni", available, ctr_expand, ctr_xor, ctr256_expand, ctr256_xor,
    gcm_expand, gcm_seal, gcm_open,
};

#endif
