#include "ballistics/tile.h"
#include "base/arena.h"
#include <math.h>
#include <zlib.h>
#include "base/banned.h"

#define HEAD 28
#define GZIP_WINDOW (15 + 16)

/* ---- fewer points ---- */

static float mean_of(const struct surface *s, uint32_t x0, uint32_t y0, uint32_t by)
{
    double sum = 0;
    uint32_t n = 0, all = 0;
    for (uint32_t y = y0; y < y0 + by && y < s->ny; y++)
        for (uint32_t x = x0; x < x0 + by && x < s->nx; x++) {
            float z = s->z[(size_t)y * s->nx + x];
            all++;
            if (isnan(z))
                continue;
            sum += (double)z;
            n++;
        }
    return n * 2 >= all ? (float)(sum / n) : NAN;
}

enum err surface_reduce(const struct surface *s, uint32_t by, struct surface *out, struct fault *f)
{
    struct surface r;
    if (!by)
        return fault_set(f, ERR_RANGE, "by", SLICE(""), "");
    uint32_t nx = (s->nx + by - 1) / by, ny = (s->ny + by - 1) / by;
    enum err e = surface_make(nx, ny, s->dx * by, s->dy * by, &r, f);
    if (e)
        return e;
    r.z0 = s->z0;
    for (uint32_t y = 0; y < ny; y++)
        for (uint32_t x = 0; x < nx; x++)
            r.z[(size_t)y * nx + x] = mean_of(s, x * by, y * by, by);
    *out = r;
    return OK;
}

/* ---- bytes ---- */

static void range_of(const struct surface *s, double *least, double *most)
{
    *least = INFINITY;
    *most = -INFINITY;
    for (size_t i = 0; i < surface_points(s); i++) {
        if (isnan(s->z[i]))
            continue;
        *least = fmin(*least, (double)s->z[i]);
        *most = fmax(*most, (double)s->z[i]);
    }
    if (*least > *most)
        *least = *most = 0;
}

static void put_float(struct buf *b, double v)
{
    float f = (float)v;
    uint32_t bits;
    memcpy(&bits, &f, 4);
    buf_u32(b, bits);
}

/* 0 = missing; else 1 + the difference from the last measured point, 0 -1 1 -2 2 as 0 1 2 3 4. */
static void put_codes(const struct surface *s, double least, double step, uint8_t *low, uint8_t *high)
{
    int32_t last = 0;
    for (size_t i = 0; i < surface_points(s); i++) {
        low[i] = high[i] = 0;
        if (isnan(s->z[i]))
            continue;
        int32_t q = (int32_t)lround(((double)s->z[i] - least) / step), d = q - last;
        uint32_t code = 1 + (d < 0 ? (uint32_t)(-d) * 2 - 1 : (uint32_t)d * 2);
        low[i] = (uint8_t)code;
        high[i] = (uint8_t)(code >> 8);
        last = q;
    }
}

static enum err gzip(const struct buf *plain, struct buf *out, struct fault *f)
{
    z_stream z = {.next_in = (Bytef *)plain->p, .avail_in = (uInt)plain->n};
    if (deflateInit2(&z, 6, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return fault_set(f, ERR_MEMORY, "tile", SLICE(""), "");
    size_t before = out->n, bound = deflateBound(&z, (uLong)plain->n);
    uint8_t *to = buf_room(out, bound);
    z.next_out = to;
    z.avail_out = (uInt)bound;
    int ended = to ? deflate(&z, Z_FINISH) : Z_MEM_ERROR;
    if (to)
        out->n = before + bound - z.avail_out;
    deflateEnd(&z);
    return ended == Z_STREAM_END ? OK : fault_set(f, ERR_MEMORY, "tile", SLICE(""), "");
}

static enum err write_small(const struct surface *s, uint32_t by, struct buf *out, struct fault *f)
{
    struct buf b;
    double least, most;
    size_t n = surface_points(s);
    range_of(s, &least, &most);
    double step = fmax((most - least) / (TILE_STEPS - 1), TILE_STEP_LEAST);
    buf_init(&b, HEAD + 2 * n);
    buf_str(&b, "ATHT");
    buf_u16(&b, (uint16_t)s->nx);
    buf_u16(&b, (uint16_t)s->ny);
    put_float(&b, s->dx * 1e6);
    put_float(&b, s->dy * 1e6);
    put_float(&b, step * 1e6);
    put_float(&b, least * 1e6);
    buf_u32(&b, by);
    uint8_t *to = buf_room(&b, 2 * n);
    if (to)
        put_codes(s, least, step, to, to + n);
    enum err e = b.err ? fault_set(f, b.err, "tile", SLICE(""), "") : gzip(&b, out, f);
    buf_free(&b);
    return e;
}

enum err tile_write(const struct surface *s, struct buf *out, struct fault *f)
{
    struct surface small;
    uint32_t by = 1;
    while ((size_t)((s->nx + by - 1) / by) * ((s->ny + by - 1) / by) > TILE_POINTS)
        by++;
    enum err e = surface_reduce(s, by, &small, f);
    if (e)
        return e;
    e = write_small(&small, by, out, f);
    surface_free(&small);
    return e;
}
