/* Percent of the width for time, pixels for height. Rows from the top: numbers of the steps (as many rows as crowding needs, at
 * most STEP_ROWS), lanes, axis. Positions are computed for a width of MIN_WIDTH pixels, the narrowest the style sheet allows; wider
 * screens only gain room. */
#include "web/timeline_in.h"
#include <stdio.h>
#include "base/time.h"
#include "lang/html.h"
#include "base/banned.h"

#define STEP_ROWS 4
#define STEP_ROW 24
#define AXIS 30

/* ---- time and place ---- */

bool timeline_when(const struct node *v, const char *key, int64_t *out)
{
    char ms[24];
    struct when w;
    struct fault f;
    snprintf(ms, sizeof ms, "%s_ms", strcmp(key, "happened") == 0 ? "from" : key);
    if (node_get(v, ms)) {
        *out = node_int(v, ms, 0);
        return true;
    }
    struct slice s = node_text(v, key);
    if (!s.n || when_parse(s, key, &w, &f) != OK || !when_known(&w))
        return false;
    *out = w.start;
    return true;
}

static void widen(struct drawing *d, int64_t ms)
{
    d->from = ms < d->from ? ms : d->from;
    d->to = ms > d->to ? ms : d->to;
}

static void widen_list(struct drawing *d, const struct node *list, const char *a, const char *b)
{
    int64_t ms;
    for (const struct node *v = list ? list->first : NULL; v; v = v->next) {
        if (timeline_when(v, a, &ms))
            widen(d, ms);
        if (b && timeline_when(v, b, &ms))
            widen(d, ms);
    }
}

/* Does a span go on to the day of the view? Else the drawing ends with the last step. */
static bool lasts(const struct node *spans)
{
    for (const struct node *v = spans ? spans->first : NULL; v; v = v->next)
        if (!node_get(v, "to") && !node_get(v, "to_ms"))
            return true;
    return false;
}

static bool find_range(struct drawing *d, const struct node *trace)
{
    int64_t ms;
    d->from = INT64_MAX;
    d->to = INT64_MIN;
    widen_list(d, node_get(trace, "steps"), "happened", NULL);
    widen_list(d, node_get(trace, "spans"), "from", "to");
    widen_list(d, node_get(trace, "gaps"), "from", "to");
    if (d->from > d->to)
        return false;
    if (lasts(node_get(trace, "spans")) && timeline_when(trace, "as_of", &ms))
        widen(d, ms);
    int64_t least = 90 * INT64_C(86400000); /* a life of one day is not drawn as wide as a year */
    if (d->to - d->from < least)
        d->to = d->from + least;
    return true;
}

double timeline_along(const struct drawing *d, int64_t ms)
{
    double share = (double)(ms - d->from) / (double)(d->to - d->from);
    return TIMELINE_EDGE + share * (100 - 2 * TIMELINE_EDGE);
}

void timeline_percent(const struct drawing *d, const char *name, double v)
{
    buf_printf(d->out, " %s=\"%.2f%%\"", name, v);
}

static double left_of(const struct drawing *d, double x)
{
    return d->rtl ? 100 - x : x;
}

/* ---- steps and contradictions ---- */

/* The first row whose last number is far enough away. */
static int free_row(double last[STEP_ROWS], double x, double need)
{
    for (int i = 0; i < STEP_ROWS; i++) {
        if (x - last[i] >= need) {
            last[i] = x;
            return i;
        }
    }
    return STEP_ROWS - 1;
}

static bool troubled(const struct node *step)
{
    const struct node *list = node_get(step, "contradictions");
    return list && list->first;
}

static void draw_step(const struct drawing *d, const struct node *step, double x, int row)
{
    struct slice n = node_text(step, "n");
    double left = left_of(d, x);
    int y = (d->rows - 1 - row) * STEP_ROW + STEP_ROW / 2 + 2;
    buf_str(d->out, "<a href=\"#step-");
    html_escape(d->out, n);
    buf_printf(d->out, "\" class=\"step%s\"><title>", troubled(step) ? " act" : "");
    html_escape(d->out, n);
    buf_str(d->out, ". ");
    html_escape(d->out, timeline_note(step, "label"));
    buf_str(d->out, ", ");
    lang_date_html(d->l, d->out, node_text(step, "happened"));
    buf_str(d->out, "</title><circle r=\"10\"");
    timeline_percent(d, "cx", left);
    buf_printf(d->out, " cy=\"%d\"/><text", y);
    timeline_percent(d, "x", left);
    buf_printf(d->out, " y=\"%d\">", y + 4);
    html_escape(d->out, n);
    buf_str(d->out, "</text></a>");
}

static void draw_stem(const struct drawing *d, double x, int row)
{
    buf_str(d->out, "<line class=\"stem\"");
    timeline_percent(d, "x1", left_of(d, x));
    timeline_percent(d, "x2", left_of(d, x));
    buf_printf(d->out, " y1=\"%d\" y2=\"%d\"/>", (d->rows - 1 - row) * STEP_ROW + STEP_ROW / 2 + 2, d->height - AXIS);
}

/* Three passes: to count the rows; stems, behind the bands; numbers, before them. */
enum pass { PASS_COUNT, PASS_STEMS, PASS_NUMBERS };

static int walk_steps(const struct drawing *d, const struct node *trace, enum pass pass)
{
    const struct node *steps = node_get(trace, "steps");
    double last[STEP_ROWS] = {-100, -100, -100, -100}, need = 24 / TIMELINE_WIDTH * 100;
    int rows = 1;
    int64_t ms;
    for (const struct node *v = steps ? steps->first : NULL; v; v = v->next) {
        if (!timeline_when(v, "happened", &ms))
            continue;
        double x = timeline_along(d, ms);
        int row = free_row(last, x, need);
        rows = row + 1 > rows ? row + 1 : rows;
        if (pass == PASS_STEMS)
            draw_stem(d, x, row);
        if (pass == PASS_NUMBERS)
            draw_step(d, v, x, row);
    }
    return rows;
}

static void draw_contradictions(const struct drawing *d, const struct node *trace)
{
    const struct node *list = node_get(trace, "contradictions");
    int64_t ms;
    for (const struct node *v = list ? list->first : NULL; v; v = v->next) {
        if (!timeline_when(v, "at", &ms))
            continue;
        double x = timeline_along(d, ms), left = left_of(d, x);
        buf_str(d->out, "<line class=\"clash\"");
        timeline_percent(d, "x1", left);
        timeline_percent(d, "x2", left);
        buf_printf(d->out, " y1=\"%d\" y2=\"%d\"><title>", d->lanes_at, d->height - AXIS);
        html_escape(d->out, node_text(v, "text"));
        buf_str(d->out, "</title></line>");
    }
}

/* ---- axis ---- */

static int year_step(int years)
{
    static const int steps[] = {1, 2, 5, 10, 20, 25, 50, 100, 200};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (years / steps[i] <= 12)
            return steps[i];
    return 500;
}

static void draw_tick(const struct drawing *d, double x, int year, int month)
{
    double left = left_of(d, x);
    char date[8];
    buf_str(d->out, "<line class=\"tick\"");
    timeline_percent(d, "x1", left);
    timeline_percent(d, "x2", left);
    buf_printf(d->out, " y1=\"%d\" y2=\"%d\"/><text class=\"tick\"", d->height - AXIS, d->height - AXIS + 6);
    timeline_percent(d, "x", left);
    buf_printf(d->out, " y=\"%d\">", d->height - AXIS + 20);
    snprintf(date, sizeof date, month ? "%04d-%02d" : "%04d", year % 10000, month % 100);
    lang_date(d->l, d->out, slice_str(date));
    buf_str(d->out, "</text>");
}

static void draw_axis(const struct drawing *d)
{
    int first, last, month, day;
    time_to_civil(d->from, &first, &month, &day);
    time_to_civil(d->to, &last, &month, &day);
    buf_printf(d->out, "<line class=\"axis\" x1=\"0\" x2=\"100%%\" y1=\"%d\" y2=\"%d\"/>", d->height - AXIS, d->height - AXIS);
    int step = year_step(last - first), drawn = 0;
    for (int y = (first / step) * step; y <= last; y += step) {
        int64_t ms = time_from_civil(y, 1, 1);
        if (ms < d->from || ms > d->to)
            continue;
        draw_tick(d, timeline_along(d, ms), y, 0);
        drawn++;
    }
    for (int m = 1; drawn < 1 && m <= 12; m += 2) { /* within one year: months */
        int64_t ms = time_from_civil(first, m, 1);
        if (ms >= d->from && ms <= d->to)
            draw_tick(d, timeline_along(d, ms), first, m);
    }
}

void timeline_svg(const struct node *trace, const struct lang *l, struct buf *out)
{
    struct drawing d = {.l = l, .out = out, .rtl = lang_dir(l)[0] == 'r'};
    if (!find_range(&d, trace))
        return;
    d.rows = walk_steps(&d, trace, PASS_COUNT);
    d.lanes_at = d.rows * STEP_ROW + 6;
    timeline_place(&d, trace);
    d.height += AXIS;
    buf_printf(out, "<svg class=\"timeline\" width=\"100%%\" height=\"%d\" role=\"group\" aria-labelledby=\"timeline-title\"><title id=\"timeline-title\">", d.height);
    lang_put(l, LANG_VALUE, out, "timeline.title", NULL, 0);
    buf_str(out, "</title>");
    draw_axis(&d);
    walk_steps(&d, trace, PASS_STEMS);
    timeline_bands(&d);
    draw_contradictions(&d, trace);
    walk_steps(&d, trace, PASS_NUMBERS);
    timeline_lane_names(&d);
    buf_str(out, "</svg>");
    timeline_list(trace, l, out);
}
