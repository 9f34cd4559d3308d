/* Use cases of a collection of specimens: its list, two specimens side by side, and what the examiner's page draws them from. The collection is
 * opened for each call, so that one enrolled anew is seen at once. All but open and close are called from any thread. */
#ifndef USE_BALLISTICS_H
#define USE_BALLISTICS_H
#include "ballistics/collection.h"

struct use_ballistics; /* a folder, and the program's comparison made ready */
/* ERR_TOO_LONG, ERR_MEMORY. The folder need not be there yet. */
enum err use_ballistics_open(const char *dir, struct use_ballistics **out, struct fault *f);
void use_ballistics_close(struct use_ballistics *u);

struct use_specimens_in {
    const struct lang *lang;
    struct slice class[CLASS_FIELDS]; /* filter; empty = not asked */
};
/* {count, shown, open, enrolled, specimens: [{file, fit, reason, match, nx, ny, points, missing, pitch_um, span_um, instrument, measured, class: [{key,
 * label, value}]}]} */
enum err use_specimens(const struct use_ballistics *u, const struct use_specimens_in *in, struct cj *out, struct fault *f);

struct use_pair_in {
    const struct lang *lang;
    struct slice a, b;       /* file names */
    struct slice conclusion; /* code of the examiner's conclusion; empty = not yet: nothing of the comparison is told */
};
/* {a: {...}, b: {...}, conclusion, conclusion_text, result}; the last three only with a conclusion. What cannot be compared by the program has no
 * result but the reason: no_result. ERR_MISSING, ERR_UNKNOWN_CODE (conclusion), errors of collection_surface. */
enum err use_pair(const struct use_ballistics *u, const struct use_pair_in *in, struct cj *out, struct fault *f);
/* One page of A4: pictures, method, parameters, what is known of errors, and that a result on a screen is only a lead. */
enum err use_pair_pdf(const struct use_ballistics *u, const struct use_pair_in *in, struct buf *out, struct fault *f);
/* The tile (ballistics/tile.h) and the picture (PNG) of one specimen. */
enum err use_tile(const struct use_ballistics *u, struct slice file, struct buf *out, struct fault *f);
struct use_picture_in {
    struct slice file;
    double light, turn; /* degrees, ballistics/picture.h */
};
enum err use_picture(const struct use_ballistics *u, const struct use_picture_in *in, struct buf *out, struct fault *f);

/* The conclusions an examiner may come to, code by code; NULL past the last. */
const char *conclusion_code(size_t i);
#endif
