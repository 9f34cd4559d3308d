/* What a person leaves outside his sealed sections: his name in a reject file of an import, which lies open in DIR/imports, or typed into
 * the free text of a record. Found while his key still opens what he is called; reject files are then overwritten. */
#ifndef USE_LEAVINGS_H
#define USE_LEAVINGS_H
#include "use/app.h"

struct leavings {
    struct arena a;
    struct slice *text; /* name, document, address, each once */
    size_t n, cap;
    uint64_t in_text; /* records whose free text has one of them */
    uint64_t files;   /* reject files that had one */
    char dir[560];    /* DIR/imports */
};
/* Looks through the records of the party's firearms and permits and its own. leavings_free in any case. */
enum err leavings_find(struct app *app, struct store *s, const struct subject_id *party, struct leavings *out, struct fault *f);
/* Each of the texts in a reject file becomes as many asterisks, in place, synced. */
enum err leavings_remove(struct leavings *l, struct fault *f);
void leavings_free(struct leavings *l); /* wipes */
#endif
