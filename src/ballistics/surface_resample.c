#include "ballistics/surface_resample.h"
#include "base/arena.h"

#include <math.h>
#include "base/banned.h"

#define COARSER 1.5 /* from this ratio of pitches on, means are taken */

/* Points of `in` whose own square touches that of half a side `half` about `at` (in points of in); false when none does. */
static bool range_of(double at, double half, uint32_t n, uint32_t *first, uint32_t *last)
{
    double lo = ceil(at - half - 0.5), hi = floor(at + half + 0.5);
    if (hi < 0 || lo > n - 1.0)
        return false;
    *first = lo < 0 ? 0 : (uint32_t)lo;
    *last = hi > n - 1.0 ? n - 1 : (uint32_t)hi;
    return true;
}

/* How much of a point's side lies within. */
static double overlap(double at, double half, uint32_t i)
{
    double w = half + 0.5 - fabs(i - at);
    return w < 0 ? 0 : w > 1 ? 1 : w;
}

static float mean_at(const struct surface *in, double x, double y, double half_x, double half_y)
{
    uint32_t x0, x1, y0, y1;
    double sum = 0, weight = 0;
    if (!range_of(x, half_x, in->nx, &x0, &x1) || !range_of(y, half_y, in->ny, &y0, &y1))
        return NAN;
    for (uint32_t j = y0; j <= y1; j++)
        for (uint32_t i = x0; i <= x1; i++) {
            float z = in->z[(size_t)j * in->nx + i];
            if (isnan(z))
                continue;
            double w = overlap(x, half_x, i) * overlap(y, half_y, j);
            sum += w * (double)z;
            weight += w;
        }
    return weight >= 2 * half_x * half_y ? (float)(sum / weight) : NAN;
}

static float between(const struct surface *in, double x, double y)
{
    double fx = floor(x), fy = floor(y), sum = 0, weight = 0;
    for (int k = 0; k < 4; k++) {
        double px = fx + (k & 1), py = fy + (k >> 1);
        double w = (1 - fabs(x - px)) * (1 - fabs(y - py));
        if (px < 0 || py < 0 || px > in->nx - 1.0 || py > in->ny - 1.0)
            continue;
        float z = in->z[(size_t)py * in->nx + (size_t)px];
        if (isnan(z))
            continue;
        sum += w * (double)z;
        weight += w;
    }
    return weight >= 0.5 ? (float)(sum / weight) : NAN;
}

enum err surface_resample(const struct surface *in, const struct resample *to, struct surface *out, struct fault *f)
{
    struct surface s;
    enum err e = surface_make(to->nx, to->ny, to->pitch, to->pitch, &s, f);
    if (e)
        return e;
    double rx = to->pitch / in->dx, ry = to->pitch / in->dy;
    double x0 = to->cx / in->dx - (to->nx - 1) * rx / 2, y0 = to->cy / in->dy - (to->ny - 1) * ry / 2;
    bool mean = rx >= COARSER && ry >= COARSER;
    for (uint32_t j = 0; j < to->ny; j++)
        for (uint32_t i = 0; i < to->nx; i++) {
            double x = x0 + i * rx, y = y0 + j * ry;
            s.z[(size_t)j * to->nx + i] = mean ? mean_at(in, x, y, rx / 2, ry / 2) : between(in, x, y);
        }
    s.z0 = in->z0;
    *out = s;
    return OK;
}

/* First place where the running count passes `skip`. */
static uint32_t edge_of(const uint32_t *count, uint32_t n, uint64_t skip, bool from_end)
{
    uint64_t seen = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = from_end ? n - 1 - i : i;
        seen += count[at];
        if (seen > skip)
            return at;
    }
    return n / 2;
}

enum err surface_centre(const struct surface *s, double *out_x, double *out_y, struct fault *f)
{
    uint32_t *column = mem_alloc((size_t)s->nx + s->ny, sizeof *column), *row = column + s->nx;
    uint64_t all = 0;
    if (!column)
        return fault_set(f, ERR_MEMORY, "surface", SLICE(""), "");
    for (uint32_t j = 0; j < s->ny; j++)
        for (uint32_t i = 0; i < s->nx; i++)
            if (!isnan(s->z[(size_t)j * s->nx + i])) {
                column[i]++;
                row[j]++;
                all++;
            }
    uint64_t skip = all / 1000;
    if (all) {
        *out_x = (edge_of(column, s->nx, skip, false) + edge_of(column, s->nx, skip, true)) * s->dx / 2;
        *out_y = (edge_of(row, s->ny, skip, false) + edge_of(row, s->ny, skip, true)) * s->dy / 2;
    }
    mem_free(column);
    return all ? OK : fault_set(f, ERR_MISSING, "surface", SLICE(""), "want.surface_points");
}
