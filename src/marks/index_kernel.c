/* Kernels and their choice. The bodies are written once in vectors of the compiler (index_kernel_body.h) and compiled
 * for the plain processor, AVX2 and AVX-512; which one runs is asked of the processor when the index is made. */
#include "marks/index_part.h"
#if defined(__x86_64__)
#include <immintrin.h>
#endif
#include "base/banned.h"

typedef uint8_t v16 __attribute__((vector_size(16)));
#define ZIP_LOW(a, b) __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define ZIP_HIGH(a, b) __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)

#define KERNEL_W 16
#define KERNEL_TARGET
#define KERNEL(name) plain_##name
#include "marks/index_kernel_body.h"

static size_t plain_bucket(const uint32_t *post, size_t n, uint8_t print, uint32_t *out)
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++)
        if (post[i] >> 24 == print)
            out[found++] = post[i] & POST_RANK;
    return found;
}

static const struct kernels plain = {"plain", plain_fits, plain_distance, plain_bucket};

#if defined(__x86_64__)
#define KERNEL_W 32
#define KERNEL_TARGET __attribute__((target("avx2")))
#define KERNEL(name) avx2_##name
#include "marks/index_kernel_body.h"

#define KERNEL_W 64
#define KERNEL_TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq")))
#define KERNEL(name) avx512_##name
#include "marks/index_kernel_body.h"

/* Reads up to seven postings past the end: part_post leaves room. */
static __attribute__((target("avx2"))) size_t avx2_bucket(const uint32_t *post, size_t n, uint8_t print, uint32_t *out)
{
    const __m256i want = _mm256_set1_epi32((int)print);
    size_t found = 0;
    for (size_t i = 0; i < n; i += 8) {
        __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)(post + i));
        unsigned hit =
            (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(_mm256_srli_epi32(v, 24), want)));
        if (n - i < 8)
            hit &= (1u << (n - i)) - 1;
        for (; hit; hit &= hit - 1)
            out[found++] = post[i + (unsigned)__builtin_ctz(hit)] & POST_RANK;
    }
    return found;
}

static const struct kernels avx2 = {"avx2", avx2_fits, avx2_distance, avx2_bucket};
static const struct kernels avx512 = {"avx512", avx512_fits, avx512_distance, avx2_bucket};
#endif

const struct kernels *kernels_named(const char *name)
{
#if defined(__x86_64__)
    if (!strcmp(name, "avx512"))
        return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
                       __builtin_cpu_supports("avx512dq")
                   ? &avx512
                   : NULL;
    if (!strcmp(name, "avx2"))
        return __builtin_cpu_supports("avx2") ? &avx2 : NULL;
#endif
    return strcmp(name, "plain") ? NULL : &plain;
}

const struct kernels *kernels_best(void)
{
    const struct kernels *k = kernels_named("avx512");
    if (!k)
        k = kernels_named("avx2");
    return k ? k : &plain;
}

void kquery_of(const struct pattern *p, struct kquery *out)
{
    out->n = (unsigned)p->count;
    out->starred = p->stars > 0;
    for (size_t i = 0; i < p->count; i++) {
        struct kcell *c = &out->cell[i];
        c->kind = (uint8_t)p->cells[i].kind;
        c->count = 0;
        if (c->kind == CELL_ANY || c->kind == CELL_STAR)
            continue;
        for (uint64_t left = p->cells[i].set; left; left &= left - 1)
            c->folded[c->count++] = (uint8_t)(__builtin_ctzll(left) << 2);
        if (c->count == 1)
            c->kind = CELL_CHAR;
    }
}
