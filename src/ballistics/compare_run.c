/* One comparison from end to end: search, rules, result. */
#include "ballistics/compare_in.h"
#include "base/time.h"

#include <math.h>
#include "base/banned.h"

struct point {
    double x, y;
};

static struct point turned(struct point p, double degrees)
{
    double t = degrees * M_PI / 180;
    return (struct point){cos(t) * p.x - sin(t) * p.y, sin(t) * p.x + cos(t) * p.y};
}

/* A cell's centre from the middle of the canvas, in points. */
static struct point centre_of(const struct compare *c, const struct side_cell *cell)
{
    double mid = (double)(c->side - 1) / 2;
    return (struct point){(double)c->n * (cell->column + 1.5) - mid, (double)c->n * (cell->row + 1.5) - mid};
}

/* Where on the other surface a place lies that was found on that surface turned by theta. */
static struct point found_at(struct point centre, const struct place *p, double theta)
{
    return turned((struct point){centre.x + (double)p->dx, centre.y + (double)p->dy}, -theta);
}

static void cell_result(const struct compare *c, const struct compare_side *a, const struct compare_side *b, uint32_t i,
    const struct votes *original, const struct votes *high, const struct close_fit *fit, struct compare_cell *out)
{
    const struct side_cell *cell = &a->cell[i];
    const struct votes *from = fit->forward.hit[i] ? &fit->forward : original;
    struct point p = centre_of(c, cell), q = found_at(p, &from->at[i], from->theta[i]);
    double pitch = c->set.cell / (double)c->n;
    *out = (struct compare_cell){.column = cell->column, .row = cell->row, .original = original->hit[i], .high = high->hit[i],
        .close = fit->forward.hit[i], .r = from->at[i].r, .theta = (float)from->theta[i], .ax = (float)(a->cx + p.x * pitch),
        .ay = (float)(a->cy + p.y * pitch), .bx = (float)(b->cx + q.x * pitch), .by = (float)(b->cy + q.y * pitch)};
}

/* High cells of A, and those of B whose place on A (by the pose) no counted cell of A covers. */
static uint32_t high_union(const struct compare *c, const struct compare_side *a, const struct compare_side *b, const struct votes *fa,
    const struct votes *fb, const struct pose *pose)
{
    bool taken[COMPARE_CELLS_MAX] = {false};
    uint32_t count = fa->count, grid = c->set.grid;
    double mid = (double)(c->side - 1) / 2;
    for (uint32_t i = 0; i < a->cells; i++)
        taken[a->cell[i].row * grid + a->cell[i].column] = fa->hit[i];
    for (uint32_t i = 0; i < b->cells; i++) {
        struct point q = turned(centre_of(c, &b->cell[i]), pose->theta);
        double x = floor((q.x - pose->dx + mid) / (double)c->n - 1), y = floor((q.y - pose->dy + mid) / (double)c->n - 1);
        if (!fb->hit[i] || x < 0 || y < 0 || x >= grid || y >= grid || taken[(size_t)y * grid + (size_t)x])
            continue;
        taken[(size_t)y * grid + (size_t)x] = true;
        count++;
    }
    return count;
}

static double apart(double a, double b)
{
    return fabs(remainder(a - b, 360));
}

/* The two directions must see opposite turns within one step of the search, and so must the closest pose. And the original rule must see the same
 * turn: the angles at which the cells, each by itself, fit best of all that were searched. Published uses ask for the median of those angles; over a
 * full turn that means nothing, but that most of them lie near the high ones does. Without it the coarse orientations, by which the angles
 * searched were chosen, agree with themselves. */
static bool agree(const struct compare *c, const struct compare_work *w, const struct votes *fa, const struct votes *fb, const struct pose *pose)
{
    double step = c->set.step + 1e-9, most = c->set.high_angle + 1e-9;
    return fa->count && fb->count && apart(fa->pose.theta, -fb->pose.theta) <= step && apart(fa->pose.theta, pose->theta) <= step &&
           rule_apart(&w->forward, fa->pose.theta) <= most && rule_apart(&w->back, fb->pose.theta) <= most;
}

static void counts(const struct compare *c, const struct compare_side *a, const struct compare_side *b, struct compare_work *w,
    const struct close_fit *fit, struct compare_result *out)
{
    struct votes *oa = &w->votes[0], *ob = &w->votes[1], *ha = &w->votes[2], *hb = &w->votes[3];
    rule_original(c, &w->forward, oa);
    rule_original(c, &w->back, ob);
    rule_high(c, &w->forward, ha);
    rule_high(c, &w->back, hb);
    out->cmc_forward = oa->count;
    out->cmc_back = ob->count;
    out->cmc = oa->count < ob->count ? oa->count : ob->count;
    out->cmc_r = oa->sum_r < ob->sum_r ? oa->sum_r : ob->sum_r;
    bool high = agree(c, w, ha, hb, &fit->pose);
    out->cmc_high = high ? high_union(c, a, b, ha, hb, &fit->pose) : out->cmc;
    for (uint32_t i = 0; i < a->cells; i++)
        cell_result(c, a, b, i, oa, high ? ha : oa, fit, &out->cell[i]);
}

void compare_run(const struct compare *c, const struct compare_side *a, const struct compare_side *b, struct compare_work *w,
    struct compare_result *out)
{
    int64_t begun = time_mono_ns();
    double pitch = c->set.cell / (double)c->n;
    struct close_fit *fit = &w->fit;
    memset(out, 0, sizeof *out);
    compare_angles(c, a, b, w);
    compare_search(c, a, b, w, &w->forward);
    compare_search(c, b, a, w, &w->back);
    rule_close(c, a, b, w, fit);
    counts(c, a, b, w, fit, out);
    out->cells = a->cells;
    out->cells_reverse = b->cells;
    out->close = fit->forward.count < fit->back.count ? fit->forward.count : fit->back.count;
    out->score = fit->score;
    out->theta = remainder(fit->pose.theta, 360);
    out->dx = fit->pose.dx * pitch;
    out->dy = fit->pose.dy * pitch;
    out->ax = a->cx;
    out->ay = a->cy;
    out->bx = b->cx;
    out->by = b->cy;
    out->nanos = time_mono_ns() - begun;
}
