/* Included by kernel.c once for each width. KERNEL_W: floats a vector; KERNEL_TARGET: function attribute; KERNEL(name): name with the
 * width's prefix; KERNEL_EVEN, KERNEL_ODD, KERNEL_SWAP: lane numbers that double the real parts, the imaginary parts, and exchange them;
 * KERNEL_ROWS: rows of the result that correlate keeps in registers; KERNEL_GATHER(p, i): the floats p[i[lane]];
 * KERNEL_ROOT(v): square roots. */
typedef float KERNEL(vec) __attribute__((vector_size(KERNEL_W * 4)));
typedef int32_t KERNEL(bits) __attribute__((vector_size(KERNEL_W * 4)));
typedef float KERNEL(loose) __attribute__((vector_size(KERNEL_W * 4), aligned(4), may_alias));
#define VEC KERNEL(vec)
#define BITS KERNEL(bits)
#define AT(p) (*(const KERNEL(loose) *)(const void *)(p))
#define PUT(p) (*(KERNEL(loose) *)(void *)(p))
#define FN static inline KERNEL_TARGET __attribute__((always_inline))
#define COLUMNS 2

FN VEC KERNEL(when)(BITS mask, VEC v)
{
    return (VEC)((BITS)v & mask);
}

FN VEC KERNEL(either)(BITS mask, VEC yes, VEC no)
{
    return (VEC)(((BITS)yes & mask) | ((BITS)no & ~mask));
}

FN float KERNEL(largest)(VEC v)
{
    float best = v[0];
    for (unsigned i = 1; i < KERNEL_W; i++)
        best = v[i] > best ? v[i] : best;
    return best;
}

FN float KERNEL(total)(VEC v)
{
    float t = 0;
    for (unsigned i = 0; i < KERNEL_W; i++)
        t += v[i];
    return t;
}

static KERNEL_TARGET void KERNEL(product)(const float *a, const float *b, float *out, size_t n)
{
    VEC sign;
    for (unsigned i = 0; i < KERNEL_W; i++)
        sign[i] = i & 1 ? -1.0f : 1.0f;
    for (size_t i = 0; i < 2 * n; i += KERNEL_W) {
        VEC va = AT(a + i), vb = AT(b + i);
        VEC re = __builtin_shufflevector(va, va, KERNEL_EVEN), im = __builtin_shufflevector(va, va, KERNEL_ODD);
        PUT(out + i) = re * vb + im * sign * __builtin_shufflevector(vb, vb, KERNEL_SWAP);
    }
}

/* One row of the map, which is row y - r of the cell for row r of the result, r = lo..hi (known when compiled). */
FN void KERNEL(correlate_row)(
    VEC acc[KERNEL_ROWS][COLUMNS], const float *cell, size_t cell_stride, size_t patch, const float *map, size_t y, int lo, int hi)
{
    for (size_t u = 0; u < patch; u++) {
        VEC b[COLUMNS];
        for (int c = 0; c < COLUMNS; c++)
            b[c] = AT(map + u + (size_t)c * KERNEL_W);
#pragma GCC unroll 8
        for (int r = lo; r <= hi; r++) {
            VEC a = cell[(y - (size_t)r) * cell_stride + u] - (VEC){0}; /* 0 + x would not be x for -0, and cost an addition */
            for (int c = 0; c < COLUMNS; c++)
                acc[r][c] += a * b[c];
        }
    }
}

FN void KERNEL(correlate_block)(
    const float *cell, size_t cell_stride, size_t patch, const float *map, size_t map_stride, size_t side, float *out)
{
    VEC acc[KERNEL_ROWS][COLUMNS];
    memset(acc, 0, sizeof acc);
#pragma GCC unroll 8
    for (int y = 0; y < KERNEL_ROWS - 1; y++)
        KERNEL(correlate_row)(acc, cell, cell_stride, patch, map + (size_t)y * map_stride, (size_t)y, 0, y);
    for (size_t y = KERNEL_ROWS - 1; y < patch; y++)
        KERNEL(correlate_row)(acc, cell, cell_stride, patch, map + y * map_stride, y, 0, KERNEL_ROWS - 1);
#pragma GCC unroll 8
    for (int k = 1; k < KERNEL_ROWS; k++) {
        size_t y = patch - 1 + (size_t)k;
        KERNEL(correlate_row)(acc, cell, cell_stride, patch, map + y * map_stride, y, k, KERNEL_ROWS - 1);
    }
    for (size_t r = 0; r < KERNEL_ROWS; r++)
        for (size_t c = 0; c < COLUMNS; c++)
            PUT(out + r * side + c * KERNEL_W) = acc[r][c];
}

static KERNEL_TARGET void KERNEL(correlate)(
    const float *cell, size_t cell_stride, size_t patch, const float *map, size_t map_stride, size_t side, float *out)
{
    for (size_t y = 0; y < side; y += KERNEL_ROWS)
        for (size_t x = 0; x < side; x += COLUMNS * KERNEL_W)
            KERNEL(correlate_block)(cell, cell_stride, patch, map + y * map_stride + x, map_stride, side, out + y * side + x);
}

static KERNEL_TARGET void KERNEL(weigh)(
    const float *map, size_t map_stride, const float *weight, size_t weight_stride, size_t side, float *out, float *row_max)
{
    for (size_t y = 0; y < side; y++) {
        VEC best = (VEC){0} - 1e30f;
        for (size_t x = 0; x < side; x += KERNEL_W) {
            VEC v = AT(map + y * map_stride + x) * AT(weight + y * weight_stride + x);
            PUT(out + y * side + x) = v;
            best = KERNEL(either)(v > best, v, best);
        }
        row_max[y] = KERNEL(largest)(best);
    }
}

static KERNEL_TARGET struct kernel_sums KERNEL(sums)(
    const float *a, size_t a_stride, const float *b, size_t b_stride, size_t rows, size_t width)
{
    VEC n = {0}, sa = {0}, sb = {0}, saa = {0}, sbb = {0}, sab = {0}, one = (VEC){0} + 1.0f, none = {0};
    for (size_t y = 0; y < rows; y++)
        for (size_t x = 0; x < width; x += KERNEL_W) {
            VEC va = AT(a + y * a_stride + x), vb = AT(b + y * b_stride + x);
            BITS both = (va != none) & (vb != none);
            va = KERNEL(when)(both, va);
            vb = KERNEL(when)(both, vb);
            n += KERNEL(when)(both, one);
            sa += va;
            sb += vb;
            saa += va * va;
            sbb += vb * vb;
            sab += va * vb;
        }
    return (struct kernel_sums){KERNEL(total)(n), KERNEL(total)(sa), KERNEL(total)(sb), KERNEL(total)(saa), KERNEL(total)(sbb),
        KERNEL(total)(sab)};
}

/* Adds a corner to the sums of heights and weights. */
FN void KERNEL(corner)(VEC z, VEC w, VEC *sum, VEC *weight)
{
    *sum += w * z;
    *weight += KERNEL(when)(z != (VEC){0}, w);
}

static KERNEL_TARGET void KERNEL(turn)(const struct kernel_turn *t, size_t y, size_t first, size_t last)
{
    const float mid = (float)(t->side - 1) / 2, dy = (float)y - mid, limit = (float)(t->side - 1);
    VEC lane, none = {0};
    for (unsigned i = 0; i < KERNEL_W; i++)
        lane[i] = (float)i;
    for (size_t x = first / KERNEL_W * KERNEL_W; x <= last; x += KERNEL_W) {
        VEC dx = lane + ((float)x - mid);
        VEC u = t->cs * dx + (t->sn * dy + mid), v = (t->cs * dy + mid) - t->sn * dx;
        BITS in = (u >= none) & (v >= none) & (u < limit) & (v < limit);
        u = KERNEL(when)(in, u);
        v = KERNEL(when)(in, v);
        BITS ui = __builtin_convertvector(u, BITS), vi = __builtin_convertvector(v, BITS);
        VEC a = u - __builtin_convertvector(ui, VEC), b = v - __builtin_convertvector(vi, VEC), sum = {0}, weight = {0};
        BITS at = vi * (int32_t)t->stride + ui;
        KERNEL(corner)(KERNEL_GATHER(t->from, at), (1 - a) * (1 - b), &sum, &weight);
        KERNEL(corner)(KERNEL_GATHER(t->from + 1, at), a * (1 - b), &sum, &weight);
        KERNEL(corner)(KERNEL_GATHER(t->from + t->stride, at), (1 - a) * b, &sum, &weight);
        KERNEL(corner)(KERNEL_GATHER(t->from + t->stride + 1, at), a * b, &sum, &weight);
        PUT(t->to + y * t->stride + x) = KERNEL(when)(in & (weight >= 0.5f), sum / weight);
    }
}

/* Sums of n are made of sums of n / 2: log n steps over the row. */
static KERNEL_TARGET void KERNEL(box)(const float *column, size_t width, size_t n, float least, float *scratch, float *out)
{
    memcpy(scratch, column, (width + n + KERNEL_LANES) * sizeof *scratch);
    for (size_t step = 1; step < n; step *= 2)
        for (size_t x = 0; x < width + n - step; x += KERNEL_W)
            PUT(scratch + x) = AT(scratch + x) + AT(scratch + x + step);
    for (size_t x = 0; x < width; x += KERNEL_W) {
        VEC v = AT(scratch + x) + AT(column + x + n) + least;
        v = KERNEL(either)(v > least, v, (VEC){0} + least);
        PUT(out + x) = 1 / KERNEL_ROOT(v);
    }
}

#define PARTS (KERNEL_LANES / KERNEL_W)
/* Two rings a round, four sums each: so many do not wait for each other. */
static KERNEL_TARGET void KERNEL(rings)(const float *a, const float *b, size_t rings, float *re, float *im)
{
    for (size_t p = 0; p < PARTS; p++) {
        VEC rr[2] = {{0}}, ii[2] = {{0}}, ir[2] = {{0}}, ri[2] = {{0}};
        const float *x = a + p * KERNEL_W, *y = b + p * KERNEL_W;
        for (size_t i = 0; i < rings; i += 2)
#pragma GCC unroll 2
            for (int k = 0; k < 2; k++, x += 2 * KERNEL_LANES, y += 2 * KERNEL_LANES) {
                VEC xr = AT(x), xi = AT(x + KERNEL_LANES), yr = AT(y), yi = AT(y + KERNEL_LANES);
                rr[k] += xr * yr;
                ii[k] += xi * yi;
                ir[k] += xi * yr;
                ri[k] += xr * yi;
            }
        PUT(re + p * KERNEL_W) = (rr[0] + rr[1]) + (ii[0] + ii[1]);
        PUT(im + p * KERNEL_W) = (ir[0] + ir[1]) - (ri[0] + ri[1]);
    }
}
#undef PARTS
#undef COLUMNS
#undef FN
#undef PUT
#undef AT
#undef BITS
#undef VEC
#undef KERNEL
#undef KERNEL_W
#undef KERNEL_TARGET
#undef KERNEL_EVEN
#undef KERNEL_ODD
#undef KERNEL_SWAP
#undef KERNEL_ROWS
#undef KERNEL_GATHER
#undef KERNEL_ROOT
