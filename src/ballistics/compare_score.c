/* Our score: the rigid pose that both directions support best. Each of the best single places proposes a pose (angle, shift); a cell
 * supports a pose when one of its best places at the nearest angle lies within CLOSE of where the pose puts it. Unlike medians this
 * needs no majority of right cells, keeps second and third places, and follows a turn between two angles of the search, so that the
 * tolerance is a quarter of the published ones: chance agreement falls with its square. */
#include "ballistics/compare_in.h"

#include <math.h>
#include "base/banned.h"

#define SEEDS 40u        /* places that propose, a group and direction */
#define CLOSE 37.5e-6     /* metres */
#define BETWEEN 1.0      /* degrees between the turns tried about an angle of the search */
#define REFINE 3
#define ALIKE 0.998 /* r^2 above which it is the same scan: no gain without end */
#define KEEP 0.99 /* a least-squares pose is better than a proposed one even at so much less support */

struct spot { /* a cell's centre, points from the middle */
    double x, y;
};
struct view { /* one direction */
    const struct search *s;
    double close, step; /* points, degrees */
    struct spot centre[COMPARE_CELLS_MAX];
    double weight[COMPARE_CELLS_MAX];
};
struct seed {
    uint32_t angle, cell;
    float r;
};

static struct spot turn(struct spot p, double degrees)
{
    double t = degrees * M_PI / 180, cs = cos(t), sn = sin(t);
    return (struct spot){cs * p.x - sn * p.y, sn * p.x + cs * p.y};
}

static void view_of(const struct compare *c, const struct compare_side *side, const struct search *s, struct view *out)
{
    double mid = (double)(c->side - 1) / 2;
    out->s = s;
    out->close = CLOSE / (c->set.cell / (double)c->n);
    out->step = c->set.step;
    for (uint32_t i = 0; i < side->cells; i++) {
        out->centre[i] = (struct spot){(double)c->n * (side->cell[i].column + 1.5) - mid, (double)c->n * (side->cell[i].row + 1.5) - mid};
        out->weight[i] = (double)side->cell[i].points / (double)(c->patch * c->patch);
    }
}

/* The same relation seen from the other surface. */
static struct pose other_way(struct pose p)
{
    struct spot s = turn((struct spot){p.dx, p.dy}, -p.theta);
    return (struct pose){-p.theta, -s.x, -s.y};
}

static uint32_t nearest_angle(const struct search *s, double theta)
{
    uint32_t best = 0;
    for (uint32_t t = 1; t < s->angles; t++)
        if (fabs(remainder(s->theta[t] - theta, 360)) < fabs(remainder(s->theta[best] - theta, 360)))
            best = t;
    return best;
}

/* Twice the gain in log-likelihood per independent point of a fit with correlation r over one with none (bivariate normal). */
static double gain_of(float r)
{
    return r > 0 ? -log(1 - fmin((double)(r * r), ALIKE)) : 0;
}

/* Support of one direction for a pose; fills votes when asked. */
static double support(const struct view *v, struct pose pose, struct votes *out)
{
    const double close = v->close;
    uint32_t t = nearest_angle(v->s, pose.theta);
    double delta = remainder(v->s->theta[t] - pose.theta, 360), a = delta * M_PI / 180, cs = cos(a), sn = sin(a), sum = 0;
    if (fabs(delta) > v->step)
        return 0;
    for (uint32_t i = 0; i < v->s->cells; i++) {
        struct spot p = v->centre[i], q = {p.x + pose.dx, p.y + pose.dy};
        double dx = cs * q.x - sn * q.y - p.x, dy = sn * q.x + cs * q.y - p.y, best = 0;
        for (size_t k = 0; k < COMPARE_PLACES; k++) {
            const struct place *at = &v->s->at[t][i][k];
            double ex = (double)at->dx - dx, ey = (double)at->dy - dy, gain;
            if (at->r <= 0 || ex * ex + ey * ey > close * close || (gain = v->weight[i] * gain_of(at->r)) <= best)
                continue;
            best = gain;
            if (out) {
                out->hit[i] = true;
                out->at[i] = *at;
                out->theta[i] = v->s->theta[t];
            }
        }
        sum += best;
        if (out && best > 0)
            out->count++;
    }
    return sum;
}

static struct pose pose_of(const struct view *v, const struct seed *s, double delta)
{
    const struct place *at = &v->s->at[s->angle][s->cell][0];
    struct spot p = v->centre[s->cell], q = turn((struct spot){p.x + (double)at->dx, p.y + (double)at->dy}, -delta);
    return (struct pose){v->s->theta[s->angle] - delta, q.x - p.x, q.y - p.y};
}

/* The SEEDS first places with the largest r in one group, best first. */
static size_t seeds_of(const struct search *s, uint8_t group, struct seed *out)
{
    size_t n = 0;
    for (uint32_t t = 0; t < s->angles; t++)
        for (uint32_t i = 0; s->group[t] == group && i < s->cells; i++) {
            float r = s->at[t][i][0].r;
            if (r <= 0 || (n == SEEDS && r <= out[n - 1].r))
                continue;
            size_t k = n < SEEDS ? n++ : n - 1;
            for (; k > 0 && out[k - 1].r < r; k--)
                out[k] = out[k - 1];
            out[k] = (struct seed){t, i, r};
        }
    return n;
}

static void propose(const struct view *mine, const struct view *other, bool back, struct close_fit *best)
{
    struct seed seed[SEEDS];
    for (uint8_t g = 0; g < mine->s->groups; g++) {
        size_t n = seeds_of(mine->s, g, seed);
        for (size_t i = 0; i < n; i++)
            for (int d = -1; d <= 1; d++) {
                struct pose p = pose_of(mine, &seed[i], d * BETWEEN);
                double score = support(mine, p, NULL) + support(other, other_way(p), NULL);
                if (score > best->score) {
                    best->score = score;
                    best->pose = back ? other_way(p) : p;
                }
            }
    }
}

/* Sums of a weighted rigid fit of places on B, in its own frame, to places on A. */
struct fit_sums {
    double w, px, py, qx, qy, dot, cross;
};

static void fit_add(struct fit_sums *f, struct spot p, struct spot q, double w)
{
    f->w += w;
    f->px += w * p.x;
    f->py += w * p.y;
    f->qx += w * q.x;
    f->qy += w * q.y;
    f->dot += w * (p.x * q.x + p.y * q.y);
    f->cross += w * (p.x * q.y - p.y * q.x);
}

/* Pairs of points (on A, on B) of both directions. */
static void fit_votes(const struct view *v, const struct votes *votes, bool back, struct fit_sums *f)
{
    for (uint32_t i = 0; i < v->s->cells; i++) {
        if (!votes->hit[i])
            continue;
        struct spot p = v->centre[i], on = {p.x + (double)votes->at[i].dx, p.y + (double)votes->at[i].dy};
        struct spot q = turn(on, -votes->theta[i]);
        fit_add(f, back ? q : p, back ? p : q, v->weight[i] * (double)votes->at[i].r);
    }
}

/* B = R(-theta)(A + shift) in the least-squares sense. */
static struct pose fit_pose(const struct fit_sums *f)
{
    double dot = f->dot - (f->px * f->qx + f->py * f->qy) / f->w, cross = f->cross - (f->px * f->qy - f->py * f->qx) / f->w;
    double theta = -atan2(cross, dot) * 180 / M_PI;
    struct spot q = turn((struct spot){f->qx / f->w, f->qy / f->w}, theta);
    return (struct pose){theta, q.x - f->px / f->w, q.y - f->py / f->w};
}

static void vote(const struct view *a, const struct view *b, struct pose pose, struct close_fit *out)
{
    memset(out, 0, sizeof *out);
    out->pose = pose;
    out->score = support(a, pose, &out->forward) + support(b, other_way(pose), &out->back);
}

void rule_close(const struct compare *c, const struct compare_side *a, const struct compare_side *b, const struct compare_work *w,
    struct close_fit *out)
{
    struct view va, vb;
    struct close_fit next;
    view_of(c, a, &w->forward, &va);
    view_of(c, b, &w->back, &vb);
    memset(out, 0, sizeof *out);
    propose(&va, &vb, false, out);
    propose(&vb, &va, true, out);
    vote(&va, &vb, out->pose, out);
    for (int i = 0; i < REFINE && out->forward.count + out->back.count >= 3; i++) {
        struct fit_sums f = {0};
        fit_votes(&va, &out->forward, false, &f);
        fit_votes(&vb, &out->back, true, &f);
        vote(&va, &vb, fit_pose(&f), &next);
        if (next.score < out->score * KEEP)
            return;
        *out = next;
    }
}
