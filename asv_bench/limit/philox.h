/* Philox4x32-10 on LANES64 neighbouring blocks at once, a word in each 64-bit lane. */
#ifndef PHILOX_H
#define PHILOX_H

typedef struct {
    uint32_t k0, k1, c1, c2, c3; /* key; purpose and draw; step, low and high */
} stream;

typedef struct {
    u64s w0, w1, w2, w3; /* the upper halves of the lanes hold rubbish */
} words;

/* The product of the lower halves of the lanes. */
INLINE u64s product(u64s a, u64s b)
{
#if defined(__AVX512F__)
    return (u64s)_mm512_mul_epu32((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
    return (u64s)_mm256_mul_epu32((__m256i)a, (__m256i)b);
#elif defined(__SSE2__)
    return (u64s)_mm_mul_epu32((__m128i)a, (__m128i)b);
#else
    return (a & 0xFFFFFFFF) * (b & 0xFFFFFFFF);
#endif
}

INLINE u64s splat64(uint64_t x)
{
    u64s v = {0};
    return v + x;
}

/* Blocks first, first + 1, … of a stream (below 2³²). */
INLINE words philox(stream s, uint64_t first)
{
    u64s c0, c1 = splat64(s.c1), c2 = splat64(s.c2), c3 = splat64(s.c3);
    const u64s m0 = splat64(0xD2511F53), m1 = splat64(0xCD9E8D57);
    for (int i = 0; i < LANES64; i++) c0[i] = first + i;
#pragma GCC unroll 10
    for (int round = 0; round < 10; round++) {
        u64s p0 = product(c0, m0), p1 = product(c2, m1);
        uint32_t k0 = s.k0 + round * 0x9E3779B9u, k1 = s.k1 + round * 0xBB67AE85u;
        c0 = (p1 >> 32) ^ (c1 ^ k0);
        c2 = (p0 >> 32) ^ (c3 ^ k1);
        c1 = p1;
        c3 = p0;
    }
    return (words){c0, c1, c2, c3};
}

#endif
