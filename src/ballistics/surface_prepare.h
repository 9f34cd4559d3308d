/* A breech-face surface made ready for comparison: each step a function of its own, and recorded with what it did, so that a report can
 * say how a picture came about. Order of the standard recipe: ring, firing-pin hole, level, outliers, low-pass, high-pass, ring and hole
 * again as masks.
 *
 * Filters are Gaussian, ISO 16610-21 (profiles) and -61 (surfaces): weight exp(-pi (x / (alpha lambda))^2), alpha = root(ln 2 / pi), half
 * of the amplitude passes at the cut-off lambda. Missing points have no weight and the rest is made up to one (normalised convolution,
 * order 0), so that an edge does not pull heights to zero. The weights are cut off beyond one cut-off. */
#ifndef BALLISTICS_SURFACE_PREPARE_H
#define BALLISTICS_SURFACE_PREPARE_H
#include "ballistics/surface.h"
#include "base/cjson.h"

enum surface_step_kind {
    STEP_RING,     /* points outside a circle removed: x, y, radius */
    STEP_HOLE,     /* points inside a circle removed: x, y, radius */
    STEP_PLANE,    /* conditional median plane removed: slope x, slope y, height at the middle */
    STEP_SPHERE,   /* quadric of revolution removed: curvature (1/m), slopes, height */
    STEP_OUTLIERS, /* points further from the median than so many scaled median deviations removed: limit, metres */
    STEP_LOW_PASS, /* cut-off in metres, sigma as a share of it */
    STEP_HIGH_PASS,
    STEP_HAND,     /* what a person corrected of the mask (mask.h): shapes */
    STEP_KINDS
};
#define SURFACE_STEP_VALUES 4
struct surface_step {
    enum surface_step_kind kind;
    double value[SURFACE_STEP_VALUES];
    uint64_t removed; /* points that this step made missing */
};
#define SURFACE_STEPS_MAX 16
struct surface_steps {
    size_t count;
    struct surface_step step[SURFACE_STEPS_MAX];
};

struct surface_recipe {
    bool ring, hole;         /* find them; otherwise circles are as given (radius 0: none) */
    double ring_margin, hole_margin; /* metres taken off inside the ring, and around the hole */
    struct surface_circle { double x, y, radius; } ring_at, hole_at; /* by hand: metres from the centre of the first point */
    bool sphere;             /* level by a sphere instead of a plane */
    double outliers;         /* scaled median deviations; 0: none */
    double low_pass, high_pass; /* cut-offs in metres; 0: none */
    double sigma;            /* of the Gaussian, as a share of its cut-off: 0.18739 is ISO 16610 */
    bool filled;             /* filter with missing points taken as the mean height, as published uses: edges are pulled towards it */
};
extern const struct surface_recipe surface_breech_face; /* 16 to 500 um, as the published Fadul scans, by ISO 16610 */
extern const struct surface_recipe surface_published;   /* the same masks, with the published width of the Gaussian and fill: to compare with them */
#define SURFACE_SIGMA_ISO 0.187390 /* root(ln 2 / 2) / pi */

/* True when it looks like the result of such a recipe: levelled, and without structure longer than its high-pass. Preparing again
 * would do little harm; this saves it, and leaves published processed scans as they are. */
bool surface_is_prepared(const struct surface *s);
/* *out is a new surface; steps are appended. ERR_MISSING: nothing measured, or nothing left; ERR_MEMORY. */
enum err surface_prepare(const struct surface *in, const struct surface_recipe *r, struct surface *out, struct surface_steps *steps,
    struct fault *f);
/* The same, stopped after so many steps of the recipe, for a picture of each. */
enum err surface_prepare_part(const struct surface *in, const struct surface_recipe *r, size_t last, struct surface *out, struct surface_steps *steps,
    struct fault *f);
void surface_step_add(struct surface_steps *s, enum surface_step_kind kind, const double *v, size_t n, uint64_t removed);
const char *surface_step_name(enum surface_step_kind kind); /* "plane" */
/* [{"step":"plane","slope_x":0.008,"slope_y":-0.006,"height":96.5,"removed":0}, ...]: lengths in micrometres, curvature in 1/m. */
void surface_steps_json(const struct surface_steps *s, struct cj *out);

/* ---- the steps by themselves ---- */

/* Removes the plane that halves the points at every slope (median regression, by reweighting). out: slopes, height at the middle. */
enum err surface_level_plane(struct surface *s, double out[3], struct fault *f);
/* The same with a bowl k (x^2 + y^2) / 2 about the middle: out[0] curvature, then slopes and height. */
enum err surface_level_sphere(struct surface *s, double out[4], struct fault *f);
/* Points further than limit scaled median deviations from the median; how many. out: the distance in metres. */
enum err surface_outliers(struct surface *s, double limit, double *out, uint64_t *out_removed, struct fault *f);
enum err surface_low_pass(struct surface *s, double cut_off, double sigma, struct fault *f);
enum err surface_high_pass(struct surface *s, double cut_off, double sigma, struct fault *f);
/* Either; filled: missing points count, with the mean height, which is removed (ISO has no such filter; published uses have). */
enum err surface_gauss(struct surface *s, double cut_off, double sigma, bool high, bool filled, struct fault *f);
/* The circle around the measured primer, and that around the firing-pin impression with its raised lip. ERR_MISSING. */
enum err surface_find_ring(const struct surface *s, struct surface_circle *out, struct fault *f);
enum err surface_find_hole(const struct surface *s, const struct surface_circle *ring, struct surface_circle *out, struct fault *f);
/* Makes points outside (or inside) a circle missing; returns how many were there. */
uint64_t surface_cut(struct surface *s, const struct surface_circle *at, bool inside);
#endif
