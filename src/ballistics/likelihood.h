/* What a score of two breech faces is worth: the likelihood ratio (LR), how many times as probable such a score is when one firearm fired both
 * as when two firearms of the same make did. Learned from known pairs (data/ballistics/, tools/fit_likelihood.py) and only said where these speak:
 *
 * 1. Outside their make, calibre, settings, distance between points or quality no LR is given, but every reason against it.
 * 2. It never passes the bounds that so few slides support, whatever the score.
 * 3. It speaks of the score, not of the firearm: how probable it is that one firearm fired both needs all else that is known.
 *
 * Words of the scale: ENFSI guideline for evaluative reporting (2015). docs/validation.md. */
#ifndef BALLISTICS_LIKELIHOOD_H
#define BALLISTICS_LIKELIHOOD_H
#include "ballistics/compare.h"
#include "base/cjson.h"
#include "lang/lang.h"

enum likelihood_reason { /* why there is none */
    LIKELIHOOD_MAKE_OPEN,    /* not stated of one of the two */
    LIKELIHOOD_MAKE,         /* another one */
    LIKELIHOOD_CALIBRE_OPEN,
    LIKELIHOOD_CALIBRE,
    LIKELIHOOD_PITCH,        /* scanned more coarsely or more finely */
    LIKELIHOOD_CELLS,        /* fewer measured cells: a worn or cut mark */
    LIKELIHOOD_SETTINGS,     /* compared otherwise than the known pairs were */
    LIKELIHOOD_REASONS
};
struct likelihood_side {
    struct slice make, calibre; /* as written; of the firearm, known or supposed; empty, "unknown": open */
    double pitch;               /* of the scan, metres */
};
struct likelihood {
    bool why_not[LIKELIHOOD_REASONS];
    bool given;                 /* no reason against it; else the three are 0 */
    double log10, lower, upper; /* lower and upper: 95 % over slides drawn with replacement */
};
struct likelihood_model; /* immutable, read by any number of threads */
/* From the table compiled in. ERR_DAMAGED (tests hold it whole), ERR_MEMORY. */
enum err likelihood_open(struct likelihood_model **out, struct fault *f);
/* From other bytes of that form: a laboratory's own known pairs. */
enum err likelihood_parse(struct slice json, struct likelihood_model **out, struct fault *f);
void likelihood_close(struct likelihood_model *m);
void likelihood_of(const struct likelihood_model *m, const struct compare_settings *set, const struct compare_result *r,
    const struct likelihood_side side[2], struct likelihood *out);
/* {"given":true,"log10":1.32,"lower":1.22,"upper":1.35,"scale":"moderate","words":"...","limits":["...", ...]} or {"given":false,
 * "words":"...","why":[{"reason":"make_open","text":"..."}, ...],"limits":[...]}: texts in the language given. */
void likelihood_json(const struct likelihood_model *m, const struct lang *l, const struct likelihood *v, struct cj *j);
/* The same for a printed page: the sentence (and why there is none), and its limits, each ended by a full stop. */
void likelihood_words(const struct likelihood_model *m, const struct lang *l, const struct likelihood *v, struct buf *words, struct buf *limits);
#endif
