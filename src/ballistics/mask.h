/* What a person corrects of a mask by hand: circles in place of those that the program found, areas and strokes that are left out. The mask found by the program
 * is never changed; a correction is laid over the points as measured, before anything else is done with them. Text and file: docs/formats/mask.md.
 *
 * Places are micrometres from the upper left corner of the scan, X to the right, Y down, as pictures show it. */
#ifndef BALLISTICS_MASK_H
#define BALLISTICS_MASK_H
#include "ballistics/surface_prepare.h"
#include "base/buf.h"
#include "base/hash.h"
#include "domain/record.h"

#define MASK_SHAPES 200u
#define MASK_POINTS 8000u       /* of all shapes */
#define MASK_TEXT 120000u       /* bytes */
#define MASK_PLACE_MOST 100000u /* micrometres: 10 cm */

enum mask_kind {
    MASK_RING, /* a circle: what lies outside is left out, in place of the ring that the program finds */
    MASK_HOLE, /* a circle: what lies inside is left out, in place of the hole that the program finds */
    MASK_OUT,  /* left out */
    MASK_BACK, /* taken in again where a shape before it left out; never what a circle leaves out */
    MASK_KINDS
};
struct mask_point { /* micrometres */
    double x, y;
};
struct mask_shape {
    enum mask_kind kind;
    double width;        /* of a stroke, or the radius of a circle; 0: an area */
    size_t first, count; /* points: 1 of a circle, 3 or more of an area, 1 or more of a stroke */
};
struct mask { /* large: keep it on the heap */
    size_t shapes, points;
    struct mask_shape shape[MASK_SHAPES];
    struct mask_point point[MASK_POINTS];
};

/* From its text, a shape a line; blank lines are passed over. ERR_FORMAT and ERR_RANGE with the line, ERR_TOO_LONG. */
enum err mask_parse(struct slice text, struct mask *out, struct fault *f);
/* Its canonical text: parsed again, the same. */
void mask_print(const struct mask *m, struct buf *out);
/* Removes what areas and strokes leave out; circles only when `circles`. Returns how many points that were there went missing; ERR_MEMORY through f. */
enum err mask_apply(const struct mask *m, bool circles, struct surface *s, uint64_t *out_removed, struct fault *f);
/* The recipe with the circles of the correction in place of those that would be found. */
struct surface_recipe mask_recipe(const struct mask *m, const struct surface_recipe *r, const struct surface *s);

/* ---- kept beside the specimen: FILE.mask, a line a correction, each naming the one before it ---- */

struct mask_entry {
    struct hash id, previous, sha; /* of its line; of the line before, zeros: none; of the scan it was made on */
    struct subject_id by;
    struct slice who, shapes;      /* name to sign in; text of the shapes, "" = as the program found it */
    int64_t at;
};
/* The lines of such a file; an unfinished last one is passed over. ERR_DAMAGED as below. */
enum err mask_entries(struct arena *a, struct slice text, struct mask_entry **out, size_t *n);
/* All entries, first to last, in the arena. A file that is not there has none. ERR_DAMAGED: a line is not of the form, or does not follow the one before it. */
enum err mask_file_read(const char *path, struct arena *a, struct mask_entry **out, size_t *n, struct fault *f);
/* The last one that was made on these bytes; NULL: none, or it says as found. */
const struct mask_entry *mask_in_force(const struct mask_entry *e, size_t n, const struct hash *sha);
/* Appends, durable when it returns; e->id is filled in. ERR_CONFLICT when e->previous is not the last line any more. */
enum err mask_file_append(const char *path, struct mask_entry *e, struct fault *f);
#endif
