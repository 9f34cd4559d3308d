/* A surface as a browser gets it: heights in at most TILE_POINTS points of 15 bits, differences in two byte planes, gzip. A pair stays below
 * 1.5 MB whatever the scans hold. For looking only: nothing is measured or compared on it. docs/formats/surface-tile.md. */
#ifndef BALLISTICS_TILE_H
#define BALLISTICS_TILE_H
#include "ballistics/surface.h"
#include "base/buf.h"

#define TILE_POINTS 340000u
#define TILE_STEPS 32767u
#define TILE_STEP_LEAST 4e-9 /* metres: finer steps are the instrument's noise and cost bytes */

/* Every `by`-th point in both directions the mean of the measured points of its square, missing when fewer than half are; the same
 * surface for 1. Errors of surface_make. */
enum err surface_reduce(const struct surface *s, uint32_t by, struct surface *out, struct fault *f);
/* Appends the gzip bytes. */
enum err tile_write(const struct surface *s, struct buf *out, struct fault *f);
#endif
