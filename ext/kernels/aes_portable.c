/* AES-128-CTR, AES-256-CTR and AES-128-GCM in plain C, constant time: no branch and no address
 * depends on a secret. The cipher is bitsliced, eight blocks at once; GHASH is in
 * ghash_portable.c.
 *
 * Eight blocks are eight words q[0..7]: q[i] holds bit i of every byte. A word has two lanes of
 * 64 bits, with blocks 0-3 and 4-7. Byte 8h + m of block k (FIPS 197: row m % 4 of column
 * 2h + m / 4) sits at bit 8m + 4h + k of its lane. So in a lane the halves are the columns {0, 2}
 * and {1, 3}, the bytes of a half are the rows, a byte's low nibble is column 0 or 1 and its high
 * one column 2 or 3, and the bits of a nibble are the blocks. In this order blocks are loaded as
 * they are, and ShiftRows is two masked swaps.
 */
#include "aes.h"
#include "bytes.h"
#include "compiler.h"
#include "ghash_portable.h"
#include "wipe.h"

#include <string.h>

enum { BATCH_COUNT = 8, BATCH_SIZE_B = BATCH_COUNT * WP_AES_BLOCK_SIZE_B };

typedef uint64_t word __attribute__((vector_size(16)));

/* SubBytes is an inversion in GF(256), which is written as ((GF(2)[w])[z])[y] with w^2 = w + 1,
 * z^2 = z + w + 1 and y^2 = y + wz + w. */

typedef struct { word hi, lo; } gf4;   /* hi w + lo */
typedef struct { gf4 hi, lo; } gf16;   /* hi z + lo */

WP_INLINE gf4 gf4_add(gf4 a, gf4 b)
{
    return (gf4){a.hi ^ b.hi, a.lo ^ b.lo};
}

WP_INLINE gf4 gf4_mul(gf4 a, gf4 b)
{
    word low = a.lo & b.lo;
    return (gf4){((a.hi ^ a.lo) & (b.hi ^ b.lo)) ^ low, (a.hi & b.hi) ^ low};
}

WP_INLINE gf4 gf4_square(gf4 a) /* also the inverse */
{
    return (gf4){a.hi, a.hi ^ a.lo};
}

WP_INLINE gf4 gf4_times_w_plus_1(gf4 a)
{
    return (gf4){a.lo, a.hi ^ a.lo};
}

WP_INLINE gf16 gf16_add(gf16 a, gf16 b)
{
    return (gf16){gf4_add(a.hi, b.hi), gf4_add(a.lo, b.lo)};
}

WP_INLINE gf16 gf16_mul(gf16 a, gf16 b)
{
    gf4 low = gf4_mul(a.lo, b.lo);
    gf4 both = gf4_mul(gf4_add(a.hi, a.lo), gf4_add(b.hi, b.lo));
    gf4 high = gf4_times_w_plus_1(gf4_mul(a.hi, b.hi));
    return (gf16){gf4_add(both, low), gf4_add(high, low)};
}

WP_INLINE gf16 gf16_inverse(gf16 a)
{
    gf4 sum = gf4_add(a.hi, a.lo);
    gf4 norm = gf4_add(gf4_times_w_plus_1(gf4_square(a.hi)), gf4_mul(sum, a.lo));
    gf4 inverse = gf4_square(norm);
    return (gf16){gf4_mul(a.hi, inverse), gf4_mul(sum, inverse)};
}

WP_INLINE gf16 gf16_square_times_wz_plus_w(gf16 a)
{
    word sum = a.hi.hi ^ a.lo.hi;
    return (gf16){{a.hi.hi ^ a.lo.lo, a.hi.lo ^ sum}, {a.lo.lo, a.lo.hi}};
}

/* Of the isomorphisms from FIPS 197's field, this one and its way back need the fewest XORs. */
WP_INLINE void sub_bytes(word q[8])
{
    word q23 = q[2] ^ q[3], q57 = q[5] ^ q[7], q156 = q[1] ^ q[5] ^ q[6];
    gf16 hi = {{q57, q[4] ^ q23 ^ q156}, {q23 ^ q57, q[1]}};
    gf16 lo = {{q[2] ^ q[4], q[2] ^ q[7]}, {q[1] ^ q[7], q[0] ^ q156}};

    gf16 sum = gf16_add(hi, lo);
    gf16 norm = gf16_add(gf16_square_times_wz_plus_w(hi), gf16_mul(sum, lo));
    gf16 inverse = gf16_inverse(norm);
    hi = gf16_mul(hi, inverse);
    lo = gf16_mul(sum, inverse);

    word y04 = lo.lo.lo ^ hi.lo.lo, y23 = lo.hi.lo ^ lo.hi.hi;
    word y46 = hi.lo.lo ^ hi.hi.lo, y014 = lo.lo.hi ^ y04, y046 = hi.hi.lo ^ y04;
    q[0] = ~(y04 ^ y23); /* the constant of the affine map is 0x63 */
    q[1] = ~y014;
    q[2] = lo.hi.lo ^ hi.hi.hi ^ y014;
    q[3] = y23 ^ y046;
    q[4] = y046;
    q[5] = ~(hi.lo.lo ^ hi.lo.hi ^ y23);
    q[6] = ~y46;
    q[7] = lo.hi.lo ^ y46;
}

/* --- the other steps of a round --- */

WP_INLINE void shift_rows(word q[8])
{
    const uint64_t odd_rows = 0xFF00FF00FF00FF00, wrapped = 0x000F0F000F0F0000;
    WP_UNROLL
    for (int i = 0; i < 8; i++) {
        word w = q[i], swap = (w ^ (w >> 32 | w << 32)) & odd_rows;
        w ^= swap;
        swap = (w ^ w >> 4) & wrapped;
        q[i] = w ^ swap ^ swap << 4;
    }
}

WP_INLINE word next_row(word w)
{
    return (w >> 8 & 0x00FFFFFF00FFFFFF) | (w << 24 & 0xFF000000FF000000);
}

WP_INLINE word over_next_row(word w)
{
    return (w >> 16 & 0x0000FFFF0000FFFF) | (w << 16 & 0xFFFF0000FFFF0000);
}

WP_INLINE void mix_columns(word q[8])
{
    word next[8], pair[8];
    WP_UNROLL
    for (int i = 0; i < 8; i++) {
        next[i] = next_row(q[i]);
        pair[i] = q[i] ^ next[i];
    }
    WP_UNROLL
    for (int i = 0; i < 8; i++)
        q[i] = next[i] ^ over_next_row(pair[i]);
    WP_UNROLL
    for (int i = 1; i < 8; i++)
        q[i] ^= pair[i - 1];
    q[0] ^= pair[7]; /* x^8 = x^4 + x^3 + x + 1 */
    q[1] ^= pair[7];
    q[3] ^= pair[7];
    q[4] ^= pair[7];
}

/* --- in and out of the bitsliced form --- */

WP_INLINE void swap_bits(word *a, word *b, int shift, uint64_t mask)
{
    word swap = (*a >> shift ^ *b) & mask;
    *a ^= swap << shift;
    *b ^= swap;
}

/* Bit i of byte m of q[j] becomes bit j of byte m of q[i]. Its own inverse. */
WP_INLINE void transpose(word q[8])
{
    WP_UNROLL
    for (int i = 0; i < 4; i++)
        swap_bits(&q[i], &q[i + 4], 4, 0x0F0F0F0F0F0F0F0F);
    WP_UNROLL
    for (int i = 0; i < 4; i++)
        swap_bits(&q[i + (i & 2)], &q[i + (i & 2) + 2], 2, 0x3333333333333333);
    WP_UNROLL
    for (int i = 0; i < 8; i += 2)
        swap_bits(&q[i], &q[i + 1], 1, 0x5555555555555555);
}

WP_INLINE void load_batch(word q[8], const uint8_t blocks[BATCH_SIZE_B])
{
    for (int k = 0; k < 4; k++)
        for (int h = 0; h < 2; h++) {
            const uint8_t *half = blocks + 16 * k + 8 * h;
            q[k + 4 * h] = (word){wp_load_le64(half), wp_load_le64(half + 64)};
        }
    transpose(q);
}

WP_INLINE void store_batch(uint8_t blocks[BATCH_SIZE_B], word q[8])
{
    transpose(q);
    for (int k = 0; k < 4; k++)
        for (int h = 0; h < 2; h++) {
            uint8_t *half = blocks + 16 * k + 8 * h;
            wp_store_le64(half, q[k + 4 * h][0]);
            wp_store_le64(half + 64, q[k + 4 * h][1]);
        }
}

/* --- the cipher ---
 *
 * A round key is the same in every block, so only the bits of block 0 are kept, and four words of
 * one bit in four share a word: 16 bytes, as in the plain form. */

static void store_round_key(uint8_t *round_key, const word q[8])
{
    for (int h = 0; h < 2; h++) {
        uint64_t packed = 0;
        for (int i = 0; i < 4; i++)
            packed |= q[4 * h + i][0] << i;
        wp_store_le64(round_key + 8 * h, packed);
    }
}

WP_INLINE void add_round_key(word q[8], const uint8_t *round_key)
{
    WP_UNROLL
    for (int i = 0; i < 8; i++) {
        uint64_t block_0 = wp_load_le64(round_key + 8 * (i / 4)) >> i % 4 & 0x1111111111111111;
        uint64_t every_block = (block_0 << 4) - block_0;
        q[i] ^= (word){every_block, every_block};
    }
}

/* FIPS 197 section 5.2: q becomes the round key that comes a key's length after it; the last word
 * of `last`, the round key just before that one, is rotated where there is a round constant. */
static void next_round_key(word q[8], const word last[8], unsigned rcon)
{
    const uint64_t column_0 = 0x0000000001010101, column_1 = 0x0101010100000000;
    const uint64_t column_2 = 0x0000000010101010, column_3 = 0x1010101000000000;
    word t[8];
    memcpy(t, last, sizeof t);
    sub_bytes(t);
    for (unsigned i = 0; i < 8; i++) {
        word column = (rcon ? next_row(t[i]) : t[i]) & column_3;
        word w = q[i] ^ column >> 36 ^ (word){rcon >> i & 1};
        w ^= (w & column_0) << 32;
        w ^= (w & column_1) >> 28;
        q[i] = w ^ (w & column_2) << 32;
    }
    wp_wipe(t, sizeof t);
}

static void load_round_key(word q[8], const uint8_t *secret)
{
    memset(q, 0, 8 * sizeof q[0]);
    q[0] = (word){wp_load_le64(secret)};
    q[4] = (word){wp_load_le64(secret + 8)};
    transpose(q);
}

static void ctr_expand(wp_ctr_key *key, const uint8_t *secret)
{
    word q[8];
    unsigned rcon = 1;
    load_round_key(q, secret);
    store_round_key(key->round_keys, q);
    for (int round = 1; round <= WP_AES128_ROUND_COUNT; round++) {
        next_round_key(q, q, rcon);
        store_round_key(key->round_keys + round * WP_AES_BLOCK_SIZE_B, q);
        rcon = rcon << 1 ^ (rcon >> 7) * 0x11B;
    }
    wp_wipe(q, sizeof q);
}

static void ctr256_expand(wp_ctr256_key *key, const uint8_t *secret)
{
    word q[2][8]; /* the last round keys of even and of odd number */
    for (int round = 0; round <= WP_AES256_ROUND_COUNT; round++) {
        word *own = q[round % 2];
        if (round < 2)
            load_round_key(own, secret + round * WP_AES_BLOCK_SIZE_B);
        else
            next_round_key(own, q[1 - round % 2], round % 2 ? 0 : 1U << (round / 2 - 1));
        store_round_key(key->round_keys + round * WP_AES_BLOCK_SIZE_B, own);
    }
    wp_wipe(q, sizeof q);
}

static void encrypt_batch(const uint8_t *round_key, int round_count, uint8_t blocks[BATCH_SIZE_B])
{
    word q[8];
    load_batch(q, blocks);
    add_round_key(q, round_key);
    for (int round = 1; round < round_count; round++) {
        sub_bytes(q);
        shift_rows(q);
        mix_columns(q);
        add_round_key(q, round_key += WP_AES_BLOCK_SIZE_B);
    }
    sub_bytes(q);
    shift_rows(q);
    add_round_key(q, round_key + WP_AES_BLOCK_SIZE_B);
    store_batch(blocks, q);
}

/* --- the modes --- */

/* XORs the key stream; its first block goes to `first` instead, unless that is NULL. */
static void xor_stream(const uint8_t *round_keys, int round_count, uint64_t high, uint64_t low,
                       uint8_t *first, const uint8_t *src, uint8_t *dst, size_t size)
{
    uint8_t stream[BATCH_SIZE_B];
    size_t used = first ? WP_AES_BLOCK_SIZE_B : 0;
    do {
        for (int k = 0; k < BATCH_COUNT; k++) {
            wp_store_be64(stream + 16 * k, high);
            wp_store_be64(stream + 16 * k + 8, low);
            high += ++low == 0;
        }
        encrypt_batch(round_keys, round_count, stream);
        if (used)
            memcpy(first, stream, used);
        size_t count = size < BATCH_SIZE_B - used ? size : BATCH_SIZE_B - used;
        for (size_t i = 0; i < count; i++)
            dst[i] = src[i] ^ stream[used + i];
        src += count;
        dst += count;
        size -= count;
        used = 0;
    } while (size);
}

static void xor_from(const uint8_t *round_keys, int round_count, const uint8_t *iv,
                     size_t block_index, const uint8_t *src, uint8_t *dst, size_t size)
{
    uint64_t low = wp_load_be64(iv + 8) + block_index;
    uint64_t high = wp_load_be64(iv) + (low < block_index);
    if (size)
        xor_stream(round_keys, round_count, high, low, NULL, src, dst, size);
}

static void ctr_xor(const wp_ctr_key *key, const uint8_t *iv, size_t block_index,
                    const uint8_t *src, uint8_t *dst, size_t size)
{
    xor_from(key->round_keys, WP_AES128_ROUND_COUNT, iv, block_index, src, dst, size);
}

static void ctr256_xor(const wp_ctr256_key *key, const uint8_t *iv, size_t block_index,
                       const uint8_t *src, uint8_t *dst, size_t size)
{
    xor_from(key->round_keys, WP_AES256_ROUND_COUNT, iv, block_index, src, dst, size);
}

/* SP 800-38D section 7.1, with inc32 as a 128-bit increment: a 96-bit nonce starts the counter at
 * 1, so its low 32 bits cannot overflow before 64 GiB. */
static void gcm_xor(const wp_gcm_key *key, const uint8_t *nonce, uint8_t *tag_mask,
                    const uint8_t *src, uint8_t *dst, size_t size)
{
    uint64_t low = (uint64_t)wp_load_be32(nonce + 8) << 32 | 1;
    xor_stream(key->cipher.round_keys, WP_AES128_ROUND_COUNT, wp_load_be64(nonce), low, tag_mask,
               src, dst, size);
}

static void gcm_expand(wp_gcm_key *key, const uint8_t *secret)
{
    uint8_t blocks[BATCH_SIZE_B] = {0};
    ctr_expand(&key->cipher, secret);
    encrypt_batch(key->cipher.round_keys, WP_AES128_ROUND_COUNT, blocks);
    wp_ghash_portable_expand(key->powers, blocks);
    wp_wipe(blocks, sizeof blocks);
}

static void gcm_seal(const wp_gcm_key *key, const uint8_t *nonce, const uint8_t *ad,
                     size_t ad_size, const uint8_t *src, size_t size, uint8_t *dst)
{
    uint8_t mask[WP_GCM_TAG_SIZE_B], tag[WP_GCM_TAG_SIZE_B];
    gcm_xor(key, nonce, mask, src, dst, size);
    wp_ghash_portable(key->powers, ad, ad_size, dst, size, tag);
    for (int i = 0; i < WP_GCM_TAG_SIZE_B; i++)
        dst[size + (size_t)i] = tag[i] ^ mask[i];
}

static int gcm_open(const wp_gcm_key *key, const uint8_t *nonce, const uint8_t *ad, size_t ad_size,
                    const uint8_t *src, size_t size, uint8_t *dst)
{
    uint8_t mask[WP_GCM_TAG_SIZE_B], tag[WP_GCM_TAG_SIZE_B], difference = 0;
    size -= WP_GCM_TAG_SIZE_B;
    wp_ghash_portable(key->powers, ad, ad_size, src, size, tag);
    const uint8_t *received = src + size;
    gcm_xor(key, nonce, mask, src, dst, size);
    for (int i = 0; i < WP_GCM_TAG_SIZE_B; i++)
        difference |= tag[i] ^ mask[i] ^ received[i];
    if (difference == 0)
        return 0;
    memset(dst, 0, size);
    return -1;
}

static int available(void)
{
    return 1;
}

const wp_aes_tier wp_aes_portable = {
    "portable", available, ctr_expand, ctr_xor, ctr256_expand, ctr256_xor,
    gcm_expand, gcm_seal, gcm_open,
};
