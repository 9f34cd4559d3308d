/* Comparison of two breech-face impressions by congruent matching cells (CMC).
 *
 * Surface A is cut into square cells. Surface B is turned by each angle of a search, and each cell is looked for in its neighbourhood on
 * the turned B (correlation by FFT over all shifts, Pearson's r over the points that both have at the best ones). Marks of the same
 * breech face make many cells agree on one pose: angle and shift. Rules that count them:
 *   original   Song, AFTE Journal 45 (2013) 4: each cell's best angle and shift, against the medians over the cells
 *   high       Tong, Song, Chu, NIST J. Res. 120 (2015): for each angle the cells near the median shift; the angles with about the most
 *              must be neighbours, and both directions must agree with each other and with the original rule, else the original count
 *   score      ours: how many cells fit one rigid pose closely, weighed by r (compare_score.c); decides ranks
 * Both directions (cells of A on B, cells of B on A) are always done; a count is the smaller of the two, but for high, which is the union.
 *
 * Lengths in metres, angles in degrees from X towards Y. Places are measured from the centre of the first point of a surface. What
 * the numbers mean for a court, and what was tuned on what: docs/validation.md. */
#ifndef BALLISTICS_COMPARE_H
#define BALLISTICS_COMPARE_H
#include "ballistics/surface.h"

#define COMPARE_GRID_MAX 12u
#define COMPARE_CELLS_MAX (COMPARE_GRID_MAX * COMPARE_GRID_MAX)
#define COMPARE_ANGLES_MAX 121u
#define COMPARE_LEAD_SCORE 12.0 /* frozen threshold of the score at 25 um, full turn: docs/validation.md */
#define COMPARE_LEAD_CMC 6u     /* that of the counts: published before any run of ours */
#define COMPARE_PLACES 3u /* best places of a cell that are kept for an angle */

struct compare_settings {
    uint32_t points;       /* 16, 32 or 64: points along a cell; the working pitch is cell / points */
    uint32_t grid;         /* cells a side, 2..COMPARE_GRID_MAX */
    double cell;           /* side of a cell; it is looked for up to one side away in each direction */
    double step;           /* between angles */
    double turn;           /* the search runs from -turn to +turn; 180 is the full turn */
    uint32_t orientations; /* of a full turn: so many of the best orientations of the whole surface are searched by cells... */
    double window;         /* ...up to so far to each side */
    double least;          /* least share of a cell's points that must be there */
    double shift, angle, r;                /* original rule: T_x = T_y, T_theta, T_r */
    double high_shift, high_r, high_angle; /* high rule; high_angle also bounds how far the directions may disagree */
    uint32_t high_tau;                     /* an angle counts as high within so many cells of the most */
};
extern const struct compare_settings compare_standard; /* 25 um, full turn */

struct compare_cell {
    uint8_t column, row;  /* in the grid on A */
    bool original, high, close; /* congruent by the original rule, the high rule, our score */
    float r, theta;       /* at the place that the original rule looks at */
    float ax, ay, bx, by; /* centre of the cell on A, and where it was found on B */
};

struct compare_result {
    uint32_t cells, cells_reverse; /* valid cells of A, of B */
    uint32_t cmc_forward, cmc_back, cmc, cmc_high, close;
    double cmc_r;                  /* sum of r over the congruent cells, the smaller of the two directions: breaks ties */
    double score;
    double theta, dx, dy;          /* consensus: turning B by theta about its centre and shifting it by -(dx, dy) lays it on A */
    double ax, ay, bx, by;         /* the centres used, on A and on B */
    struct compare_cell cell[COMPARE_CELLS_MAX]; /* cells of A, `cells` of them */
    int64_t nanos;
};
/* The cells of which `cmc` is told: those of the direction that it was counted in; the more of the two where both gave it. */
static inline uint32_t compare_cells_told(const struct compare_result *r)
{
    if (r->cmc_forward != r->cmc_back)
        return r->cmc_back < r->cmc_forward ? r->cells_reverse : r->cells;
    return r->cells > r->cells_reverse ? r->cells : r->cells_reverse;
}

struct compare;      /* settings and FFT plans: made once, then read by any number of threads */
struct compare_side; /* a surface made ready: cells and spectra; immutable, read by any number of threads */
struct compare_work; /* memory of one running comparison: one a thread */

/* ERR_RANGE for settings outside what is said above; ERR_MEMORY. Not to be called by two threads at once (FFTW's planner). */
enum err compare_new(const struct compare_settings *s, struct compare **out, struct fault *f);
void compare_free(struct compare *c);
const struct compare_settings *compare_settings_of(const struct compare *c);
/* The surface must be levelled and filtered (surface_prepare.h); it is copied. ERR_RANGE: fewer than three cells have enough points. */
enum err compare_side_new(const struct compare *c, const struct surface *s, struct compare_side **out, struct fault *f);
void compare_side_free(struct compare_side *s);
uint32_t compare_side_cells(const struct compare_side *s); /* valid ones */
double compare_side_pitch(const struct compare_side *s);   /* of the surface it was made from, metres; the larger of the two */
struct compare_work *compare_work_new(const struct compare *c); /* NULL without memory */
void compare_work_free(struct compare_work *w);
/* Never fails: two surfaces without anything in common are a result. */
void compare_run(const struct compare *c, const struct compare_side *a, const struct compare_side *b, struct compare_work *w,
    struct compare_result *out);
#endif
