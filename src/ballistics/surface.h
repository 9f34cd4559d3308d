/* A surface: heights over a grid of even pitch, as a microscope measured a cartridge case or a bullet. Heights are kept as a
 * float beside an offset in double, because files give heights of some micrometres upon an offset of several millimetres. */
#ifndef BALLISTICS_SURFACE_H
#define BALLISTICS_SURFACE_H
#include "base/err.h"

#define SURFACE_SIDE_MAX 32768u
#define SURFACE_POINTS_MAX ((size_t)1 << 26) /* 256 MiB of heights: 8192 by 8192 points */

struct surface {
    uint32_t nx, ny;
    double dx, dy; /* pitch, metres */
    double z0;     /* removed offset, metres: height = z0 + z */
    float *z;      /* nx*ny, X fastest, metres, NaN = missing; owned */
};

/* Empty: nothing to free yet, surface_free may follow. */
void surface_init(struct surface *s);
/* All points missing, z0 0. ERR_RANGE when a side is 0 or above SURFACE_SIDE_MAX, there are more points than SURFACE_POINTS_MAX, or a
 * pitch is not a finite number above 0; ERR_MEMORY. *out is written on success only and then owns its heights. */
enum err surface_make(uint32_t nx, uint32_t ny, double dx, double dy, struct surface *out, struct fault *f);
/* Frees the heights and leaves an empty surface; NULL is accepted. */
void surface_free(struct surface *s);

static inline size_t surface_points(const struct surface *s)
{
    return (size_t)s->nx * s->ny;
}
#endif
