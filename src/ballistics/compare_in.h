/* Inside of the comparer. Nobody outside src/ballistics includes this.
 *
 * Geometry, in points of the working pitch: n = points along a cell. The canvas is a square of (grid + 2) * n + 1 points about the centre
 * of the mark; cell (i, j) is the (n + 1) x (n + 1) patch whose corner is (n + i n, n + j n); its region on the other surface is 3 n x 3 n
 * from (i n, j n), so that a shift d = 0 .. 2 n - 1 along each axis means a displacement of d - n points and nothing wraps around. */
#ifndef BALLISTICS_COMPARE_IN_H
#define BALLISTICS_COMPARE_IN_H
#define COMPARE_COARSE 50e-6 /* pitch at which the orientation of the whole surface is looked for */
#include <fftw3.h>
#include "ballistics/compare.h"
#include "ballistics/kernel.h"

struct canvas { /* side x stride heights in micrometres about their mean, exactly 0 where missing */
    float *z;
    size_t side, stride;
    double pitch;
    double radius, energy; /* no point lies further from the middle (in points); sum of squares */
    size_t points;
};
enum err canvas_new(size_t side, double pitch, struct canvas *out);
void canvas_free(struct canvas *c);
/* Fills it from a surface, (x, y) of which comes to the middle; mean removed. */
enum err canvas_take(struct canvas *c, const struct surface *s, double x, double y, struct fault *f);
/* to = from turned by degrees about the middle, from X towards Y; same size. Writes to->z only. */
void canvas_turn(const struct kernels *k, const struct canvas *from, double degrees, struct canvas *to);

struct compare {
    struct compare_settings set;
    const struct kernels *k;
    bool direct; /* cells are correlated by sums, not by FFT: faster for the smallest */
    size_t n, patch, region, half; /* half: complex numbers of a region's spectrum */
    size_t side, patch_stride;
    fftwf_plan rows, columns;           /* of a region, from a canvas: real rows, then complex columns */
    fftwf_plan columns_back, rows_back; /* to a map: columns, then only the rows of shifts that are looked at, region points each */
    size_t coarse_side;            /* whole surface at 50 um */
    size_t coarse_half;
    fftwf_plan coarse_forward, coarse_back;
};

struct side_cell {
    uint8_t column, row;
    float *spectrum;  /* of the patch, mean removed, scaled to unit energy */
    float *z;         /* the patch, padded, of unit energy */
    float points;     /* how many are there */
};
struct compare_side {
    struct canvas fine, coarse;
    double cx, cy, pitch;
    uint32_t cells;
    struct side_cell cell[COMPARE_CELLS_MAX];
    float *room;          /* patches and spectra of all cells */
    float *coarse_spectrum, *coarse_mirror; /* the second is the first's conjugate */
};

/* Where a cell fits best on the other surface at one angle. */
struct place {
    float r;      /* Pearson's over common points; -1: too few */
    float dx, dy; /* displacement in points */
};
struct search { /* cells of one side on the other */
    uint32_t angles, cells;
    double theta[COMPARE_ANGLES_MAX];
    uint8_t group[COMPARE_ANGLES_MAX]; /* angles about the same orientation */
    uint8_t groups;
    struct place at[COMPARE_ANGLES_MAX][COMPARE_CELLS_MAX][COMPARE_PLACES];
};

/* The spectrum of the region whose corner is z in a canvas, and a spectrum's map; by rows and columns out of place, because the planner's
 * estimate of both at once is half as fast. room: of the spectrum's size; both may be destroyed. */
void region_forward(const struct compare *c, float *z, float *room, float *spectrum);
void region_back(const struct compare *c, float *spectrum, float *room, float *map);

/* ---- rules (compare_rules.c) ---- */
struct pose {
    double theta, dx, dy; /* degrees, points */
};
struct votes { /* of one direction */
    uint32_t count;
    double sum_r;
    struct pose pose;
    bool hit[COMPARE_CELLS_MAX];
    struct place at[COMPARE_CELLS_MAX]; /* where each cell was found, and at which angle */
    double theta[COMPARE_CELLS_MAX];
};
/* out->pose holds the medians; its shift is that on the turned surface. */
void rule_original(const struct compare *c, const struct search *s, struct votes *out);
/* One direction; count 0 when no angles stand out as the rule demands. pose: the middle of the high angles, the median shift at the one with the
 * most. */
void rule_high(const struct compare *c, const struct search *s, struct votes *out);
/* How far from theta the cells' best angles lie, of all angles searched: their median, degrees. */
double rule_apart(const struct search *s, double theta);

/* ---- our score (compare_score.c) ---- */
struct close_fit {
    double score;
    struct pose pose;             /* of B against A: as in compare_result, in points */
    struct votes forward, back;   /* hit, at, theta: the places that agree with the pose */
};
struct compare_work {
    struct canvas turned, coarse_turned;
    float *weight;               /* of each region corner: 1 / root of the energy under the cell there */
    float *spectrum, *product, *map, *weighed, *row_max;
    float *column, *scratch;     /* running sums */
    struct search forward, back;
    struct votes votes[4];
    struct close_fit fit;
};

/* Fills theta and group of w->forward and (negated) w->back. */
void compare_angles(const struct compare *c, const struct compare_side *a, const struct compare_side *b, struct compare_work *w);
/* Fills s->at, its angles given. */
void compare_search(const struct compare *c, const struct compare_side *cells, const struct compare_side *on, struct compare_work *w,
    struct search *s);

void rule_close(const struct compare *c, const struct compare_side *a, const struct compare_side *b, const struct compare_work *w,
    struct close_fit *out);
#endif
