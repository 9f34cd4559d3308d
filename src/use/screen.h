/* Use case: the mates of one specimen looked for in a collection (ballistics/candidates.h), each candidate with the reasons for its place. The
 * collection must be enrolled with prints. Called from any thread but not by two at once for their first time (FFTW's planner). */
#ifndef USE_SCREEN_H
#define USE_SCREEN_H
#include "ballistics/candidates.h"
#include "base/cjson.h"
#include "lang/lang.h"

#define SCREEN_BEST 200u       /* compared in full unless told otherwise */
#define SCREEN_BEST_MAX 5000u

struct use_screen_in {
    const struct lang *lang;
    const char *dir;
    const char *path;       /* the query, a file anywhere; or NULL and: */
    struct slice specimen;  /* its name in the collection */
    struct slice class[CLASS_FIELDS]; /* asked; where calibre and firing pin are empty, those of the query when it is in the collection */
    enum class_rule rule;
    size_t best;            /* 1..SCREEN_BEST_MAX */
    size_t limit;           /* candidates told; 0: all that were compared */
    unsigned threads;
    bool (*stop)(void *arg);
    void *arg;
};
/* {query, rule, class: [{key, label, value}], collection: {count, unfit, excluded, without_print, screened}, candidates: [{rank, file, score, cmc, cmc_high,
 * cells, theta, dx_um, dy_um, screen: {rank, score}, match, why: [text]}], failed: [{file, reason}], note, millis_screen, millis_compare}.
 * ERR_NOT_FOUND (no prints: enrol; no such specimen), ERR_RANGE (best), errors of collection_open and candidates_find. */
enum err use_screen(const struct use_screen_in *in, struct cj *out, struct fault *f);

/* The prints of an enrolled folder made ready: what enrolling does after the list is written. ask->collection and ask->screen are set here. */
enum err use_prints(const char *dir, struct prints_ask *ask, struct prints_counts *out, struct fault *f);
#endif
