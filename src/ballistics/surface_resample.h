/* A surface on another grid: the mean over each new point's square (when points are coarser) or linear between points (when about as
 * fine); missing where less than half of what is asked for is there. */
#ifndef BALLISTICS_SURFACE_RESAMPLE_H
#define BALLISTICS_SURFACE_RESAMPLE_H
#include "ballistics/surface.h"

/* Point (i, j) of out is at cx + (i - (nx - 1) / 2) * pitch of `in` (metres from the centre of in's first point), y alike. */
struct resample {
    uint32_t nx, ny;
    double pitch, cx, cy;
};
/* ERR_RANGE, ERR_MEMORY as surface_make. */
enum err surface_resample(const struct surface *in, const struct resample *to, struct surface *out, struct fault *f);
/* The middle of the square around all points that are there, but for the outermost 1 in 1000 on each side: the centre of a round mark,
 * unmoved by specks. ERR_MISSING when none is. */
enum err surface_centre(const struct surface *s, double *out_x, double *out_y, struct fault *f);
#endif
