/* Levelling by median regression: the sum of absolute distances is least, so that a third of the points standing far above (a raised lip, a
 * speck) does not tilt the plane. Found by least squares reweighted with 1 / |distance|. */
#include "ballistics/surface_prepare.h"
#include "base/arena.h"

#include <math.h>
#include <stdlib.h>
#include "base/banned.h"

#define TERMS_MAX 4
#define ROUNDS 40
#define SAMPLE 60000u    /* points that the fit looks at, evenly spread */
#define NEAR 1e-10       /* metres: closer points do not gain weight */

struct fit {
    const struct surface *s;
    unsigned terms;       /* 3: 1, x, y; 4: and the bowl */
    double k[TERMS_MAX];  /* of these terms */
    double scale;         /* half the longer side: x and y run from -1 to 1 */
};

static void terms_at(const struct fit *f, size_t i, double t[TERMS_MAX])
{
    double x = ((double)(i % f->s->nx) - (f->s->nx - 1) / 2.0) * f->s->dx / f->scale;
    double y = ((double)(i / f->s->nx) - (f->s->ny - 1) / 2.0) * f->s->dy / f->scale;
    t[0] = 1;
    t[1] = x;
    t[2] = y;
    t[3] = (x * x + y * y) / 2;
}

static double height_at(const struct fit *f, const double t[TERMS_MAX])
{
    double z = 0;
    for (unsigned i = 0; i < f->terms; i++)
        z += f->k[i] * t[i];
    return z;
}

/* Gauss with the largest pivot; false when the points do not determine it. */
static bool solve(double a[TERMS_MAX][TERMS_MAX + 1], unsigned n, double *out)
{
    for (unsigned c = 0; c < n; c++) {
        unsigned best = c;
        for (unsigned r = c + 1; r < n; r++)
            best = fabs(a[r][c]) > fabs(a[best][c]) ? r : best;
        if (fabs(a[best][c]) < 1e-12)
            return false;
        for (unsigned i = 0; i <= n; i++) {
            double swap = a[c][i];
            a[c][i] = a[best][i];
            a[best][i] = swap;
        }
        for (unsigned r = 0; r < n; r++) {
            double by = r == c ? 0 : a[r][c] / a[c][c];
            for (unsigned i = c; i <= n; i++)
                a[r][i] -= by * a[c][i];
        }
    }
    for (unsigned c = 0; c < n; c++)
        out[c] = a[c][n] / a[c][c];
    return true;
}

static bool round_of(struct fit *f, size_t step, bool weighted)
{
    double a[TERMS_MAX][TERMS_MAX + 1] = {{0}}, t[TERMS_MAX], sum = 0;
    for (size_t i = 0; i < surface_points(f->s); i += step) {
        if (isnan(f->s->z[i]))
            continue;
        terms_at(f, i, t);
        double z = (double)f->s->z[i], w = weighted ? 1 / fmax(fabs(z - height_at(f, t)), NEAR) : 1;
        sum += w;
        for (unsigned r = 0; r < f->terms; r++) {
            for (unsigned c = 0; c < f->terms; c++)
                a[r][c] += w * t[r] * t[c];
            a[r][f->terms] += w * t[r] * z;
        }
    }
    for (unsigned r = 0; sum > 0 && r < f->terms; r++)
        for (unsigned c = 0; c <= f->terms; c++)
            a[r][c] /= sum;
    return sum > 0 && solve(a, f->terms, f->k);
}

/* An odd step that is no divisor of the width, so that the sample is not some columns only. */
static size_t step_of(const struct surface *s)
{
    size_t step = surface_points(s) / SAMPLE | 1;
    while (step > 1 && s->nx % step == 0)
        step += 2;
    return step;
}

static enum err level(struct surface *s, unsigned terms, struct fit *fit, struct fault *f)
{
    double longer = fmax(s->nx * s->dx, s->ny * s->dy) / 2, t[TERMS_MAX];
    *fit = (struct fit){.s = s, .terms = terms, .scale = longer};
    bool ok = true;
    for (int i = 0; ok && i < ROUNDS; i++)
        ok = round_of(fit, step_of(s), i > 0);
    if (!ok)
        return fault_set(f, ERR_MISSING, "surface", SLICE(""), "want.surface_points");
    for (size_t i = 0; i < surface_points(s); i++) {
        terms_at(fit, i, t);
        s->z[i] = (float)((double)s->z[i] - height_at(fit, t));
    }
    return OK;
}

enum err surface_level_plane(struct surface *s, double out[3], struct fault *f)
{
    struct fit fit;
    enum err e = level(s, 3, &fit, f);
    if (e)
        return e;
    out[0] = fit.k[1] / fit.scale;
    out[1] = fit.k[2] / fit.scale;
    out[2] = fit.k[0];
    return OK;
}

enum err surface_level_sphere(struct surface *s, double out[4], struct fault *f)
{
    struct fit fit;
    enum err e = level(s, 4, &fit, f);
    if (e)
        return e;
    out[0] = fit.k[3] / fit.scale / fit.scale;
    out[1] = fit.k[1] / fit.scale;
    out[2] = fit.k[2] / fit.scale;
    out[3] = fit.k[0];
    return OK;
}

/* ---- outliers ---- */

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static float median_of(float *v, size_t n)
{
    qsort(v, n, sizeof *v, by_value);
    return n ? v[n / 2] : 0;
}

/* Median of the heights and scaled median distance from it (1.4826: a normal distribution's standard deviation). */
static bool spread_of(const struct surface *s, float *out_mid, float *out_spread)
{
    float *v = mem_alloc(SAMPLE * 2, sizeof *v);
    size_t n = 0;
    if (!v)
        return false;
    for (size_t i = 0, step = step_of(s); i < surface_points(s) && n < SAMPLE * 2; i += step)
        if (!isnan(s->z[i]))
            v[n++] = s->z[i];
    *out_mid = median_of(v, n);
    for (size_t i = 0; i < n; i++)
        v[i] = fabsf(v[i] - *out_mid);
    *out_spread = 1.4826f * median_of(v, n);
    mem_free(v);
    return true;
}

enum err surface_outliers(struct surface *s, double limit, double *out, uint64_t *out_removed, struct fault *f)
{
    float mid, spread;
    uint64_t n = 0;
    if (!spread_of(s, &mid, &spread))
        return fault_set(f, ERR_MEMORY, "surface", SLICE(""), "");
    *out = limit * (double)spread;
    for (size_t i = 0; i < surface_points(s); i++)
        if (fabs((double)s->z[i] - (double)mid) > *out) {
            s->z[i] = NAN;
            n++;
        }
    *out_removed = n;
    return OK;
}

#define PREPARED_FAR 10e-6  /* metres: nearly no point of a filtered breech face lies so far out */
#define PREPARED_SHARE 0.02
#define PREPARED_TILT 3e-6  /* over the whole surface */

bool surface_is_prepared(const struct surface *s)
{
    struct surface copy;
    double k[3];
    size_t far = 0, all = 0;
    if (surface_make(s->nx, s->ny, s->dx, s->dy, &copy, NULL))
        return false;
    memcpy(copy.z, s->z, surface_points(s) * sizeof *copy.z);
    bool ok = !surface_level_plane(&copy, k, NULL) && hypot(k[0] * s->nx * s->dx, k[1] * s->ny * s->dy) < PREPARED_TILT;
    for (size_t i = 0; ok && i < surface_points(s); i++)
        if (!isnan(copy.z[i])) {
            all++;
            far += fabsf(copy.z[i]) > (float)PREPARED_FAR;
        }
    surface_free(&copy);
    return ok && all && (double)far < PREPARED_SHARE * (double)all;
}
