/* The layout of a timeline: lanes of the roles, rows within a lane where spans overlap, years below. */
#include "trace/line_plot.h"
#include "base/banned.h"

#define DAY_MS INT64_C(86400000)
#define LEFT_PAD 0.07 /* room for what began before the first date */

static void widen(int64_t t, int64_t *from, int64_t *to)
{
    if (t == TIME_UNKNOWN || t == INT64_MAX)
        return;
    if (t < *from)
        *from = t;
    if (t > *to)
        *to = t;
}

static bool span_shown(const struct line_span *s)
{
    return s->role <= LINE_WHEREABOUTS;
}

static void find_range(const struct line *l, struct plot *p)
{
    int64_t from = INT64_MAX, to = INT64_MIN;
    bool open = false;
    for (size_t i = 0; i < l->span_count; i++) {
        widen(l->span[i].from, &from, &to);
        widen(l->span[i].to, &from, &to);
        open |= span_shown(&l->span[i]) && l->span[i].from == TIME_UNKNOWN;
    }
    for (size_t i = 0; i < l->step_count; i++)
        if (when_known(&l->step[i].e->happened)) {
            widen(l->step[i].e->happened.start, &from, &to);
            widen(l->step[i].e->happened.end, &from, &to);
        }
    widen(l->end, &from, &to);
    if (to - from < 30 * DAY_MS)
        from = to - 365 * DAY_MS;
    p->from = open ? from - (int64_t)((double)(to - from) * LEFT_PAD) : from;
    p->to = to;
}

double plot_x(const struct plot *p, int64_t ms)
{
    if (ms == TIME_UNKNOWN || ms <= p->from)
        return 0;
    return ms >= p->to ? 1 : (double)(ms - p->from) / (double)(p->to - p->from);
}

/* The first row of the lane that is free at x0; the last when none is. */
static int free_row(const double *taken_to, double x0)
{
    for (int r = 0; r < PLOT_ROWS; r++)
        if (taken_to[r] <= x0 + 1e-9)
            return r;
    return PLOT_ROWS - 1;
}

/* A band too short to be seen is drawn at its least width, and pushes on what follows it in its row. */
static void widen_band(struct plot_band *b, double drawn_to, double min_width)
{
    if (b->x0 < drawn_to)
        b->x0 = drawn_to;
    if (b->x1 < b->x0 + min_width)
        b->x1 = b->x0 + min_width;
    if (b->x1 > 1) {
        b->x1 = 1;
        if (b->x0 > 1 - min_width)
            b->x0 = 1 - min_width;
    }
}

static void place_lane(const struct line *l, struct plot *p, enum line_role role, double min_width)
{
    double taken_to[PLOT_ROWS] = {0}, drawn_to[PLOT_ROWS] = {0};
    int last[PLOT_ROWS] = {-1, -1, -1, -1, -1, -1}, rows = 0;
    for (size_t i = 0; i < l->span_count; i++) {
        const struct line_span *s = &l->span[i];
        if (s->role != role)
            continue;
        struct plot_band b = {.span = s, .x0 = plot_x(p, s->from), .x1 = plot_x(p, s->to), .room = 1,
            .open_left = s->from == TIME_UNKNOWN, .open_right = s->to == INT64_MAX};
        int r = free_row(taken_to, b.x0);
        taken_to[r] = b.x1;
        widen_band(&b, drawn_to[r], min_width);
        drawn_to[r] = b.x1;
        b.row = p->rows + r;
        if (last[r] >= 0)
            p->band[last[r]].room = b.x0;
        last[r] = (int)p->band_count;
        if (r + 1 > rows)
            rows = r + 1;
        p->band[p->band_count++] = b;
    }
    if (rows)
        p->lane[p->lane_count++] = (struct plot_lane){role, p->rows, rows};
    p->rows += rows;
}

static void place_ticks(struct plot *p)
{
    static const int steps[] = {1, 2, 5, 10, 20, 50, 100, 200};
    int first, last, month, day, step = 200;
    time_to_civil(p->from, &first, &month, &day);
    time_to_civil(p->to, &last, &month, &day);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if ((last - first) / steps[i] + 1 < PLOT_TICKS - 1) {
            step = steps[i];
            break;
        }
    for (int y = first - first % step; y <= last && p->tick_count < PLOT_TICKS; y += step) {
        int64_t at = time_from_civil(y, 1, 1);
        if (at < p->from)
            continue;
        p->tick[p->tick_count].year = y;
        p->tick[p->tick_count++].x = plot_x(p, at);
    }
}

bool plot_make(struct arena *a, const struct line *l, double min_width, struct plot *out)
{
    struct plot p = {.band = arena_array(a, l->span_count + 1, sizeof *p.band)};
    if (!p.band)
        return false;
    find_range(l, &p);
    for (int role = LINE_OWNER; role <= LINE_WHEREABOUTS; role++)
        place_lane(l, &p, (enum line_role)role, min_width);
    place_ticks(&p);
    *out = p;
    return true;
}
