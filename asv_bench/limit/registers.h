/* Vector registers of the processor that the file is compiled for (GCC's and Clang's vector types). */
#ifndef REGISTERS_H
#define REGISTERS_H

#include <stdint.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
#define REGISTER_BYTES 64
#define LANES64 8
#define LANES32 16
#elif defined(__AVX2__)
#define REGISTER_BYTES 32
#define LANES64 4
#define LANES32 8
#else
#define REGISTER_BYTES 16
#define LANES64 2
#define LANES32 4
#endif

#define INLINE static inline __attribute__((always_inline))

/* At any address of numbers of their type: aligned addresses cost nothing extra. */
typedef double f64s __attribute__((vector_size(REGISTER_BYTES), aligned(8), may_alias));
typedef float f32s __attribute__((vector_size(REGISTER_BYTES), aligned(4), may_alias));
typedef uint64_t u64s __attribute__((vector_size(REGISTER_BYTES), aligned(8), may_alias));
typedef int64_t i64s __attribute__((vector_size(REGISTER_BYTES), aligned(8), may_alias));
typedef uint32_t u32s __attribute__((vector_size(REGISTER_BYTES), aligned(4), may_alias));
typedef int32_t i32s __attribute__((vector_size(REGISTER_BYTES), aligned(4), may_alias));

/* LANES numbers of a and b, one after the other, from number k on. */
#define SHIFTED(a, b, k) SHIFT(LANES, a, b, k)
#define SHIFT(lanes, a, b, k) SHIFT_(lanes, a, b, k)
#define SHIFT_(lanes, a, b, k) SHIFT_##lanes(a, b, k)
#define SHIFT_2(a, b, k) __builtin_shufflevector(a, b, k, k + 1)
#define SHIFT_4(a, b, k) __builtin_shufflevector(a, b, k, k + 1, k + 2, k + 3)
#define SHIFT_8(a, b, k) __builtin_shufflevector(a, b, k, k + 1, k + 2, k + 3, k + 4, k + 5, k + 6, k + 7)
#define SHIFT_16(a, b, k)                                                                          \
    __builtin_shufflevector(a, b, k, k + 1, k + 2, k + 3, k + 4, k + 5, k + 6, k + 7, k + 8, k + 9, \
                            k + 10, k + 11, k + 12, k + 13, k + 14, k + 15)

#endif
