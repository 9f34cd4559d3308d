/* Use cases of a collection of specimens: its list, two specimens side by side, the examiner's conclusion about them, and what the page draws them from. The
 * collection is opened for each call, so that one enrolled anew is seen at once. All but open and close are called from any thread.
 *
 * What the program counts of a pair, and what others have concluded, is told only to an examiner who has concluded about it (examination.h). */
#ifndef USE_BALLISTICS_H
#define USE_BALLISTICS_H
#include "ballistics/collection.h"
#include "people/visitor.h"
#include "use/app.h"

struct use_ballistics; /* a folder, the register that keeps conclusions about it, and the program's comparison made ready */
/* ERR_TOO_LONG, ERR_MEMORY. The folder need not be there yet. The app outlives it. */
enum err use_ballistics_open(struct app *app, const char *dir, struct use_ballistics **out, struct fault *f);
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
    const struct visitor *who;
    struct slice a, b; /* file names */
};
/* {a: {...}, b: {...}, concluded, others, conclusions: [...], result}; conclusions and result only when `who` has concluded. What cannot be compared by the
 * program has no result but the reason: no_result. ERR_MISSING, ERR_CONFLICT (one content twice), errors of collection_surface. */
enum err use_pair(const struct use_ballistics *u, const struct use_pair_in *in, struct cj *out, struct fault *f);
struct use_conclude_in {
    const struct visitor *who;
    struct slice a, b, conclusion, note; /* conclusion: conclusion_code */
    bool from_list;                      /* came here from a ranked list */
};
/* Records the conclusion durably; the record's id. ERR_UNKNOWN_CODE, ERR_TOO_LONG, those of use_pair, ERR_BUSY. */
enum err use_conclude(const struct use_ballistics *u, const struct use_conclude_in *in, struct hash *out_record, struct fault *f);
/* One page of A4: pictures, method, parameters, what is known of errors, and that a result on a screen is only a lead. */
enum err use_pair_pdf(const struct use_ballistics *u, const struct use_pair_in *in, struct buf *out, struct fault *f);
/* One of the two as PNG, with the cells of the comparison and, unless cut is NaN, the line of the profile: ERR_REFUSED before a conclusion when cells are asked for. */
struct use_pair_picture_in {
    struct use_pair_in pair;
    bool right, cells;
    double light, turn, cut; /* degrees; cut: -1 at the top to 1 at the bottom of the picture */
};
enum err use_pair_picture(const struct use_ballistics *u, const struct use_pair_picture_in *in, struct buf *out, struct fault *f);
/* Both profiles along the cut as SVG. light, right and cells are not read. */
enum err use_pair_profile(const struct use_ballistics *u, const struct use_pair_picture_in *in, double turn_right, struct buf *out, struct fault *f);
/* One specimen, the steps of its preparation in words, and its corrections by hand: {file, sha256, nx, ny, points, missing, pitch_um, width_um, depth_um, instrument,
 * measured, class, prepared, unprepared, steps: [{n, step, label, words, removed}], found, previous, shapes, corrections: [{at, who, in_force, as_found, id}]} */
struct use_specimen_in {
    const struct lang *lang;
    struct slice file;
};
enum err use_specimen(const struct use_ballistics *u, const struct use_specimen_in *in, struct cj *out, struct fault *f);
/* As PNG after so many steps; 0: as measured. */
enum err use_step_picture(const struct use_ballistics *u, struct slice file, size_t step, struct buf *out, struct fault *f);
/* The specimen looked for in its collection, for the examiner: {query, count, screened, excluded, unfit, without_print, shown, candidates: [{rank, file, class_open, class,
 * conclusion, score, cmc, cells}]}; the last four only of pairs about which `who` has concluded. ERR_NOT_FOUND: not enrolled with prints. */
struct use_mates_in {
    const struct lang *lang;
    const struct visitor *who;
    struct slice file;
};
enum err use_mates(const struct use_ballistics *u, const struct use_mates_in *in, struct cj *out, struct fault *f);
struct use_correct_in {
    const struct visitor *who;
    struct slice file, shapes, previous; /* text of mask.h, empty: as found; id of the correction it follows, as the page had it */
};
/* Keeps a correction of the mask beside the specimen; the next comparison uses it. Errors of mask_parse and mask_file_append; ERR_REFUSED when nothing would be left. */
enum err use_correct(const struct use_ballistics *u, const struct use_correct_in *in, struct fault *f);
/* The tile (ballistics/tile.h) and the picture (PNG) of one specimen. */
enum err use_tile(const struct use_ballistics *u, struct slice file, struct buf *out, struct fault *f);
struct use_picture_in {
    struct slice file;
    double light, turn; /* degrees, ballistics/picture.h */
};
enum err use_picture(const struct use_ballistics *u, const struct use_picture_in *in, struct buf *out, struct fault *f);
#endif
