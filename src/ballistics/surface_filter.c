/* Gaussian filters that know of missing points: heights times presence and presence itself are smoothed alike, rows then columns, and
 * divided. */
#include "ballistics/surface_prepare.h"
#include "base/arena.h"

#include <math.h>
#include "base/banned.h"

#define REACH_MAX 8192u /* points to each side */

struct weights {
    uint32_t reach;
    float *w; /* 2 reach + 1, sum 1 */
};

static enum err weights_make(double cut_off, double sigma, double pitch, struct weights *out, struct fault *f)
{
    double points = cut_off / pitch, sum = 0;
    if (!(points > 0) || points > REACH_MAX || !(sigma > 0.05 && sigma < 0.5))
        return fault_set(f, ERR_RANGE, "cut-off", SLICE(""), "want.surface_cut_off");
    out->reach = (uint32_t)ceil(points);
    uint32_t n = 2 * out->reach + 1;
    out->w = mem_alloc(n, sizeof *out->w);
    if (!out->w)
        return fault_set(f, ERR_MEMORY, "surface", SLICE(""), "");
    for (uint32_t i = 0; i < n; i++) {
        double x = ((double)i - out->reach) / (sigma * points);
        out->w[i] = (float)exp(-x * x / 2);
        sum += (double)out->w[i];
    }
    for (uint32_t i = 0; i < n; i++)
        out->w[i] /= (float)sum;
    return OK;
}

/* to += w * from, n floats. */
static void add_scaled(float *restrict to, const float *restrict from, float w, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] += w * from[i];
}

static void smooth_rows(const struct weights *g, const float *in, uint32_t nx, uint32_t ny, float *out)
{
    for (uint32_t y = 0; y < ny; y++) {
        const float *row = in + (size_t)y * nx;
        float *to = out + (size_t)y * nx;
        memset(to, 0, nx * sizeof *to);
        for (uint32_t k = 0; k <= 2 * g->reach; k++) {
            int64_t off = (int64_t)k - g->reach, first = off < 0 ? -off : 0, last = off > 0 ? (int64_t)nx - off : nx;
            if (last > first)
                add_scaled(to + first, row + first + off, g->w[k], (size_t)(last - first));
        }
    }
}

static void smooth_columns(const struct weights *g, const float *in, uint32_t nx, uint32_t ny, float *out)
{
    for (uint32_t y = 0; y < ny; y++) {
        float *to = out + (size_t)y * nx;
        memset(to, 0, nx * sizeof *to);
        for (uint32_t k = 0; k <= 2 * g->reach; k++) {
            int64_t from = (int64_t)y + k - g->reach;
            if (from >= 0 && from < ny)
                add_scaled(to, in + (size_t)from * nx, g->w[k], nx);
        }
    }
}

struct planes {
    float *z, *m, *t;
};

static void smooth(const struct surface *s, const struct weights *gx, const struct weights *gy, float *plane, float *spare)
{
    smooth_rows(gx, plane, s->nx, s->ny, spare);
    smooth_columns(gy, spare, s->nx, s->ny, plane);
}

static float mean_height(const struct surface *s)
{
    double sum = 0, n = 0;
    for (size_t i = 0; i < surface_points(s); i++)
        if (!isnan(s->z[i])) {
            sum += (double)s->z[i];
            n++;
        }
    return n > 0 ? (float)(sum / n) : 0;
}

/* Filled: missing points count, with the mean height. */
static void apply(struct surface *s, const struct weights *gx, const struct weights *gy, struct planes p, bool high, bool filled)
{
    size_t n = surface_points(s);
    float middle = filled ? mean_height(s) : 0;
    for (size_t i = 0; i < n; i++) {
        s->z[i] -= middle;
        p.m[i] = filled || !isnan(s->z[i]);
        p.z[i] = isnan(s->z[i]) ? 0 : s->z[i] * 1e6f; /* micrometres: products stay far from the end of float32 */
    }
    smooth(s, gx, gy, p.z, p.t);
    if (!filled)
        smooth(s, gx, gy, p.m, p.t);
    for (size_t i = 0; i < n; i++) {
        float mean = p.z[i] / p.m[i] * 1e-6f; /* a point that is there has weight itself, so this is no division by 0 */
        if (!isnan(s->z[i]))
            s->z[i] = high ? s->z[i] - mean : mean;
    }
}

enum err surface_gauss(struct surface *s, double cut_off, double sigma, bool high, bool filled, struct fault *f)
{
    struct weights gx = {0}, gy = {0};
    size_t n = surface_points(s);
    enum err e = weights_make(cut_off, sigma, s->dx, &gx, f);
    if (!e)
        e = weights_make(cut_off, sigma, s->dy, &gy, f);
    struct planes p = {0};
    if (!e && (!(p.z = mem_alloc(n, sizeof(float))) || !(p.m = mem_alloc(n, sizeof(float))) || !(p.t = mem_alloc(n, sizeof(float)))))
        e = fault_set(f, ERR_MEMORY, "surface", SLICE(""), "");
    if (!e)
        apply(s, &gx, &gy, p, high, filled);
    mem_free(p.z);
    mem_free(p.m);
    mem_free(p.t);
    mem_free(gx.w);
    mem_free(gy.w);
    return e;
}

enum err surface_low_pass(struct surface *s, double cut_off, double sigma, struct fault *f)
{
    return surface_gauss(s, cut_off, sigma, false, false, f);
}

enum err surface_high_pass(struct surface *s, double cut_off, double sigma, struct fault *f)
{
    return surface_gauss(s, cut_off, sigma, true, false, f);
}
