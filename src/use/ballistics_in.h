/* Between the files of the ballistic use cases. */
#ifndef USE_BALLISTICS_IN_H
#define USE_BALLISTICS_IN_H
#include "ballistics/compare.h"
#include "ballistics/report.h"
#include "ballistics/surface_prepare.h"
#include "use/ballistics.h"

struct use_ballistics {
    char dir[512];
    struct compare *compare; /* made once: FFTW's planner is for one thread */
};

/* A surface made ready: prepared by the standard recipe unless it already is. */
enum err pair_side(const struct use_ballistics *u, const struct surface *s, struct compare_side **out, struct fault *f);
/* *out is freed with mem_free. Errors of surface_prepare and compare_side_new. */
enum err pair_compare(const struct use_ballistics *u, const struct surface *a, const struct surface *b, struct compare_result **out, struct fault *f);
/* The count in a sentence, and with which settings. */
void pair_sentence(const struct use_ballistics *u, const struct lang *l, const struct compare_result *r, struct buf *sentence, struct buf *parameters);
/* The cells that are drawn on A or on B; how many. */
size_t pair_cells(const struct compare_result *r, double side, const struct surface *s, bool on_b, struct picture_cell out[COMPARE_CELLS_MAX]);
void pair_json(const struct use_ballistics *u, const struct lang *l, const struct compare_result *r, const struct surface *a, const struct surface *b,
    struct cj *j);
#endif
