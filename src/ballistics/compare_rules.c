/* The published rules over the places that a search found. */
#include "ballistics/compare_in.h"

#include <math.h>
#include <stdlib.h>
#include "base/banned.h"

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *v, size_t n)
{
    if (!n)
        return 0;
    qsort(v, n, sizeof *v, by_value);
    return n & 1 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* The angle at which a cell has its largest r of all angles searched; -1: found at none. */
static int best_angle(const struct search *s, uint32_t cell)
{
    int best = -1;
    for (uint32_t t = 0; t < s->angles; t++)
        if (s->at[t][cell][0].r > -1 && (best < 0 || s->at[t][cell][0].r > s->at[best][cell][0].r))
            best = (int)t;
    return best;
}

/* Of each cell, if it is of this group; else -1. So a cell that fits better about another orientation does not count here, as in a search
 * through all angles. */
static void best_angles(const struct search *s, uint8_t group, int *out)
{
    for (uint32_t i = 0; i < s->cells; i++) {
        out[i] = best_angle(s, i);
        if (out[i] >= 0 && s->group[out[i]] != group)
            out[i] = -1;
    }
}

double rule_apart(const struct search *s, double theta)
{
    double away[COMPARE_CELLS_MAX];
    size_t n = 0;
    for (uint32_t i = 0; i < s->cells; i++) {
        int best = best_angle(s, i);
        if (best >= 0)
            away[n++] = fabs(remainder(s->theta[best] - theta, 360));
    }
    return n ? median(away, n) : 180;
}

/* Medians over the cells; angles relative to the first of the group, which may lie across +-180. */
static struct pose middle_of(const struct search *s, const int *best)
{
    double theta[COMPARE_CELLS_MAX], dx[COMPARE_CELLS_MAX], dy[COMPARE_CELLS_MAX], base = 0;
    size_t n = 0;
    for (uint32_t i = 0; i < s->cells; i++) {
        if (best[i] < 0)
            continue;
        base = n ? base : s->theta[best[i]];
        theta[n] = remainder(s->theta[best[i]] - base, 360);
        dx[n] = (double)s->at[best[i]][i][0].dx;
        dy[n++] = (double)s->at[best[i]][i][0].dy;
    }
    return (struct pose){remainder(base + median(theta, n), 360), median(dx, n), median(dy, n)};
}

static void count_group(const struct compare *c, const struct search *s, uint8_t group, struct votes *out)
{
    int best[COMPARE_CELLS_MAX] = {0};
    const struct compare_settings *set = &c->set;
    double shift = set->shift / (set->cell / (double)c->n) + 1e-9;
    memset(out, 0, sizeof *out);
    best_angles(s, group, best);
    out->pose = middle_of(s, best);
    for (uint32_t i = 0; i < s->cells; i++) {
        out->at[i].r = -1;
        if (best[i] < 0)
            continue;
        const struct place *p = &s->at[best[i]][i][0];
        out->at[i] = *p;
        out->theta[i] = s->theta[best[i]];
        out->hit[i] = fabs((double)p->dx - out->pose.dx) <= shift && fabs((double)p->dy - out->pose.dy) <= shift &&
                      fabs(remainder(out->theta[i] - out->pose.theta, 360)) <= set->angle + 1e-9 && (double)p->r >= set->r;
        out->count += out->hit[i];
        out->sum_r += out->hit[i] ? (double)p->r : 0;
    }
}

void rule_original(const struct compare *c, const struct search *s, struct votes *out)
{
    struct votes v;
    memset(out, 0, sizeof *out);
    for (uint8_t g = 0; g < s->groups; g++) {
        count_group(c, s, g, &v);
        if (!g || v.count > out->count || (v.count == out->count && v.sum_r > out->sum_r))
            *out = v;
    }
}

/* ---- high rule ---- */

/* Cells near the median shift at one angle. */
static uint32_t near_median(const struct compare *c, const struct search *s, uint32_t t, bool *hit, struct pose *middle)
{
    double dx[COMPARE_CELLS_MAX], dy[COMPARE_CELLS_MAX], limit = c->set.high_shift / (c->set.cell / (double)c->n) + 1e-9;
    size_t n = 0;
    uint32_t count = 0;
    for (uint32_t i = 0; i < s->cells; i++)
        if (s->at[t][i][0].r > -1) {
            dx[n] = (double)s->at[t][i][0].dx;
            dy[n++] = (double)s->at[t][i][0].dy;
        }
    double mx = median(dx, n), my = median(dy, n);
    *middle = (struct pose){s->theta[t], mx, my};
    for (uint32_t i = 0; i < s->cells; i++) {
        const struct place *p = &s->at[t][i][0];
        hit[i] = (double)p->r >= c->set.high_r && fabs((double)p->dx - mx) <= limit && fabs((double)p->dy - my) <= limit;
        count += hit[i];
    }
    return count;
}

/* The angles of all orientations searched are one distribution: where two orientations count about the same, neither stands out. */
void rule_high(const struct compare *c, const struct search *s, struct votes *out)
{
    uint32_t most = 0, count[COMPARE_ANGLES_MAX] = {0};
    double low = INFINITY, high = -INFINITY;
    bool hit[COMPARE_CELLS_MAX];
    struct pose middle, best = {0, 0, 0};
    memset(out, 0, sizeof *out);
    for (uint32_t t = 0; t < s->angles; t++) {
        count[t] = near_median(c, s, t, hit, &middle);
        best = count[t] > most ? middle : best;
        most = count[t] > most ? count[t] : most;
    }
    for (uint32_t t = 0; most > 0 && t < s->angles; t++) {
        if (count[t] + c->set.high_tau < most)
            continue;
        double away = remainder(s->theta[t] - best.theta, 360);
        low = away < low ? away : low;
        high = away > high ? away : high;
        near_median(c, s, t, hit, &middle);
        for (uint32_t i = 0; i < s->cells; i++)
            out->hit[i] |= hit[i];
    }
    if (!(high - low <= c->set.high_angle + 1e-9)) {
        memset(out, 0, sizeof *out);
        return;
    }
    out->pose = best;
    out->pose.theta = remainder(best.theta + (low + high) / 2, 360);
    for (uint32_t i = 0; i < s->cells; i++)
        out->count += out->hit[i];
}
