/* Where everything of a timeline stands, before it is drawn on the printed page. Times map to 0..1 from the earliest to the
 * end of the line; the drawing multiplies by its width and, in a right-to-left language, mirrors. */
#ifndef TRACE_LINE_PLOT_H
#define TRACE_LINE_PLOT_H
#include "trace/line.h"

#define PLOT_LANES 4   /* LINE_OWNER to LINE_WHEREABOUTS */
#define PLOT_TICKS 12
#define PLOT_ROWS 6    /* rows a lane may take; what does not fit shares the last */

struct plot_band {
    const struct line_span *span;
    double x0, x1;     /* 0..1 */
    double room;       /* to the next band of its row, or 1: what a label may use */
    int row;           /* from 0, over all lanes */
    bool open_left, open_right;
};
struct plot_lane {
    enum line_role role;
    int first_row, rows;
};
struct plot {
    int64_t from, to;
    size_t band_count, lane_count, tick_count;
    struct plot_band *band;
    struct plot_lane lane[PLOT_LANES]; /* only those that hold something, in order */
    int rows;
    struct {
        int year;
        double x;
    } tick[PLOT_TICKS];
};
/* min_width: the least width of a band, as a share of the whole. False without memory. */
bool plot_make(struct arena *a, const struct line *l, double min_width, struct plot *out);
double plot_x(const struct plot *p, int64_t ms);
#endif
