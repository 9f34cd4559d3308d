#include "ballistics/kernel.h"
#include "base/arena.h"
#include <math.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif
#include "base/banned.h"

#define PLAIN_GATHER(p, i) ((plain_vec){(p)[(i)[0]], (p)[(i)[1]], (p)[(i)[2]], (p)[(i)[3]]})
#define PLAIN_ROOT(v) ((plain_vec){sqrtf((v)[0]), sqrtf((v)[1]), sqrtf((v)[2]), sqrtf((v)[3])})

#define KERNEL_W 4
#define KERNEL_TARGET
#define KERNEL(name) plain_##name
#define KERNEL_EVEN 0, 0, 2, 2
#define KERNEL_ODD 1, 1, 3, 3
#define KERNEL_SWAP 1, 0, 3, 2
#define KERNEL_ROWS 4
#define KERNEL_GATHER PLAIN_GATHER
#define KERNEL_ROOT PLAIN_ROOT
#include "ballistics/kernel_body.h"
static const struct kernels plain = {"plain", plain_product, plain_correlate, plain_weigh, plain_sums, plain_turn, plain_box, plain_rings};

#if defined(__x86_64__)
#define KERNEL_W 8
#define KERNEL_TARGET __attribute__((target("avx2,fma")))
#define KERNEL(name) avx2_##name
#define KERNEL_EVEN 0, 0, 2, 2, 4, 4, 6, 6
#define KERNEL_ODD 1, 1, 3, 3, 5, 5, 7, 7
#define KERNEL_SWAP 1, 0, 3, 2, 5, 4, 7, 6
#define KERNEL_ROWS 4
#define KERNEL_ROOT(v) ((avx2_vec)_mm256_sqrt_ps((__m256)(v)))
#define KERNEL_GATHER(p, i) ((avx2_vec)_mm256_i32gather_ps((p), (__m256i)(i), 4))
#include "ballistics/kernel_body.h"
static const struct kernels avx2 = {"avx2", avx2_product, avx2_correlate, avx2_weigh, avx2_sums, avx2_turn, avx2_box, avx2_rings};

#define KERNEL_W 16
#define KERNEL_TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq")))
#define KERNEL(name) avx512_##name
#define KERNEL_EVEN 0, 0, 2, 2, 4, 4, 6, 6, 8, 8, 10, 10, 12, 12, 14, 14
#define KERNEL_ODD 1, 1, 3, 3, 5, 5, 7, 7, 9, 9, 11, 11, 13, 13, 15, 15
#define KERNEL_SWAP 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14
#define KERNEL_ROWS 8
#define KERNEL_ROOT(v) ((avx512_vec)_mm512_sqrt_ps((__m512)(v)))
#define KERNEL_GATHER(p, i) ((avx512_vec)_mm512_i32gather_ps((__m512i)(i), (p), 4))
#include "ballistics/kernel_body.h"
static const struct kernels avx512 = {"avx512", avx512_product, avx512_correlate, avx512_weigh, avx512_sums, avx512_turn, avx512_box, avx512_rings};
#endif

const struct kernels *ballistics_kernels_named(const char *name)
{
#if defined(__x86_64__)
    if (!strcmp(name, "avx512"))
        return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") ? &avx512
                                                                                                                                : NULL;
    if (!strcmp(name, "avx2"))
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &avx2 : NULL;
#endif
    return strcmp(name, "plain") ? NULL : &plain;
}

const struct kernels *ballistics_kernels(void)
{
    const struct kernels *k = ballistics_kernels_named("avx512");
    if (!k)
        k = ballistics_kernels_named("avx2");
    return k ? k : &plain;
}

/* The address of the whole block stands before the aligned part. */
float *floats_new(size_t n)
{
    size_t bytes;
    if (__builtin_mul_overflow(n, sizeof(float), &bytes) || __builtin_add_overflow(bytes, 128, &bytes))
        return NULL;
    char *whole = mem_alloc(bytes, 1);
    if (!whole)
        return NULL;
    char *p = whole + 64 + (64 - (uintptr_t)whole % 64) % 64;
    memcpy(p - sizeof whole, &whole, sizeof whole);
    return (float *)(void *)p;
}

void floats_free(float *p)
{
    if (!p)
        return;
    void *whole;
    memcpy(&whole, (char *)p - sizeof whole, sizeof whole);
    mem_free(whole);
}
