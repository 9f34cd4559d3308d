#include "ballistics/bullet.h"
#include "ballistics/lowess.h"
#include "base/arena.h"

#include <math.h>
#include <stdlib.h>
#include "base/banned.h"

#define CUT 0.18         /* of the width at each end */
#define BAND 0.25        /* of the length left out at each end of the land */
#define FORM 0.3         /* spans of the local lines, shares of the width that is left */
#define NOISE 0.02
#define ROBUST 3
#define POINTS_LEAST 100u
#define COMMON 0.75      /* lands are cut at the same places, so no true shift is large */

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Height of point `along` (down the striae) at place `across`. */
static float at(const struct surface *s, bool across_y, size_t across, size_t along)
{
    return across_y ? s->z[across * s->nx + along] : s->z[along * s->nx + across];
}

static float crosscut_at(const struct surface *s, bool across_y, size_t across, size_t length, float *column)
{
    size_t skip = (size_t)(BAND * (double)length), n = 0;
    for (size_t i = skip; i < length - skip; i++) {
        float z = at(s, across_y, across, i);
        if (!isnan(z))
            column[n++] = z;
    }
    if (n * 2 < length - 2 * skip)
        return NAN;
    qsort(column, n, sizeof *column, by_value);
    return column[n / 2];
}

/* A surface one point high, which the filters take as they take any other. */
static enum err crosscut(const struct surface *s, bool across_y, struct surface *out, struct fault *f)
{
    size_t width = across_y ? s->ny : s->nx, length = across_y ? s->nx : s->ny, cut = (size_t)(CUT * (double)width);
    double pitch = across_y ? s->dy : s->dx;
    if (width - 2 * cut < POINTS_LEAST || width - 2 * cut > BULLET_POINTS_MAX)
        return fault_set(f, ERR_RANGE, "land", SLICE(""), "want.bullet_points");
    enum err e = surface_make((uint32_t)(width - 2 * cut), 1, pitch, pitch, out, f);
    float *column = e ? NULL : mem_alloc(length, sizeof *column);
    if (!e && !column) {
        surface_free(out);
        e = fault_set(f, ERR_MEMORY, "land", SLICE(""), "");
    }
    for (size_t i = 0; !e && i < out->nx; i++)
        out->z[i] = crosscut_at(s, across_y, i + cut, length, column);
    mem_free(column);
    return e;
}

/* Form off, then noise off. */
static enum err smooth(struct surface *p, struct fault *f)
{
    float *form = mem_alloc(p->nx, sizeof *form);
    enum err e = form ? lowess(p->z, p->nx, FORM, ROBUST, form, f) : fault_set(f, ERR_MEMORY, "land", SLICE(""), "");
    for (size_t i = 0; !e && i < p->nx; i++)
        p->z[i] -= form[i];
    if (!e)
        e = lowess(p->z, p->nx, NOISE, ROBUST, form, f);
    for (size_t i = 0; !e && i < p->nx; i++)
        p->z[i] = isnan(p->z[i]) ? NAN : form[i];
    mem_free(form);
    return e;
}

enum err bullet_signature(const struct surface *land, bool across_y, struct bullet_signature *out, struct fault *f)
{
    struct surface p;
    size_t n = 0;
    enum err e = crosscut(land, across_y, &p, f);
    if (e)
        return e;
    for (size_t i = 0; i < p.nx; i++)
        n += !isnan(p.z[i]);
    e = n * 2 < p.nx ? fault_set(f, ERR_MISSING, "land", SLICE(""), "want.surface_points") : smooth(&p, f);
    if (!e) {
        out->pitch = p.dx;
        out->n = p.nx;
        for (size_t i = 0; i < p.nx; i++)
            out->z[i] = p.z[i] * 1e6f;
    }
    surface_free(&p);
    return e;
}

/* Correlation with b moved by `shift` points; -1 when too little is common. */
static double r_at(const struct bullet_signature *a, const struct bullet_signature *b, ptrdiff_t shift)
{
    double n = 0, sa = 0, sb = 0, saa = 0, sbb = 0, sab = 0;
    size_t shorter = a->n < b->n ? a->n : b->n;
    for (size_t i = 0; i < b->n; i++) {
        ptrdiff_t j = (ptrdiff_t)i + shift;
        if (j < 0 || j >= (ptrdiff_t)a->n || isnan(a->z[j]) || isnan(b->z[i]))
            continue;
        double x = (double)a->z[j], y = (double)b->z[i];
        n++;
        sa += x;
        sb += y;
        saa += x * x;
        sbb += y * y;
        sab += x * y;
    }
    double va = saa - sa * sa / n, vb = sbb - sb * sb / n;
    return n >= COMMON * (double)shorter && va > 0 && vb > 0 ? (sab - sa * sb / n) / sqrt(va * vb) : -1;
}

enum err bullet_compare(const struct bullet_signature *a, const struct bullet_signature *b, struct bullet_match *out, struct fault *f)
{
    if (fabs(a->pitch / b->pitch - 1) > 0.01)
        return fault_set(f, ERR_RANGE, "pitch", SLICE(""), "want.bullet_pitch");
    *out = (struct bullet_match){-1, 0};
    for (ptrdiff_t shift = -(ptrdiff_t)b->n; shift <= (ptrdiff_t)a->n; shift++) {
        double r = r_at(a, b, shift);
        if (r > out->r)
            *out = (struct bullet_match){r, (double)shift * a->pitch};
    }
    return OK;
}

static void stand_out(struct bullet_phase *p)
{
    double sum = 0, squares = 0, n = (double)p->lands - 1;
    for (size_t i = 0; i < p->lands; i++)
        p->best = p->mean[i] > p->mean[p->best] ? i : p->best;
    for (size_t i = 0; i < p->lands; i++)
        if (i != p->best) {
            sum += p->mean[i];
            squares += p->mean[i] * p->mean[i];
        }
    double mean = sum / n, spread = sqrt(fmax((squares - n * mean * mean) / fmax(n - 1, 1), 1e-12));
    p->lead = (p->mean[p->best] - mean) / spread;
}

enum err bullet_phase(const struct bullet_signature *const *a, const struct bullet_signature *const *b, size_t lands,
    struct bullet_phase *out, struct fault *f)
{
    struct bullet_phase p = {.lands = lands};
    struct bullet_match m;
    if (lands < 3 || lands > BULLET_LANDS_MAX)
        return fault_set(f, ERR_RANGE, "lands", SLICE(""), "want.bullet_lands");
    for (size_t phase = 0; phase < lands; phase++)
        for (size_t i = 0; i < lands; i++) {
            enum err e = bullet_compare(a[i], b[(i + phase) % lands], &m, f);
            if (e)
                return e;
            p.mean[phase] += m.r / (double)lands;
        }
    stand_out(&p);
    *out = p;
    return OK;
}
