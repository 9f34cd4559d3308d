/* A surface as a picture: relief under a light from one side, missing points light grey. As PNG for pages without script, as a cairo image for
 * the printed page. X runs to the right, Y down, as the points lie; never mirrored. */
#ifndef BALLISTICS_PICTURE_H
#define BALLISTICS_PICTURE_H
#include "ballistics/surface.h"
#include "base/buf.h"
#include <cairo.h>

#define PICTURE_SIDE_MAX 1200u

struct picture_cell { /* a square of a comparison, metres and degrees (X towards Y) on this surface */
    double x, y, side, turn;
    unsigned number;
    bool close; /* counted by the score: drawn strong */
};
struct picture_ask {
    unsigned side;        /* the longer side, pixels; at most PICTURE_SIDE_MAX */
    double light, height; /* where the light comes from: degrees clockwise from the top, and above the plane */
    double turn;          /* degrees, clockwise on the page, about the middle */
    bool with_cut;        /* the line of a profile is drawn across the page... */
    double cut;           /* ...at this height, -1 the top to 1 the bottom */
    const struct picture_cell *cell;
    size_t cells;
};
/* To be destroyed with cairo_surface_destroy. ERR_RANGE, ERR_MEMORY. */
enum err picture_make(const struct surface *s, const struct picture_ask *ask, cairo_surface_t **out, struct fault *f);
/* Heights along the line of the cut (metres; NaN where missing), n of them from the left edge of the page to the right. */
void picture_profile(const struct surface *s, double turn, double cut, float *z, size_t n);
enum err picture_png(const struct surface *s, const struct picture_ask *ask, struct buf *out, struct fault *f);
#endif
