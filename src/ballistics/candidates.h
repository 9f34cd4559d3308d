/* A search of a collection for the mates of one specimen: class characteristics first, then the sieve over prints, then the comparison by cells of
 * the best. What comes out is an order of candidates for an examiner, never an identification.
 *
 * 1. Class: a specimen that contradicts what was asked is left out, or put behind all others, as the asker says; what is not known never counts
 *    against it (collection.h).
 * 2. Sieve: every other fit specimen with a print, best first (screen.h).
 * 3. Cells: the first `best` of that order are read, verified, corrected as people corrected them, prepared and compared in full; their order is by score, contradicting ones last. */
#ifndef BALLISTICS_CANDIDATES_H
#define BALLISTICS_CANDIDATES_H
#include "ballistics/collection.h"
#include "ballistics/compare.h"
#include "ballistics/prints.h"

enum class_rule { CLASS_FILTER, CLASS_LOWER }; /* a contradiction leaves out, or puts last */

struct candidates_ask {
    const struct collection *collection; /* enrolled */
    const struct prints *prints;
    const struct screen *screen;
    const struct compare *compare;
    const struct surface *query; /* as measured or prepared */
    struct hash query_sha;       /* a specimen of these bytes is the query itself: left out */
    const struct slice *class;   /* CLASS_FIELDS of them; empty = not asked */
    enum class_rule rule;
    size_t best;
    unsigned threads;
    bool (*stop)(void *arg);     /* may be NULL */
    void *arg;
};
struct mate_candidate {
    uint32_t specimen;     /* in the collection */
    uint32_t screen_rank;  /* 1 = first of the sieve */
    enum class_match match;
    struct screen_hit screen;
    struct fault fault;    /* OK: compared, and what follows is known */
    uint32_t cells, cmc, cmc_high, close;
    double score, theta, dx, dy; /* as in compare_result */
};
struct candidates {
    struct mate_candidate *item; /* the compared ones, best first; then those that could not be, with the fault */
    size_t count;
    uint64_t excluded, unfit, without_print, screened; /* of the collection, the query itself in none of them */
    int64_t nanos_screen, nanos_compare;
};
/* *out is ended with candidates_end. Errors of surface_prepare and compare_side_new for the query; ERR_INTERRUPTED; ERR_MEMORY. */
enum err candidates_find(const struct candidates_ask *ask, struct candidates *out, struct fault *f);
void candidates_end(struct candidates *c);
#endif
