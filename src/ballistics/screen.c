#include "ballistics/screen.h"
#include "ballistics/kernel.h"
#include "ballistics/surface_resample.h"
#include "base/arena.h"

#include <fftw3.h>
#include <math.h>
#include "base/banned.h"

#define PITCH 25e-6      /* of the picture that rings are read from */
#define SIDE 177u        /* points: the outermost ring about the furthest centre lies within */
#define RINGS 30u
#define RING_FIRST 350e-6
#define RING_STEP 50e-6
#define WAVE 120e-6      /* shortest wave that is kept along a circle */
#define AROUND 512u      /* points read on a circle */
#define THICK 2          /* circles read for a ring */
#define HARMONICS (SCREEN_ANGLES / 2)
#define BLOCKS (HARMONICS / KERNEL_LANES)
#define SHIFT_STEP 50e-6
#define SHIFTS_MAX 256u

struct shift {
    float x, y; /* metres */
};
struct screen {
    const struct kernels *k;
    uint32_t first[BLOCKS]; /* first ring whose circle holds waves of that block */
    size_t floats;
    struct shift shift[SHIFTS_MAX];
    size_t shifts;
    float cs[AROUND], sn[AROUND]; /* of the places on a circle */
    fftwf_plan around; /* RINGS circles at once */
    fftwf_plan back;   /* all shifts at once: split spectra to SCREEN_ANGLES */
};
struct screen_query {
    float *print; /* shifts, one behind the other */
};
struct screen_work {
    float *re, *im; /* a shift: HARMONICS + 1, the last one 0 */
    float *turn;    /* a shift: SCREEN_ANGLES */
};
struct rings { /* scratch of describing */
    float *circle, *spectrum;
};

#define SPECTRUM (AROUND / 2 + 1)
#define BINS (HARMONICS + 1)

/* ---- made once ---- */

static double radius_of(uint32_t ring)
{
    return RING_FIRST + ring * RING_STEP;
}

static void layout(struct screen *s)
{
    for (uint32_t b = 0; b < BLOCKS; b++) {
        while (s->first[b] < RINGS - 1 && 2 * M_PI * radius_of(s->first[b]) / WAVE <= b * KERNEL_LANES)
            s->first[b]++;
        s->first[b] &= ~1u; /* the kernel takes rings in pairs */
        s->floats += (size_t)(RINGS - s->first[b]) * 2 * KERNEL_LANES;
    }
    for (uint32_t a = 0; a < AROUND; a++) {
        s->cs[a] = (float)cos(2 * M_PI * a / AROUND);
        s->sn[a] = (float)sin(2 * M_PI * a / AROUND);
    }
    int reach = (int)floor(SCREEN_SHIFT / SHIFT_STEP + 1e-9);
    for (int j = -reach; j <= reach; j++)
        for (int i = -reach; i <= reach; i++)
            if (i * i + j * j <= reach * reach && s->shifts < SHIFTS_MAX)
                s->shift[s->shifts++] = (struct shift){(float)(i * SHIFT_STEP), (float)(j * SHIFT_STEP)};
}

static void rings_end(struct rings *r)
{
    floats_free(r->circle);
    floats_free(r->spectrum);
}

static bool rings_begin(struct rings *r)
{
    r->circle = floats_new((size_t)AROUND * RINGS);
    r->spectrum = floats_new((size_t)2 * SPECTRUM * RINGS);
    return r->circle && r->spectrum;
}

static bool plans_make(struct screen *s)
{
    struct rings r = {0};
    struct screen_work *w = screen_work_new(s);
    bool ok = rings_begin(&r) && w;
    if (ok) {
        int around = AROUND;
        fftwf_iodim n = {SCREEN_ANGLES, 1, 1}, many = {(int)s->shifts, BINS, SCREEN_ANGLES};
        s->around = fftwf_plan_many_dft_r2c(1, &around, RINGS, r.circle, NULL, 1, AROUND, (fftwf_complex *)(void *)r.spectrum, NULL, 1, SPECTRUM,
            FFTW_ESTIMATE);
        s->back = fftwf_plan_guru_split_dft_c2r(1, &n, 1, &many, w->re, w->im, w->turn, FFTW_ESTIMATE);
        ok = s->around && s->back;
    }
    rings_end(&r);
    screen_work_free(w);
    return ok;
}

enum err screen_new(struct screen **out, struct fault *f)
{
    struct screen *s = mem_alloc(1, sizeof *s);
    if (s) {
        s->k = ballistics_kernels();
        layout(s);
    }
    if (!s || !plans_make(s)) {
        screen_free(s);
        return fault_set(f, ERR_MEMORY, "screen", SLICE(""), "");
    }
    *out = s;
    return OK;
}

void screen_free(struct screen *s)
{
    if (!s)
        return;
    if (s->around)
        fftwf_destroy_plan(s->around);
    if (s->back)
        fftwf_destroy_plan(s->back);
    mem_free(s);
}

size_t screen_floats(const struct screen *s)
{
    return s->floats;
}

struct screen_work *screen_work_new(const struct screen *s)
{
    struct screen_work *w = mem_alloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->re = floats_new(s->shifts * BINS + KERNEL_LANES);
    w->im = floats_new(s->shifts * BINS + KERNEL_LANES);
    w->turn = floats_new(s->shifts * SCREEN_ANGLES);
    if (w->re && w->im && w->turn)
        return w;
    screen_work_free(w);
    return NULL;
}

void screen_work_free(struct screen_work *w)
{
    if (!w)
        return;
    floats_free(w->re);
    floats_free(w->im);
    floats_free(w->turn);
    mem_free(w);
}

/* ---- describing a surface ---- */

/* The surface at PITCH about its centre: micrometres about their mean, 0 where missing. */
static enum err picture_of(const struct surface *in, struct surface *out, struct fault *f)
{
    double x, y, sum = 0;
    size_t n = 0;
    enum err e = surface_centre(in, &x, &y, f);
    struct resample to = {SIDE, SIDE, PITCH, x, y};
    if (!e)
        e = surface_resample(in, &to, out, f);
    if (e)
        return e;
    for (size_t i = 0; i < surface_points(out); i++)
        if (!isnan(out->z[i])) {
            sum += (double)out->z[i];
            n++;
        }
    float mean = n ? (float)(sum / (double)n) : 0;
    for (size_t i = 0; i < surface_points(out); i++)
        out->z[i] = isnan(out->z[i]) ? 0 : (out->z[i] - mean) * 1e6f;
    return OK;
}

/* Within the picture: SIDE sees to that. */
static float between(const float *z, float x, float y)
{
    uint32_t i = (uint32_t)x, j = (uint32_t)y;
    float u = x - (float)i, v = y - (float)j;
    const float *p = z + j * SIDE + i;
    float above = p[0] + u * (p[1] - p[0]), below = p[SIDE] + u * (p[SIDE + 1] - p[SIDE]);
    return above + v * (below - above);
}

_Static_assert(350 + RINGS * 50 + 300 < (SIDE - 3) / 2 * 25, "micrometres: the furthest ring about the furthest centre lies within the picture");

static void read_circles(const struct screen *s, const struct surface *picture, struct shift about, float *circle)
{
    const float mid = (SIDE - 1) / 2.0f, x0 = mid + about.x / (float)PITCH, y0 = mid + about.y / (float)PITCH;
    memset(circle, 0, sizeof(float) * AROUND * RINGS);
    for (uint32_t i = 0; i < RINGS * THICK; i++) {
        float r = (float)((radius_of(i / THICK) + ((i % THICK + 0.5) / THICK - 0.5) * RING_STEP) / PITCH);
        float *to = circle + (size_t)(i / THICK) * AROUND;
        for (uint32_t a = 0; a < AROUND; a++)
            to[a] += between(picture->z, x0 + r * s->cs[a], y0 + r * s->sn[a]);
    }
}

/* A ring weighs by the root of its length, so that a product of two prints sums over areas; a wave by its number along the circle, as in a picture
 * of slopes: heights are mostly long waves, which all breech faces have, and one of them would outweigh all that tells them apart. */
static float weight_of(uint32_t ring, uint32_t m)
{
    float r = (float)(radius_of(ring) * 1e3);
    return sqrtf(r) * (float)m / r;
}

/* Blocks of KERNEL_LANES harmonics, in each the rings that have them: real parts, then imaginary. All of energy 1. */
static void print_of(const struct screen *s, const struct surface *picture, struct shift about, struct rings *r, float *out)
{
    double energy = 0;
    float *at = out;
    read_circles(s, picture, about, r->circle);
    fftwf_execute_dft_r2c(s->around, r->circle, (fftwf_complex *)(void *)r->spectrum);
    for (uint32_t b = 0; b < BLOCKS; b++)
        for (uint32_t i = s->first[b]; i < RINGS; i++, at += 2 * KERNEL_LANES) {
            for (uint32_t h = 0; h < KERNEL_LANES; h++) {
                uint32_t m = b * KERNEL_LANES + h;
                float weight = weight_of(i, m);
                bool kept = m > 0 && m < 2 * M_PI * radius_of(i) / WAVE;
                const float *z = r->spectrum + 2 * ((size_t)i * SPECTRUM + m);
                at[h] = kept ? weight * z[0] : 0;
                at[KERNEL_LANES + h] = kept ? weight * z[1] : 0;
                energy += (double)(at[h] * at[h] + at[KERNEL_LANES + h] * at[KERNEL_LANES + h]);
            }
        }
    float scale = energy > 0 ? (float)(1 / sqrt(energy)) : 0;
    for (size_t i = 0; i < s->floats; i++)
        out[i] *= scale;
}

static enum err describe(const struct screen *s, const struct surface *in, const struct shift *about, size_t count, float *out, struct fault *f)
{
    struct rings r = {0};
    struct surface picture;
    enum err e = picture_of(in, &picture, f);
    if (e)
        return e;
    if (!rings_begin(&r))
        e = fault_set(f, ERR_MEMORY, "screen", SLICE(""), "");
    for (size_t i = 0; !e && i < count; i++)
        print_of(s, &picture, about[i], &r, out + i * s->floats);
    rings_end(&r);
    surface_free(&picture);
    return e;
}

enum err screen_print(const struct screen *s, const struct surface *surface, float *out, struct fault *f)
{
    const struct shift none = {0, 0};
    return describe(s, surface, &none, 1, out, f);
}

enum err screen_query_new(const struct screen *s, const struct surface *surface, struct screen_query **out, struct fault *f)
{
    struct screen_query *q = mem_alloc(1, sizeof *q);
    enum err e = q && (q->print = floats_new(s->floats * s->shifts)) ? OK : fault_set(f, ERR_MEMORY, "screen", SLICE(""), "");
    if (!e)
        e = describe(s, surface, s->shift, s->shifts, q->print, f);
    if (e)
        screen_query_free(q);
    else
        *out = q;
    return e;
}

void screen_query_free(struct screen_query *q)
{
    if (!q)
        return;
    floats_free(q->print);
    mem_free(q);
}

/* ---- one specimen ---- */

static void products(const struct screen *s, const float *query, const float *print, float *re, float *im)
{
    for (uint32_t b = 0; b < BLOCKS; b++) {
        size_t rings = RINGS - s->first[b], n = rings * 2 * KERNEL_LANES;
        s->k->rings(query, print, rings, re + b * KERNEL_LANES, im + b * KERNEL_LANES);
        query += n;
        print += n;
    }
    re[HARMONICS] = im[HARMONICS] = 0;
}

static size_t best_of(const float *v, size_t n, float *out_squares)
{
    size_t best = 0;
    float sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += v[i] * v[i];
        best = v[i] > v[best] ? i : best;
    }
    *out_squares = sum;
    return best;
}

void screen_run(const struct screen *s, const struct screen_query *q, const float *print, struct screen_work *w, struct screen_hit *out)
{
    double squares = 0;
    size_t at = 0, n = s->shifts * SCREEN_ANGLES;
    for (size_t i = 0; i < s->shifts; i++)
        products(s, q->print + i * s->floats, print, w->re + i * BINS, w->im + i * BINS);
    fftwf_execute_split_dft_c2r(s->back, w->re, w->im, w->turn);
    for (size_t i = 0; i < s->shifts; i++) {
        float sum;
        size_t best = best_of(w->turn + i * SCREEN_ANGLES, SCREEN_ANGLES, &sum);
        squares += (double)sum;
        at = w->turn[i * SCREEN_ANGLES + best] > w->turn[at] ? i * SCREEN_ANGLES + best : at;
    }
    double rms = sqrt(squares / (double)n);
    struct shift shift = s->shift[at / SCREEN_ANGLES];
    *out = (struct screen_hit){rms > 0 ? (float)((double)w->turn[at] / rms) : 0,
        (float)remainder((double)(at % SCREEN_ANGLES) * 360 / SCREEN_ANGLES, 360), shift.x, shift.y};
}
