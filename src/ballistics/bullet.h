/* Land engraved areas of bullets: a signature (the striation profile of one land), its correlation with another, and the phase of two
 * bullets over all their lands.
 *
 * A signature is made thus: the crosscut is the median over the middle half of the land along the striae, at each place across them; 18 % of
 * the width is cut off at both ends (grooves and their shoulders); robust local lines (lowess.h) over 0.3 of what is left take off the
 * form, over 0.02 the noise. One land pair may agree by accident or by a left-over of a groove: of matching pairs published methods
 * miss about three in ten. Decide on all lands of a bullet, never on one.
 */
#ifndef BALLISTICS_BULLET_H
#define BALLISTICS_BULLET_H
#include "ballistics/surface.h"

#define BULLET_POINTS_MAX 4096u
#define BULLET_LANDS_MAX 12u

struct bullet_signature {
    double pitch; /* metres */
    size_t n;
    float z[BULLET_POINTS_MAX]; /* micrometres about the form; NaN = missing */
};
/* `across_y`: the profile runs along Y (striae along X). ERR_RANGE: fewer than 100 or more than BULLET_POINTS_MAX points across;
 * ERR_MISSING: less than half of them are left; ERR_MEMORY. */
enum err bullet_signature(const struct surface *land, bool across_y, struct bullet_signature *out, struct fault *f);

struct bullet_match {
    double r;     /* largest correlation over shifts */
    double shift; /* metres: b is to be moved by so much towards larger places */
};
/* Shifts that leave less than three quarters of the shorter signature in common are not tried. ERR_RANGE: pitches differ by more than 1 in 100. */
enum err bullet_compare(const struct bullet_signature *a, const struct bullet_signature *b, struct bullet_match *out, struct fault *f);

/* Of two bullets with n lands each: the mean r of each phase p, land i of A with land (i + p) mod n of B; the best phase, and how far its mean
 * stands above the mean of the others, in standard deviations of those. */
struct bullet_phase {
    size_t lands, best;
    double mean[BULLET_LANDS_MAX];
    double lead;
};
enum err bullet_phase(const struct bullet_signature *const *a, const struct bullet_signature *const *b, size_t lands,
    struct bullet_phase *out, struct fault *f);
#endif
