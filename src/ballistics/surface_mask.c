/* Finding the breech-face ring: rays from a middle, the edge on each, a circle through the edges that agrees with most of them. */
#include "ballistics/surface_prepare.h"
#include "ballistics/surface_resample.h"

#include <math.h>
#include <stdlib.h>
#include "base/banned.h"

#define RAYS 360u
#define GAP 60e-6         /* missing stretches up to this do not end a run */
#define FACE 20e-6        /* metres from the levelled breech face: higher is lip, lower is hole */
#define FACE_RUN 120e-6   /* so long a stretch that is not face ends it */
#define FACE_SHARE 0.8
#define ROUNDS 12

struct edges {
    double x[RAYS], y[RAYS];
    size_t n;
};

static bool there(const struct surface *s, double x, double y, float limit)
{
    double i = x / s->dx + 0.5, j = y / s->dy + 0.5;
    if (!(i >= 0 && j >= 0 && i < s->nx && j < s->ny))
        return false;
    return fabsf(s->z[(size_t)j * s->nx + (size_t)i]) <= limit; /* false for NaN */
}

/* Kasa's fit: x^2 + y^2 = 2 a x + 2 b y + c over the points of weight 1. */
static bool circle_through(const struct edges *e, const bool *use, struct surface_circle *out)
{
    double n = 0, sx = 0, sy = 0, xx = 0, yy = 0, xy = 0, xz = 0, yz = 0;
    for (size_t i = 0; i < e->n; i++)
        if (use[i]) {
            n++;
            sx += e->x[i];
            sy += e->y[i];
        }
    if (n < 8)
        return false;
    double mx = sx / n, my = sy / n, zz = 0;
    for (size_t i = 0; i < e->n; i++)
        if (use[i]) {
            double x = e->x[i] - mx, y = e->y[i] - my, z = x * x + y * y;
            xx += x * x;
            yy += y * y;
            xy += x * y;
            xz += x * z;
            yz += y * z;
            zz += z;
        }
    double det = xx * yy - xy * xy;
    if (!(det > 0))
        return false;
    double a = (xz * yy - yz * xy) / det / 2, b = (yz * xx - xz * xy) / det / 2;
    *out = (struct surface_circle){a + mx, b + my, sqrt(a * a + b * b + zz / n)};
    return true;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Leaves out edges further from the circle than three times the median distance, again and again. */
static bool circle_fit(const struct edges *e, struct surface_circle *out)
{
    bool use[RAYS];
    double away[RAYS], sorted[RAYS];
    memset(use, true, sizeof use);
    for (int round = 0; round < ROUNDS; round++) {
        if (!circle_through(e, use, out))
            return false;
        for (size_t i = 0; i < e->n; i++)
            sorted[i] = away[i] = fabs(hypot(e->x[i] - out->x, e->y[i] - out->y) - out->radius);
        qsort(sorted, e->n, sizeof *sorted, by_value);
        double limit = fmax(3 * sorted[e->n / 2], 10e-6);
        for (size_t i = 0; i < e->n; i++)
            use[i] = away[i] <= limit;
    }
    return true;
}

/* Outer end of the longest run of points along a ray; 0 when there is none. */
static double run_end(const struct surface *s, double x, double y, double cs, double sn, double far)
{
    double step = fmin(s->dx, s->dy), begun = -1, last = 0, best = 0, end = 0;
    for (double r = 0; r <= far; r += step) {
        if (there(s, x + r * cs, y + r * sn, INFINITY)) {
            begun = begun < 0 ? r : begun;
            last = r;
        } else if (begun >= 0 && r - last > GAP) {
            begun = -1;
        }
        if (begun >= 0 && last - begun > best) {
            best = last - begun;
            end = last;
        }
    }
    return end;
}

enum err surface_find_ring(const struct surface *s, struct surface_circle *out, struct fault *f)
{
    struct surface_circle c = {0};
    enum err e = surface_centre(s, &c.x, &c.y, f);
    if (e)
        return e;
    for (int round = 0; round < 3; round++) {
        struct edges edges = {.n = 0};
        for (unsigned i = 0; i < RAYS; i++) {
            double cs = cos(i * 2 * M_PI / RAYS), sn = sin(i * 2 * M_PI / RAYS);
            double r = run_end(s, c.x, c.y, cs, sn, hypot(s->nx * s->dx, s->ny * s->dy));
            if (r > 0) {
                edges.x[edges.n] = c.x + r * cs;
                edges.y[edges.n++] = c.y + r * sn;
            }
        }
        if (!circle_fit(&edges, &c))
            return fault_set(f, ERR_MISSING, "ring", SLICE(""), "want.surface_ring");
    }
    *out = c;
    return OK;
}

/* Where the breech face ends along a ray that comes in from the ring at `far`: the first stretch of FACE_RUN that is mostly none. Coming
 * from inside would stop on the lip's inner slope, which passes through the height of the face. */
static double face_ends(const struct surface *s, double x, double y, double cs, double sn, double far)
{
    double step = fmin(s->dx, s->dy);
    int run = (int)ceil(FACE_RUN / step);
    for (double r = far - FACE_RUN; r > FACE_RUN; r -= step) {
        int face = 0;
        for (int k = 0; k < run; k++)
            face += there(s, x + (r - k * step) * cs, y + (r - k * step) * sn, (float)FACE);
        if (face <= (1 - FACE_SHARE) * run)
            return r;
    }
    return 0;
}

/* s is levelled. The distance from (x, y) along a direction to the ring. */
static double to_ring(const struct surface_circle *ring, double x, double y, double cs, double sn)
{
    double dx = x - ring->x, dy = y - ring->y, b = dx * cs + dy * sn;
    double d = b * b - dx * dx - dy * dy + ring->radius * ring->radius;
    return d > 0 ? -b + sqrt(d) : 0;
}

static enum err hole_on(const struct surface *s, const struct surface_circle *ring, struct surface_circle *out, struct fault *f)
{
    struct surface_circle c = *ring;
    for (int round = 0; round < 4; round++) {
        struct edges edges = {.n = 0};
        for (unsigned i = 0; i < RAYS; i++) {
            double cs = cos(i * 2 * M_PI / RAYS), sn = sin(i * 2 * M_PI / RAYS);
            double r = face_ends(s, c.x, c.y, cs, sn, to_ring(ring, c.x, c.y, cs, sn));
            if (r > 0) {
                edges.x[edges.n] = c.x + r * cs;
                edges.y[edges.n++] = c.y + r * sn;
            }
        }
        if (edges.n < RAYS / 4 || !circle_fit(&edges, &c))
            return fault_set(f, ERR_MISSING, "hole", SLICE(""), "want.surface_hole");
    }
    *out = c;
    return OK;
}

enum err surface_find_hole(const struct surface *s, const struct surface_circle *ring, struct surface_circle *out, struct fault *f)
{
    struct surface face;
    double k[3];
    enum err e = surface_make(s->nx, s->ny, s->dx, s->dy, &face, f);
    if (e)
        return e;
    memcpy(face.z, s->z, surface_points(s) * sizeof *face.z);
    struct surface_circle inner = {ring->x, ring->y, ring->radius * 0.75};
    surface_cut(&face, ring, false);
    surface_cut(&face, &inner, true); /* level by the outermost part: mostly breech face */
    e = surface_level_plane(&face, k, f);
    for (size_t i = 0; !e && i < surface_points(s); i++) {
        double x = ((double)(i % s->nx) - (s->nx - 1) / 2.0) * s->dx, y = ((double)(i / s->nx) - (s->ny - 1) / 2.0) * s->dy;
        face.z[i] = (float)((double)s->z[i] - k[0] * x - k[1] * y - k[2]);
    }
    if (!e)
        e = hole_on(&face, ring, out, f);
    surface_free(&face);
    return e;
}

uint64_t surface_cut(struct surface *s, const struct surface_circle *at, bool inside)
{
    uint64_t n = 0;
    for (size_t i = 0; i < surface_points(s); i++) {
        double x = (double)(i % s->nx) * s->dx - at->x, y = (double)(i / s->nx) * s->dy - at->y;
        bool in = x * x + y * y <= at->radius * at->radius;
        if (in == inside && !isnan(s->z[i])) {
            s->z[i] = NAN;
            n++;
        }
    }
    return n;
}
