/* Screening of a large collection: candidates a second, and whether true mates come first. Usage: bench_screen [SPECIMENS [MATES [FOLDER]]] (10000 40 and
 * the six scans of data/examples). Beside FOLDER lies key.csv: scan, slide.
 *
 * Specimens are generated, which is said here so that nobody takes the recall for that of a laboratory. The model: what a breech face leaves is a
 * stationary Gaussian field with the cross spectrum of two real scans of one slide, one laid on the other (what they have in common, wave by wave and direction by
 * direction; every phase drawn anew); what a firing adds is real: the residual of those two, divided by root 2, turned at random and with a random sign; both cut to
 * where the two scans were measured. So signal and noise stand as in the real pair. A mate is the same field with another residual, turned by any angle
 * and shifted by up to 150 um. The real scans of the folder are among the specimens as well, and are
 * asked for in a second run. Nothing of this is worn, faint or of another ammunition.
 *
 * Where a turned residual falls on little of the field, or outweighs it, the comparison in full cannot tell the planted mate either. How many those
 * are is told, and the recall without them: it is the sieve's own. */
#include "ballistics/batch.h"
#include "ballistics/candidates.h"
#include "ballistics/kernel.h"
#include "ballistics/share.h"
#include "ballistics/surface_resample.h"
#include "base/time.h"

#include <fftw3.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SIDE 320u
#define PITCH 12.5e-6
#define POINTS ((size_t)SIDE * SIDE)
#define HALF ((size_t)SIDE * (SIDE / 2 + 1))
#define PARENTS_MAX 128u
#define TOP 10u
#define BEST 100u
#define TOLD 12.0 /* the score from which a pair is taken for mates: docs/validation.md */

/* A real pair of one slide, laid on each other. */
struct parent {
    float *amplitude; /* of the field's spectrum, HALF */
    float *residual;  /* micrometres / root 2; NaN where not measured in both */
};
struct world {
    struct screen *screen;
    struct compare *compare;
    struct parent parent[PARENTS_MAX];
    size_t parents;
    fftwf_plan forward, back;
    size_t generated, mates;
    float **print;
    struct surface *real;
    size_t reals;
    int slide[PARENTS_MAX];
};
static unsigned threads;

/* ---- chance ---- */

static double draw(uint64_t *seed)
{
    uint64_t z = (*seed += 0x9e3779b97f4a7c15u);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (double)((z ^ z >> 31) >> 11) / 9007199254740992.0;
}

/* Two at a time: Box and Muller. */
static void normals(uint64_t *seed, float *out, size_t n)
{
    for (size_t i = 0; i + 1 < n; i += 2) {
        double r = sqrt(-2 * log(1 - draw(seed))), a = 2 * M_PI * draw(seed);
        out[i] = (float)(r * cos(a));
        out[i + 1] = (float)(r * sin(a));
    }
}

/* ---- what is real ---- */

static float at(const struct surface *s, double x, double y)
{
    double i = x / s->dx, j = y / s->dy;
    if (!(i >= 0 && j >= 0 && i < s->nx - 1 && j < s->ny - 1))
        return NAN;
    size_t k = (size_t)j * s->nx + (size_t)i;
    float u = (float)(i - floor(i)), v = (float)(j - floor(j));
    return ((1 - v) * ((1 - u) * s->z[k] + u * s->z[k + 1]) + v * ((1 - u) * s->z[k + s->nx] + u * s->z[k + s->nx + 1])) * 1e6f;
}

/* Roots of the cross spectrum, its mean over 5 x 5 waves; where that is negative they have nothing in common. */
static void spectrum_of(const struct world *w, float *a, float *b, struct parent *p)
{
    const long width = SIDE / 2 + 1;
    fftwf_complex *sa = fftwf_malloc(sizeof *sa * HALF), *sb = fftwf_malloc(sizeof *sb * HALF);
    fftwf_execute_dft_r2c(w->forward, a, sa);
    fftwf_execute_dft_r2c(w->forward, b, sb);
    for (long y = 0; y < (long)SIDE; y++)
        for (long x = 0; x < width; x++) {
            double sum = 0;
            for (long v = y - 2; v <= y + 2; v++)
                for (long u = x > 2 ? x - 2 : 0; u <= x + 2 && u < width; u++) {
                    long k = (v + (long)SIDE) % (long)SIDE * width + u;
                    sum += (double)(sa[k][0] * sb[k][0] + sa[k][1] * sb[k][1]);
                }
            p->amplitude[y * width + x] = sum > 0 ? (float)sqrt(sum) : 0;
        }
    fftwf_free(sa);
    fftwf_free(sb);
}

/* B = A's place turned and shifted as the comparison found it. Laid on each other by it; false where there is too little in common. */
static bool parent_of(struct world *w, const struct surface *a, const struct surface *b, const struct compare_result *r)
{
    struct parent *p = &w->parent[w->parents];
    double t = -r->theta * M_PI / 180, sa = 0, sb = 0, ab = 0, n = 0;
    float *za = fftwf_malloc(sizeof *za * POINTS), *zb = fftwf_malloc(sizeof *zb * POINTS);
    p->amplitude = fftwf_malloc(sizeof(float) * HALF);
    p->residual = fftwf_malloc(sizeof(float) * POINTS);
    for (size_t i = 0; i < POINTS; i++) {
        double x = ((double)(i % SIDE) - SIDE / 2.0) * PITCH, y = ((double)(i / SIDE) - SIDE / 2.0) * PITCH;
        double u = x + r->dx, v = y + r->dy;
        zb[i] = at(b, r->bx + cos(t) * u - sin(t) * v, r->by + sin(t) * u + cos(t) * v);
        za[i] = at(a, r->ax + x, r->ay + y);
        p->residual[i] = (za[i] - zb[i]) * (float)M_SQRT1_2;
        if (isnan(p->residual[i])) {
            za[i] = zb[i] = 0;
            continue;
        }
        sa += (double)za[i];
        sb += (double)zb[i];
        ab += (double)za[i] * (double)zb[i];
        n++;
    }
    double covariance = ab / n - sa / n * (sb / n), energy = 0;
    spectrum_of(w, za, zb, p);
    fftwf_free(za);
    fftwf_free(zb);
    for (size_t i = 0; i < HALF; i++)
        energy += 2 * (double)p->amplitude[i] * (double)p->amplitude[i];
    for (size_t i = 0; i < HALF; i++) /* white noise of variance 1 passed through it has this variance */
        p->amplitude[i] *= (float)sqrt(covariance * (double)POINTS / energy);
    if (!(covariance > 0) || n < POINTS / 8)
        return false;
    w->parents++;
    return true;
}

/* The slide of "NAME.x3p" by the key beside the folder; 0: the key does not say. */
static int slide_of(const char *dir, const char *name)
{
    char path[1024], line[256];
    size_t n = strcspn(name, ".");
    int slide = 0;
    snprintf(path, sizeof path, "%s/../key.csv", dir);
    FILE *key = fopen(path, "r");
    while (key && !slide && fgets(line, sizeof line, key))
        if (strncmp(line, name, n) == 0 && line[n] == ',')
            slide = atoi(line + n + 1);
    if (key)
        fclose(key);
    return slide;
}

static int read_folder(struct world *w, const char *dir)
{
    struct batch_settings set = {.compare = compare_standard, .threads = threads};
    struct batch *b;
    struct fault f = {0};
    struct compare_work *work = compare_work_new(w->compare);
    static struct compare_result r;
    if (batch_open(dir, &set, &b, &f))
        return 1;
    w->real = calloc(batch_count(b), sizeof *w->real);
    for (size_t i = 0; i < batch_count(b) && w->reals < PARENTS_MAX; i++) {
        char path[1024];
        struct x3p x;
        snprintf(path, sizeof path, "%s/%s", dir, batch_at(b, i)->name);
        if (!batch_at(b, i)->side || x3p_read_file(path, &x, &f))
            continue;
        w->slide[w->reals] = slide_of(dir, batch_at(b, i)->name);
        if (!x3p_surface(&x, X3P_AS_STATED, &w->real[w->reals], &f))
            w->reals++;
        x3p_free(&x);
    }
    for (size_t i = 0; i < w->reals; i++)
        for (size_t k = i + 1; k < w->reals && w->parents < PARENTS_MAX; k++) {
            if (!w->slide[i] || w->slide[i] != w->slide[k])
                continue;
            compare_run(w->compare, batch_at(b, i)->side, batch_at(b, k)->side, work, &r);
            parent_of(w, &w->real[i], &w->real[k], &r);
        }
    compare_work_free(work);
    batch_free(b);
    return w->parents ? 0 : 1;
}

/* ---- what is generated ---- */

struct room { /* of one thread */
    float *z;
    fftwf_complex *s;
    struct screen_work *screen;
};

/* A field by its seed: the same for a specimen and its mate. */
static void field_of(const struct world *w, const struct parent *p, uint64_t seed, struct room *r)
{
    normals(&seed, r->z, POINTS);
    fftwf_execute_dft_r2c(w->forward, r->z, r->s);
    for (size_t i = 0; i < HALF; i++) {
        r->s[i][0] *= p->amplitude[i] / (float)POINTS;
        r->s[i][1] *= p->amplitude[i] / (float)POINTS;
    }
    fftwf_execute_dft_c2r(w->back, r->s, r->z);
}

static float pick(const float *z, double x, double y)
{
    if (!(x >= 0 && y >= 0 && x < SIDE - 1 && y < SIDE - 1))
        return NAN;
    size_t k = (size_t)y * SIDE + (size_t)x;
    float u = (float)(x - floor(x)), v = (float)(y - floor(y));
    return (1 - v) * ((1 - u) * z[k] + u * z[k + 1]) + v * ((1 - u) * z[k + SIDE] + u * z[k + SIDE + 1]);
}

/* Specimen n: number n % generated of the fields; from `generated` on they are the mates of the first ones. */
static void specimen(const struct world *w, size_t n, struct room *r, struct surface *out)
{
    bool mate = n >= w->generated;
    uint64_t field = 1000003u * (uint64_t)(mate ? n - w->generated : n), own = 77777u + 31u * n;
    const struct parent *p = &w->parent[(mate ? n - w->generated : n) % w->parents];
    field_of(w, p, field, r);
    const float *residual = p->residual; /* of the same two scans: another pair's is louder or fainter than this field's own */
    double turn = 2 * M_PI * draw(&own) * mate, spin = 2 * M_PI * draw(&own), dx = (draw(&own) - .5) * 24 * mate, dy = (draw(&own) - .5) * 24 * mate;
    float sign = draw(&own) < .5 ? -1 : 1;
    surface_make(SIDE, SIDE, PITCH, PITCH, out, NULL);
    for (size_t i = 0; i < POINTS; i++) {
        double x = (double)(i % SIDE) - SIDE / 2.0, y = (double)(i / SIDE) - SIDE / 2.0;
        float noise = pick(residual, cos(spin) * x - sin(spin) * y + SIDE / 2.0, sin(spin) * x + cos(spin) * y + SIDE / 2.0);
        double u = x + dx, v = y + dy;
        float z = pick(r->z, cos(turn) * u - sin(turn) * v + SIDE / 2.0, sin(turn) * u + cos(turn) * v + SIDE / 2.0);
        out->z[i] = (z + sign * noise) * 1e-6f;
    }
}

static void *room_new(void *arg)
{
    const struct world *w = arg;
    struct room *r = calloc(1, sizeof *r);
    r->z = fftwf_malloc(sizeof *r->z * POINTS);
    r->s = fftwf_malloc(sizeof *r->s * HALF);
    r->screen = screen_work_new(w->screen);
    return r;
}

static void room_free(void *work)
{
    struct room *r = work;
    fftwf_free(r->z);
    fftwf_free(r->s);
    screen_work_free(r->screen);
    free(r);
}

static void print_job(void *arg, size_t i, void *work)
{
    const struct world *w = arg;
    struct surface s;
    w->print[i] = floats_new(screen_floats(w->screen));
    if (i < w->generated + w->mates) {
        specimen(w, i, work, &s);
        screen_print(w->screen, &s, w->print[i], NULL);
        surface_free(&s);
    } else {
        screen_print(w->screen, &w->real[i - w->generated - w->mates], w->print[i], NULL);
    }
}

/* ---- searching ---- */

struct hit {
    size_t n;
    float score;
    double cells;
};
struct search {
    const struct world *w;
    struct screen_query *query;
    struct compare_side *side;
    struct hit *hit;
    size_t count;
};

static void *search_room(void *arg)
{
    return room_new((void *)(uintptr_t)((const struct search *)arg)->w);
}

static void screen_job(void *arg, size_t i, void *work)
{
    const struct search *s = arg;
    const struct room *r = work;
    struct screen_hit h;
    screen_run(s->w->screen, s->query, s->w->print[i], r->screen, &h);
    s->hit[i] = (struct hit){i, h.score, 0};
}

static int by_screen(const void *x, const void *y)
{
    const struct hit *a = x, *b = y;
    return a->score > b->score ? -1 : a->score < b->score;
}

static int by_cells(const void *x, const void *y)
{
    const struct hit *a = x, *b = y;
    return a->cells > b->cells ? -1 : a->cells < b->cells;
}

static void cells_job(void *arg, size_t i, void *work)
{
    const struct search *s = arg;
    const struct world *w = s->w;
    struct surface made;
    struct compare_side *side;
    struct compare_result r;
    size_t n = s->hit[i].n, real = w->generated + w->mates;
    const struct surface *surface = n >= real ? &w->real[n - real] : &made;
    if (n < real)
        specimen(w, n, work, &made);
    if (!compare_side_new(w->compare, surface, &side, NULL)) {
        struct compare_work *cw = compare_work_new(w->compare);
        compare_run(w->compare, s->side, side, cw, &r);
        s->hit[i].cells = r.score;
        compare_work_free(cw);
        compare_side_free(side);
    }
    if (n < real)
        surface_free(&made);
}

static size_t place_of(const struct hit *hit, size_t n, size_t wanted)
{
    for (size_t i = 0; i < n; i++)
        if (hit[i].n == wanted)
            return i + 1;
    return SIZE_MAX;
}

struct tally {
    size_t asked, first, top, best, cells_first, cells_top, worst;
    size_t told, told_top, told_best; /* mates that the comparison in full would know */
    double screen, cells;
};

/* The score of the comparison in full; 0: nothing to compare. */
static double full_score(const struct world *w, const struct surface *a, const struct surface *b)
{
    struct compare_side *x = NULL, *y = NULL;
    struct compare_result r = {0};
    struct compare_work *work = compare_work_new(w->compare);
    if (!compare_side_new(w->compare, a, &x, NULL) && !compare_side_new(w->compare, b, &y, NULL))
        compare_run(w->compare, x, y, work, &r);
    compare_side_free(x);
    compare_side_free(y);
    compare_work_free(work);
    return r.score;
}

/* The query against all but itself; wanted: any mate of it counts (the best placed). */
static void search(const struct world *w, size_t query, const size_t *wanted, size_t mates, bool cells, struct room *room, struct tally *t)
{
    struct search s = {.w = w, .count = w->generated + w->mates + w->reals};
    struct surface made;
    size_t real = w->generated + w->mates, place = SIZE_MAX;
    const struct surface *surface = query >= real ? &w->real[query - real] : &made;
    if (query < real)
        specimen(w, query, room, &made);
    s.hit = calloc(s.count, sizeof *s.hit);
    int64_t begun = time_mono_ns();
    screen_query_new(w->screen, surface, &s.query, NULL);
    const struct share sieve = {screen_job, search_room, room_free, NULL, &s, s.count, threads};
    share_run(&sieve, NULL);
    s.hit[query].score = -1;
    qsort(s.hit, s.count, sizeof *s.hit, by_screen);
    t->screen += (double)(time_mono_ns() - begun) / 1e9;
    for (size_t i = 0; i < mates; i++) {
        size_t p = place_of(s.hit, s.count, wanted[i]);
        place = p < place ? p : place;
    }
    t->asked++;
    t->first += place == 1;
    t->top += place <= TOP;
    t->best += place <= BEST;
    t->worst = place > t->worst ? place : t->worst;
    if (cells && !compare_side_new(w->compare, surface, &s.side, NULL)) {
        begun = time_mono_ns();
        const struct share full = {cells_job, search_room, room_free, NULL, &s, BEST, threads};
        share_run(&full, NULL);
        qsort(s.hit, BEST, sizeof *s.hit, by_cells);
        t->cells += (double)(time_mono_ns() - begun) / 1e9;
        for (place = SIZE_MAX; mates--;) {
            size_t p = place_of(s.hit, BEST, wanted[mates]);
            place = p < place ? p : place;
        }
        t->cells_first += place == 1;
        t->cells_top += place <= TOP;
        compare_side_free(s.side);
    }
    screen_query_free(s.query);
    free(s.hit);
    if (query < real)
        surface_free(&made);
}

static void tell(const char *what, const struct tally *t, size_t count)
{
    double n = (double)t->asked;
    printf("| %s | %zu | %.3f | %.3f | %.3f | %zu | %.3f | %.3f | %.0f | %.2f |\n", what, t->asked, (double)t->first / n, (double)t->top / n,
        (double)t->best / n, t->worst, (double)t->cells_first / n, (double)t->cells_top / n, (double)count * n / t->screen, t->cells / n);
    if (t->told)
        printf("| of these, score in full at least %.0f | %zu | | %.3f | %.3f | | | | | |\n", TOLD, t->told, (double)t->told_top / (double)t->told,
            (double)t->told_best / (double)t->told);
    fflush(stdout);
}

static void ask_planted(const struct world *w, struct room *room, size_t count)
{
    struct tally t = {0};
    for (size_t i = 0; i < w->mates; i++) {
        size_t mate = w->generated + i, top = t.top, best = t.best;
        struct surface a, b;
        search(w, i, &mate, 1, true, room, &t);
        specimen(w, i, room, &a);
        specimen(w, mate, room, &b);
        if (full_score(w, &a, &b) >= TOLD) {
            t.told++;
            t.told_top += t.top - top;
            t.told_best += t.best - best;
        }
        surface_free(&a);
        surface_free(&b);
    }
    tell("planted mates", &t, count);
}

static void ask_real(const struct world *w, struct room *room, size_t count)
{
    struct tally t = {0};
    size_t real = w->generated + w->mates;
    for (size_t i = 0; i < w->reals; i++) {
        size_t wanted[PARENTS_MAX], n = 0;
        for (size_t k = 0; k < w->reals; k++)
            if (k != i && w->slide[k] == w->slide[i])
                wanted[n++] = real + k;
        if (n)
            search(w, real + i, wanted, n, true, room, &t);
    }
    tell("real scans", &t, count);
}

int main(int argc, char **argv)
{
    static struct world w;
    const char *dir = argc > 3 ? argv[3] : ATHAR_SOURCE_ROOT "/data/examples/ballistics-fadul/scans";
    threads = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    w.mates = argc > 2 ? strtoul(argv[2], NULL, 10) : 40;
    w.generated = argc > 1 ? strtoul(argv[1], NULL, 10) : 10000;
    float *z = fftwf_malloc(sizeof *z * POINTS);
    fftwf_complex *s = fftwf_malloc(sizeof *s * HALF);
    w.forward = fftwf_plan_dft_r2c_2d(SIDE, SIDE, z, s, FFTW_ESTIMATE);
    w.back = fftwf_plan_dft_c2r_2d(SIDE, SIDE, s, z, FFTW_ESTIMATE);
    if (w.generated < w.mates || screen_new(&w.screen, NULL) || compare_new(&compare_standard, &w.compare, NULL) || read_folder(&w, dir)) {
        fprintf(stderr, "bench_screen: no pairs of one slide in %s, or more mates than specimens\n", dir);
        return 1;
    }
    size_t count = w.generated + w.mates + w.reals;
    w.print = calloc(count, sizeof *w.print);
    int64_t begun = time_mono_ns();
    const struct share make = {print_job, room_new, room_free, NULL, &w, count, threads};
    share_run(&make, NULL);
    printf("%zu generated specimens, %zu planted mates, %zu real scans (%zu real pairs give spectra and noise); made with their prints in %.0f s on %u threads.\n",
        w.generated, w.mates, w.reals, w.parents, (double)(time_mono_ns() - begun) / 1e9, threads);
    printf("A print: %zu bytes in memory and on disk. The first %u of the sieve are compared in full, their generation included in the time.\n\n",
        screen_floats(w.screen) * sizeof(float), BEST);
    puts("| queries | asked | sieve: first | in 10 | in 100 | worst place | cells: first | in 10 | candidates/s, sieve | s, 100 in full |");
    puts("|---|---|---|---|---|---|---|---|---|---|");
    struct room *room = room_new(&w);
    ask_planted(&w, room, count);
    ask_real(&w, room, count);
    return 0;
}
