/* Between timeline.c (range, steps, axis) and timeline_bands.c (lanes and bands). Percent of the width for time, pixels for
 * height; `x` counts from the edge where reading begins. */
#ifndef WEB_TIMELINE_IN_H
#define WEB_TIMELINE_IN_H
#include "web/timeline.h"

#define TIMELINE_WIDTH 720.0 /* pixels: the narrowest that the style sheet allows; wider screens only gain room */
#define TIMELINE_EDGE 2.5    /* percent kept free at both sides */
#define TIMELINE_BANDS 200
#define TIMELINE_LANES 4
#define TIMELINE_ROWS 4

struct band {
    const struct node *value; /* a span, or a gap */
    int lane, row;
    double x, width;
    bool gap;
};
struct drawing {
    const struct lang *l;
    struct buf *out;
    bool rtl;
    int64_t from, to; /* milliseconds shown */
    int rows, lanes_at, height;
    size_t count;
    struct band band[TIMELINE_BANDS];
    int lane_rows[TIMELINE_LANES], lane_y[TIMELINE_LANES];
};

/* "from" -> member from_ms, else the register's text in from ("happened" -> from_ms). */
bool timeline_when(const struct node *v, const char *key, int64_t *out);
double timeline_along(const struct drawing *d, int64_t ms);
void timeline_percent(const struct drawing *d, const char *name, double v);
/* Text of a member that is a note or a plain string. */
struct slice timeline_note(const struct node *v, const char *key);

/* Bands to lanes and rows; sets height up to the axis. */
void timeline_place(struct drawing *d, const struct node *trace);
void timeline_bands(const struct drawing *d);
void timeline_lane_names(const struct drawing *d);
/* The words for the lane of a span. */
const char *timeline_lane_key(const struct node *span);
/* <ol class="lifeline">: the same spans, gaps and contradictions in words. */
void timeline_list(const struct node *trace, const struct lang *l, struct buf *out);
#endif
