/* Screening: a sieve before the comparison by cells. It answers in tens of microseconds how alike two whole marks are at the best turn and
 * shift, so that a collection of many thousands can be put in an order and only the first compared in full.
 *
 * A mark is described by rings about its centre: on each the heights along the circle, as Fourier coefficients (a print, kept at enrolment). A turn
 * of a mark only turns the phases of its print, so that one inverse transform of length SCREEN_ANGLES compares two marks at all turns at once.
 * Nothing needs to be kept turned: the query alone is described about each of the shifted centres that are tried, once a search.
 *
 * The figure is the largest correlation over turns and shifts in units of the root mean square over all of them: what a mark resembles
 * everywhere (a coarse wave, a slope that was left) does not count. It orders a collection and means nothing by itself. */
#ifndef BALLISTICS_SCREEN_H
#define BALLISTICS_SCREEN_H
#include "ballistics/surface.h"

#define SCREEN_RECIPE 1u          /* of the prints: another number, other prints */
#define SCREEN_ANGLES 192u       /* turns compared at once: 1.875 degrees */
#define SCREEN_SHIFT 300e-6      /* metres: centres of two marks of one firearm are found at most so far apart */

struct screen;       /* rings, shifts, plans: made once, then read by any number of threads */
struct screen_query; /* a surface about every shifted centre; immutable */
struct screen_work;  /* memory of one running search: one a thread */
struct screen_hit {
    float score;
    float theta;  /* degrees, as in compare_result: turning the specimen by so much lays it on the query */
    float dx, dy; /* metres: of the query's centre */
};

/* ERR_MEMORY. Not to be called by two threads at once (FFTW's planner). */
enum err screen_new(struct screen **out, struct fault *f);
void screen_free(struct screen *s);
size_t screen_floats(const struct screen *s); /* in a print: 64-byte aligned where it is used, of any bytes harmless */
/* The surface must be levelled and filtered. ERR_MISSING: nothing measured; ERR_MEMORY. */
enum err screen_print(const struct screen *s, const struct surface *surface, float *out, struct fault *f);
enum err screen_query_new(const struct screen *s, const struct surface *surface, struct screen_query **out, struct fault *f);
void screen_query_free(struct screen_query *q);
struct screen_work *screen_work_new(const struct screen *s); /* NULL without memory */
void screen_work_free(struct screen_work *w);
void screen_run(const struct screen *s, const struct screen_query *q, const float *print, struct screen_work *w, struct screen_hit *out);
#endif
