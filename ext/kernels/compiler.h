/* What C11 cannot say: inline this, unroll that. Kernels need both to keep arrays in registers. */
#ifndef WP_COMPILER_H
#define WP_COMPILER_H

#define WP_INLINE static inline __attribute__((always_inline))

#if defined(__clang__)
#define WP_UNROLL _Pragma("unroll")
#else
#define WP_UNROLL _Pragma("GCC unroll 16")
#endif

#endif
