/* Local lines (Cleveland, JASA 74 (1979) 829: lowess): at each place a line through the nearest share of the points, weighed by the tricube of
 * their distance and, in further rounds, by the bisquare of their misfit, so that a left-over of a groove does not bend it. */
#ifndef BALLISTICS_LOWESS_H
#define BALLISTICS_LOWESS_H
#include "base/err.h"

/* z: n values at even places, NaN = missing, which takes no part but gets a value; span: share of n, at least three points. ERR_MEMORY. */
enum err lowess(const float *z, size_t n, double span, unsigned robust_rounds, float *out, struct fault *f);
#endif
