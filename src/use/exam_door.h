/* What the web door asks about specimens: acts by number, each with the same question and answer, so that routes are rows (as people_door.h). docs/api/shapes.md
 * "ballistics". Needs no header of the store. */
#ifndef USE_EXAM_DOOR_H
#define USE_EXAM_DOOR_H
#include "base/cjson.h"
#include "lang/lang.h"
#include "people/visitor.h"

enum exam_act {
    EXAM_NONE,
    EXAM_SPECIMENS,    /* show */
    EXAM_PAIR,         /* show: a, b */
    EXAM_PAIR_PDF,     /* bytes: a, b */
    EXAM_PAIR_PICTURE, /* bytes: a, b, side (a, b), cells (1), light, turn, turn_b, cut */
    EXAM_PROFILE,      /* bytes, SVG: a, b, turn, turn_b, cut */
    EXAM_CONCLUDE,     /* do: a, b, conclusion, note, from (list) */
    EXAM_PICTURE,      /* bytes: file, light, turn */
    EXAM_TILE,         /* bytes, gzip: file */
    EXAM_SPECIMEN,     /* show: file */
    EXAM_MATES,        /* show: file */
    EXAM_STEP,         /* bytes: file, step */
    EXAM_CORRECT,      /* do: file, shapes, previous */
    EXAM_ACTS
};
struct exam_ask {
    const struct lang *lang;
    const struct visitor *who;
    struct slice (*field)(const void *form, const char *name); /* trimmed */
    const void *form;
};
struct exam_answer {
    struct cj *json;   /* show */
    struct buf *bytes; /* of type, named `name` when it is to be a file */
    const char *type, *name;
    bool packed;       /* gzip */
    char go[1600];     /* do: path to go to */
};
typedef enum err (*exam_fn)(void *arg, const struct exam_ask *in, struct exam_answer *out, struct fault *f);
extern const exam_fn exam_door[EXAM_ACTS]; /* arg: struct use_ballistics */
#endif
