/* Which angles to look at, and where each cell fits best at each of them. */
#include "ballistics/compare_in.h"

#include <math.h>
#include "base/banned.h"

#define COARSE_SHIFT 10u /* points of the coarse pitch: half a millimetre to each side */
#define ENERGY_FLOOR 0.05f /* of a full patch at the mean energy: keeps slivers at the edge from winning */
#define SUPPRESS 2       /* points about a place that the next place may not lie in */
#define BLANK -1e30f
#define COMMON_LEAST 0.5f /* of a cell's points must be there on the other surface too */

/* ---- orientations of the whole surface ---- */

/* Largest value of a circular map at shifts of -back to 2 COARSE_SHIFT - back along both axes. */
static float coarse_peak(const float *map, size_t side, size_t back)
{
    float best = 0;
    for (size_t j = 0; j <= 2 * COARSE_SHIFT; j++) {
        const float *row = map + (j + side - back) % side * side;
        for (size_t i = 0; i <= 2 * COARSE_SHIFT; i++) {
            float v = row[(i + side - back) % side];
            best = v > best ? v : best;
        }
    }
    return best;
}

static size_t rounded(size_t n)
{
    return (n + 7) / 8 * 8;
}

/* The map of the product of conj(spectrum) with what was turned last. */
static float coarse_map(const struct compare *c, const float *spectrum, size_t back, struct compare_work *w)
{
    c->k->product(spectrum, w->spectrum, w->product, rounded(c->coarse_half));
    fftwf_execute_dft_c2r(c->coarse_back, (fftwf_complex *)(void *)w->product, w->map);
    return coarse_peak(w->map, c->coarse_side, back);
}

static void coarse_turn(const struct compare *c, const struct compare_side *b, double theta, struct compare_work *w)
{
    canvas_turn(c->k, &b->coarse, theta, &w->coarse_turned);
    fftwf_execute_dft_r2c(c->coarse_forward, w->coarse_turned.z, (fftwf_complex *)(void *)w->spectrum);
}

/* fit[i]: how well B turned by i steps fits A. Turning by 180 degrees more reverses a canvas of side n: its spectrum is conj(F(k)) exp(2 pi i k / n), so
 * that its map at shift x is that of A F at -(x + 1). So half of the angles need no turn and no transform of their own. */
static void coarse_fits(const struct compare *c, const struct compare_side *a, const struct compare_side *b, size_t count, struct compare_work *w,
    float *fit)
{
    double half = 180 / c->set.step;
    bool mirrored = fabs(half - round(half)) < 1e-9 && count == 2 * (size_t)lround(half);
    for (size_t i = 0; i < (mirrored ? count / 2 : count); i++) {
        coarse_turn(c, b, (double)i * c->set.step, w);
        fit[i] = coarse_map(c, a->coarse_spectrum, COARSE_SHIFT, w);
        if (mirrored)
            fit[i + count / 2] = coarse_map(c, a->coarse_mirror, COARSE_SHIFT + 1, w);
    }
}

static double apart(double a, double b)
{
    return fabs(remainder(a - b, 360));
}

static void add_window(const struct compare_settings *set, double middle, struct search *s)
{
    int steps = (int)floor(set->window / set->step + 1e-9);
    for (int i = -steps; i <= steps && s->angles < COMPARE_ANGLES_MAX; i++) {
        double theta = remainder(middle + i * set->step, 360);
        bool known = false;
        for (uint32_t k = 0; k < s->angles; k++)
            known |= apart(s->theta[k], theta) < set->step / 2;
        if (known)
            continue;
        s->theta[s->angles] = theta;
        s->group[s->angles++] = s->groups;
    }
    s->groups++;
}

static void add_best(const struct compare *c, const float *fit, size_t count, struct search *s)
{
    double taken[4];
    for (uint32_t k = 0; k < c->set.orientations; k++) {
        size_t best = count;
        for (size_t i = 0; i < count; i++) {
            double theta = (double)i * c->set.step;
            bool near = false;
            for (uint32_t t = 0; t < k; t++)
                near |= apart(taken[t], theta) < 2 * c->set.window;
            if (!near && (best == count || fit[i] > fit[best]))
                best = i;
        }
        if (best == count)
            return;
        taken[k] = (double)best * c->set.step;
        add_window(&c->set, taken[k], s);
    }
}

void compare_angles(const struct compare *c, const struct compare_side *a, const struct compare_side *b, struct compare_work *w)
{
    struct search *s = &w->forward;
    s->angles = s->groups = 0;
    if (c->set.turn < 180) {
        int steps = (int)floor(c->set.turn / c->set.step + 1e-9);
        for (int i = -steps; i <= steps && s->angles < COMPARE_ANGLES_MAX; i++)
            s->theta[s->angles++] = i * c->set.step;
        memset(s->group, 0, sizeof s->group);
        s->groups = 1;
    } else {
        float fit[COMPARE_ANGLES_MAX];
        size_t count = (size_t)floor(360 / c->set.step + 1e-9);
        coarse_fits(c, a, b, count, w, fit);
        add_best(c, fit, count, s);
    }
    w->back.angles = s->angles;
    w->back.groups = s->groups;
    memcpy(w->back.group, s->group, sizeof s->group);
    for (uint32_t i = 0; i < s->angles; i++)
        w->back.theta[i] = -s->theta[i];
}

/* ---- cells at one angle ---- */

/* column[x] += squares of row `add`, -= squares of row `drop`. */
static void slide(float *column, const float *add, const float *drop, size_t n)
{
    for (size_t x = 0; x < n; x++)
        column[x] += add[x] * add[x];
    if (drop)
        for (size_t x = 0; x < n; x++)
            column[x] -= drop[x] * drop[x];
}

/* weight[y][x] = 1 / root of the energy of the patch with its corner at (x, y). The floor is a share of a full patch's energy. */
static void weights(const struct compare *c, const struct compare_side *on, struct compare_work *w)
{
    const struct canvas *v = &w->turned;
    float least = (float)(on->fine.energy / (double)on->fine.points * (double)(c->patch * c->patch)) * ENERGY_FLOOR;
    memset(w->column, 0, v->stride * sizeof(float));
    for (size_t y = 0; y < v->side; y++) {
        slide(w->column, v->z + y * v->stride, y >= c->patch ? v->z + (y - c->patch) * v->stride : NULL, v->side);
        if (y + 1 >= c->patch)
            c->k->box(w->column, v->side, c->n, least, w->scratch, w->weight + (y + 1 - c->patch) * v->stride);
    }
}

static float pearson(const struct kernel_sums *s, float least)
{
    if (s->n < least || s->n < 3)
        return -1;
    float va = s->aa - s->a * s->a / s->n, vb = s->bb - s->b * s->b / s->n, cov = s->ab - s->a * s->b / s->n;
    return va > 0 && vb > 0 ? cov / sqrtf(va * vb) : -1;
}

/* Top of the parabola through three values about a peak, from -0.5 to 0.5; 0 where a neighbour is missing or blanked. */
static float between(const float *row, size_t at, size_t step, bool inside)
{
    if (!inside)
        return 0;
    float left = row[at - step], mid = row[at], right = row[at + step], bend = left - 2 * mid + right;
    if (left < BLANK / 2 || right < BLANK / 2 || !(bend < 0))
        return 0;
    float off = (left - right) / (2 * bend);
    return off < -0.5f ? -0.5f : off > 0.5f ? 0.5f : off;
}

struct peak {
    size_t x, y;
    float sub_x, sub_y;
};

/* Takes the best place out of w->weighed and blanks its neighbourhood. */
static struct peak take_best(size_t lags, struct compare_work *w)
{
    size_t by = 0, bx = 0;
    for (size_t y = 1; y < lags; y++)
        if (w->row_max[y] > w->row_max[by])
            by = y;
    const float *row = w->weighed + by * lags;
    while (bx + 1 < lags && row[bx] != w->row_max[by])
        bx++;
    size_t at = by * lags + bx;
    struct peak p = {bx, by, between(w->weighed, at, 1, bx > 0 && bx + 1 < lags), between(w->weighed, at, lags, by > 0 && by + 1 < lags)};
    for (size_t y = by > SUPPRESS ? by - SUPPRESS : 0; y <= by + SUPPRESS && y < lags; y++) {
        float *r = w->weighed + y * lags;
        for (size_t x = bx > SUPPRESS ? bx - SUPPRESS : 0; x <= bx + SUPPRESS && x < lags; x++)
            r[x] = BLANK;
        w->row_max[y] = r[0];
        for (size_t x = 1; x < lags; x++)
            w->row_max[y] = r[x] > w->row_max[y] ? r[x] : w->row_max[y];
    }
    return p;
}

static void cell_places(const struct compare *c, const struct side_cell *cell, struct compare_work *w, struct place *out)
{
    const struct canvas *v = &w->turned;
    size_t corner = c->n * cell->row * v->stride + c->n * cell->column, lags = 2 * c->n;
    if (c->direct) {
        c->k->correlate(cell->z, c->patch_stride, c->patch, v->z + corner, v->stride, lags, w->map);
    } else {
        region_forward(c, v->z + corner, w->product, w->spectrum);
        c->k->product(cell->spectrum, w->spectrum, w->product, c->half);
        region_back(c, w->product, w->spectrum, w->map);
    }
    c->k->weigh(w->map, c->direct ? lags : c->region, w->weight + corner, v->stride, lags, w->weighed, w->row_max);
    for (size_t k = 0; k < COMPARE_PLACES; k++) {
        struct peak p = take_best(lags, w);
        size_t at = corner + p.y * v->stride + p.x;
        struct kernel_sums s = c->k->sums(cell->z, c->patch_stride, v->z + at, v->stride, c->patch, c->patch_stride);
        out[k] = (struct place){pearson(&s, cell->points * COMMON_LEAST), (float)p.x + p.sub_x - (float)c->n, (float)p.y + p.sub_y - (float)c->n};
    }
}

void compare_search(const struct compare *c, const struct compare_side *cells, const struct compare_side *on, struct compare_work *w,
    struct search *s)
{
    s->cells = cells->cells;
    for (uint32_t t = 0; t < s->angles; t++) {
        canvas_turn(c->k, &on->fine, s->theta[t], &w->turned);
        weights(c, on, w);
        for (uint32_t i = 0; i < cells->cells; i++)
            cell_places(c, &cells->cell[i], w, s->at[t][i]);
    }
}
