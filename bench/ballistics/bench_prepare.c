/* The automatic preparation against a published result of the same raw scan: their correlation, and where they differ.
 * Usage: bench_prepare RAW NX NY PROCESSED NX NY: little-endian float32 heights in metres, X fastest, NaN missing; raw at 3.125 um, processed at 6.25 um.
 * Rows: the recipe as shipped (ISO 16610, missing points left out of the weights), and the published width of the Gaussian and fill. Columns: all
 * points that both have, then by distance to the nearest point that one of them lacks. */
#include "ballistics/surface_prepare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RAW_PITCH 3.125e-6
#define PITCH 6.25e-6
#define REACH 100 /* shifts tried, points of PITCH */
#define BANDS 5

static const double band_ends[BANDS] = {50e-6, 100e-6, 200e-6, 400e-6, 1};

static int read_heights(const char *path, uint32_t nx, uint32_t ny, double pitch, struct surface *out)
{
    FILE *f = fopen(path, "rb");
    if (!f || surface_make(nx, ny, pitch, pitch, out, NULL))
        return 1;
    size_t n = fread(out->z, sizeof *out->z, surface_points(out), f);
    fclose(f);
    return n != surface_points(out);
}

/* Every second point. */
static void halve(const struct surface *in, struct surface *out)
{
    surface_make(in->nx / 2, in->ny / 2, PITCH, PITCH, out, NULL);
    for (uint32_t j = 0; j < out->ny; j++)
        for (uint32_t i = 0; i < out->nx; i++)
            out->z[(size_t)j * out->nx + i] = in->z[(size_t)2 * j * in->nx + 2 * i];
}

struct sums {
    double n, a, b, aa, bb, ab;
};

static void add(struct sums *s, double a, double b)
{
    s->n++;
    s->a += a;
    s->b += b;
    s->aa += a * a;
    s->bb += b * b;
    s->ab += a * b;
}

static double r_of(const struct sums *s)
{
    return s->n > 100 ? (s->ab - s->a * s->b / s->n) / sqrt((s->aa - s->a * s->a / s->n) * (s->bb - s->b * s->b / s->n)) : NAN;
}

static float height(const struct surface *s, long x, long y)
{
    return x >= 0 && y >= 0 && x < s->nx && y < s->ny ? s->z[(size_t)y * s->nx + (size_t)x] * 1e6f : NAN;
}

/* Correlation of `b` with `a` shifted by (dx, dy), over every step-th point. */
static double r_at(const struct surface *a, const struct surface *b, long dx, long dy, long step)
{
    struct sums s = {0};
    for (long y = 0; y < b->ny; y += step)
        for (long x = 0; x < b->nx; x += step) {
            float u = height(a, x + dx, y + dy), v = height(b, x, y);
            if (!isnan(u) && !isnan(v))
                add(&s, (double)u, (double)v);
        }
    return s.n > 1000 ? r_of(&s) : -1;
}

static void find_shift(const struct surface *a, const struct surface *b, long *dx, long *dy)
{
    double best = -1;
    for (long y = -REACH; y <= REACH; y++)
        for (long x = -REACH; x <= REACH; x++) {
            double r = r_at(a, b, x, y, 6);
            if (r > best) {
                best = r;
                *dx = x;
                *dy = y;
            }
        }
}

/* Distance to the nearest false of `there`, chessboard steps, by two passes. */
static void distances(const unsigned char *there, long nx, long ny, unsigned *out)
{
    for (long i = 0; i < nx * ny; i++)
        out[i] = there[i] ? 100000 : 0;
    for (int pass = 0; pass < 2; pass++)
        for (long k = 0; k < nx * ny; k++) {
            long i = pass ? nx * ny - 1 - k : k, x = i % nx, y = i / nx, s = pass ? 1 : -1;
            const long near[4][2] = {{s, 0}, {-s, s}, {0, s}, {s, s}};
            for (int q = 0; q < 4; q++) {
                long u = x + near[q][0], v = y + near[q][1];
                unsigned d = u < 0 || v < 0 || u >= nx || v >= ny ? 1 : out[v * nx + u] + 1;
                out[i] = d < out[i] ? d : out[i];
            }
        }
}

static void tell(const char *what, const struct surface *ours, const struct surface *theirs)
{
    long dx = 0, dy = 0, nx = theirs->nx, ny = theirs->ny;
    struct sums all = {0}, band[BANDS];
    double have = 0, both = 0;
    memset(band, 0, sizeof band);
    find_shift(ours, theirs, &dx, &dy);
    unsigned char *there = calloc((size_t)(nx * ny), 1);
    unsigned *away = calloc((size_t)(nx * ny), sizeof *away);
    for (long i = 0; i < nx * ny; i++) {
        there[i] = !isnan(height(ours, i % nx + dx, i / nx + dy)) && !isnan(theirs->z[i]);
        have += !isnan(theirs->z[i]);
        both += there[i];
    }
    distances(there, nx, ny, away);
    for (long i = 0; i < nx * ny; i++) {
        int k = 0;
        if (!there[i])
            continue;
        while (away[i] * PITCH > band_ends[k])
            k++;
        double a = (double)height(ours, i % nx + dx, i / nx + dy), b = (double)theirs->z[i] * 1e6;
        add(&all, a, b);
        add(&band[k], a, b);
    }
    printf("| %s | %.3f | %.1f %% |", what, r_of(&all), 100 * both / have);
    for (int k = 0; k < BANDS; k++)
        printf(" %.3f (%.0f %%) |", r_of(&band[k]), 100 * band[k].n / all.n);
    puts("");
    free(there);
    free(away);
}

int main(int argc, char **argv)
{
    struct surface raw, theirs, made, ours;
    const char *const names[] = {"as shipped (ISO 16610)", "published width and fill"};
    if (argc != 7 || read_heights(argv[1], (uint32_t)atoi(argv[2]), (uint32_t)atoi(argv[3]), RAW_PITCH, &raw) ||
        read_heights(argv[4], (uint32_t)atoi(argv[5]), (uint32_t)atoi(argv[6]), PITCH, &theirs)) {
        fprintf(stderr, "usage: bench_prepare RAW NX NY PROCESSED NX NY\n");
        return 2;
    }
    puts("| recipe | r | of their points | to 50 um of an edge | to 100 | to 200 | to 400 | further |");
    puts("|---|---|---|---|---|---|---|---|");
    for (int i = 0; i < 2; i++) {
        struct surface_steps steps = {0};
        if (surface_prepare(&raw, i ? &surface_published : &surface_breech_face, &made, &steps, NULL))
            return 1;
        halve(&made, &ours);
        tell(names[i], &ours, &theirs);
        for (size_t k = 0; k < steps.count && !i; k++)
            fprintf(stderr, "step %d: %.6g %.6g %.6g removed %llu\n", steps.step[k].kind, steps.step[k].value[0], steps.step[k].value[1],
                steps.step[k].value[2], (unsigned long long)steps.step[k].removed);
        surface_free(&made);
        surface_free(&ours);
    }
    surface_free(&raw);
    surface_free(&theirs);
    return 0;
}
