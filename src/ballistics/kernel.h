/* Inner loops of the comparison over float32 in lanes. Written once in the compiler's vectors (kernel_body.h) and compiled for the plain
 * processor, AVX2 and AVX-512; which one runs is asked of the processor when the comparer is made. Sums run in lanes, so the last
 * bits of a result may differ between the three (a test holds them to each other).
 *
 * Heights here: exactly 0 means missing; a height that happens to be 0 is stored as KERNEL_TINY. */
#ifndef BALLISTICS_KERNEL_H
#define BALLISTICS_KERNEL_H
#include "base/slice.h"

#define KERNEL_LANES 16u /* widest: strides and padding are multiples of it */
#define KERNEL_TINY 1e-20f

/* Sums over the points that both patches have. */
struct kernel_sums {
    float n, a, b, aa, bb, ab;
};
/* A turn of a square picture about its middle; the cosine and sine of the angle. */
struct kernel_turn {
    const float *from;
    float *to;
    size_t side, stride;
    float cs, sn;
};

struct kernels {
    const char *name;
    /* out = conj(a) * b, n complex numbers, interleaved; n a multiple of 8. */
    void (*product)(const float *a, const float *b, float *out, size_t n);
    /* out[y][x] = sum over v, u < patch of cell[v][u] * map[y + v][x + u], for y, x < side; side a multiple of 32, the cell's stride
     * and the map's as given, out side by side. */
    void (*correlate)(const float *cell, size_t cell_stride, size_t patch, const float *map, size_t map_stride, size_t side, float *out);
    /* out[y][x] = map[y][x] * weight[y][x] and the largest of each row; side a multiple of 16, out side by side. */
    void (*weigh)(const float *map, size_t map_stride, const float *weight, size_t weight_stride, size_t side, float *out, float *row_max);
    /* rows x width points (width a multiple of 16; the patch a is padded with missing ones). */
    struct kernel_sums (*sums)(const float *a, size_t a_stride, const float *b, size_t b_stride, size_t rows, size_t width);
    /* Points first..last of row y, linear between four points by the weight of those that are there, missing below half of it. Writes
     * whole vectors, so up to KERNEL_LANES - 1 points beyond both ends. */
    void (*turn)(const struct kernel_turn *t, size_t y, size_t first, size_t last);
    /* out[x] = 1 / root(least + sum of column[x .. x + n]) for x < width, n a power of two; scratch of width + n + KERNEL_LANES, which
     * column has too. */
    void (*box)(const float *column, size_t width, size_t n, float least, float *scratch, float *out);
    /* re, im[h] = sum over rings of a[h] * conj(b[h]) for KERNEL_LANES complex numbers; a ring is the lanes' real parts, then their imaginary
     * ones; rings even. */
    void (*rings)(const float *a, const float *b, size_t rings, float *re, float *im);
};
/* "avx512", "avx2" or "plain"; NULL when this processor cannot run it. */
const struct kernels *ballistics_kernels_named(const char *name);
const struct kernels *ballistics_kernels(void);

/* Zeroed floats aligned to 64 bytes; NULL without memory. Freed with floats_free, which accepts NULL. */
float *floats_new(size_t n);
void floats_free(float *p);
#endif
