/* Use case: search the register by what can still be read. Reads no personal data: marks, makes and states only. */
#ifndef USE_SEARCH_H
#define USE_SEARCH_H
#include "use/app.h"

struct use_search_in { /* as typed; empty = not given */
    const struct lang *lang;
    struct slice pattern, make, model, calibre, type, country, year, limit, errors;
    unsigned most; /* highest limit this door allows, and then no 0 for all; 0 = no such rule */
};
/* docs/api/shapes.md "search". ERR_MISSING, ERR_FORMAT, ERR_RANGE ... with field pattern, year, limit, errors. */
enum err use_search(struct app *app, const struct use_search_in *in, struct cj *out, struct fault *f);

/* For batches: the query read once, the engine's result, external ids fetched afterwards. */
struct search_answer {
    const struct search_result *result; /* of the desk's scratch */
    uint64_t log_size;
};
enum err search_read(struct app *app, const struct use_search_in *in, struct desk *d, struct search_query *out, struct fault *f);
/* External ids (or subject ids in hexadecimal) of the candidates, best first, each firearm once; in the desk's arena. */
enum err search_ids(struct desk *d, const struct search_result *r, struct slice **out, size_t *n, struct fault *f);
/* Is the text an answer "not known" in one of the four languages? Reads a term for evidence: number, 0 when unknown. */
struct mark_attr search_known(const struct use_search_in *in, struct fault *f, enum err *err);
#endif
