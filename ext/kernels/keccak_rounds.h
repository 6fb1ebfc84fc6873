/* Keccak-f[1600] on 25 named lanes, two rounds a turn; lane (x, y) is index 5 * y + x.
 *
 * A lane is one integer of 64 bits, or a vector of them: as many states are permuted at once. Who
 * includes this says how, by `lane`, PERMUTE (what comes before the function), and the functions
 * load, store, each (a constant in every place), xor, rotate_left, parity (the xor of five) and
 * chi(a, b, c) = a ^ (~b & c).
 */
#include <stdint.h>

static const uint64_t IOTA[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
    0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

#define LANES(A) \
    A##00, A##01, A##02, A##03, A##04, A##05, A##06, A##07, A##08, A##09, A##10, A##11, A##12, \
    A##13, A##14, A##15, A##16, A##17, A##18, A##19, A##20, A##21, A##22, A##23, A##24

/* theta: the parity of each column, and what each lane of column x is xored with. */
#define THETA(A) \
    c0 = parity(A##00, A##05, A##10, A##15, A##20); \
    c1 = parity(A##01, A##06, A##11, A##16, A##21); \
    c2 = parity(A##02, A##07, A##12, A##17, A##22); \
    c3 = parity(A##03, A##08, A##13, A##18, A##23); \
    c4 = parity(A##04, A##09, A##14, A##19, A##24); \
    d0 = xor(c4, rotate_left(c1, 1)); \
    d1 = xor(c0, rotate_left(c2, 1)); \
    d2 = xor(c1, rotate_left(c3, 1)); \
    d3 = xor(c2, rotate_left(c4, 1)); \
    d4 = xor(c3, rotate_left(c0, 1));

/* rho and pi bring five lanes into b0..b4, chi makes one row of them. */
#define ROW(o0, o1, o2, o3, o4) \
    o0 = chi(b0, b1, b2); \
    o1 = chi(b1, b2, b3); \
    o2 = chi(b2, b3, b4); \
    o3 = chi(b3, b4, b0); \
    o4 = chi(b4, b0, b1);

#define ROUND(A, E, constant) \
    THETA(A) \
    b0 = xor(A##00, d0); \
    b1 = rotate_left(xor(A##06, d1), 44); \
    b2 = rotate_left(xor(A##12, d2), 43); \
    b3 = rotate_left(xor(A##18, d3), 21); \
    b4 = rotate_left(xor(A##24, d4), 14); \
    ROW(E##00, E##01, E##02, E##03, E##04) \
    E##00 = xor(E##00, each(constant)); \
    b0 = rotate_left(xor(A##03, d3), 28); \
    b1 = rotate_left(xor(A##09, d4), 20); \
    b2 = rotate_left(xor(A##10, d0), 3); \
    b3 = rotate_left(xor(A##16, d1), 45); \
    b4 = rotate_left(xor(A##22, d2), 61); \
    ROW(E##05, E##06, E##07, E##08, E##09) \
    b0 = rotate_left(xor(A##01, d1), 1); \
    b1 = rotate_left(xor(A##07, d2), 6); \
    b2 = rotate_left(xor(A##13, d3), 25); \
    b3 = rotate_left(xor(A##19, d4), 8); \
    b4 = rotate_left(xor(A##20, d0), 18); \
    ROW(E##10, E##11, E##12, E##13, E##14) \
    b0 = rotate_left(xor(A##04, d4), 27); \
    b1 = rotate_left(xor(A##05, d0), 36); \
    b2 = rotate_left(xor(A##11, d1), 10); \
    b3 = rotate_left(xor(A##17, d2), 15); \
    b4 = rotate_left(xor(A##23, d3), 56); \
    ROW(E##15, E##16, E##17, E##18, E##19) \
    b0 = rotate_left(xor(A##02, d2), 62); \
    b1 = rotate_left(xor(A##08, d3), 55); \
    b2 = rotate_left(xor(A##14, d4), 39); \
    b3 = rotate_left(xor(A##15, d0), 41); \
    b4 = rotate_left(xor(A##21, d1), 2); \
    ROW(E##20, E##21, E##22, E##23, E##24)

#define EACH_LANE(DO) \
    DO(00, 0) DO(01, 1) DO(02, 2) DO(03, 3) DO(04, 4) DO(05, 5) DO(06, 6) DO(07, 7) DO(08, 8) \
    DO(09, 9) DO(10, 10) DO(11, 11) DO(12, 12) DO(13, 13) DO(14, 14) DO(15, 15) DO(16, 16) \
    DO(17, 17) DO(18, 18) DO(19, 19) DO(20, 20) DO(21, 21) DO(22, 22) DO(23, 23) DO(24, 24)
#define LOAD(name, index) a##name = load(state, index);
#define STORE(name, index) store(state, index, a##name);


PERMUTE void permute(uint64_t *state)
{
    lane LANES(a), LANES(e);
    lane b0, b1, b2, b3, b4, c0, c1, c2, c3, c4, d0, d1, d2, d3, d4;
    EACH_LANE(LOAD)
    for (int round = 0; round < 24; round += 2) {
        ROUND(a, e, IOTA[round])
        ROUND(e, a, IOTA[round + 1])
    }
    EACH_LANE(STORE)
}
