/* Use case: the same register in another directory, and on another engine: every record at its position, the profiles, the keys.
 * Derived tables and index are made anew there and compared. */
#ifndef USE_COPY_H
#define USE_COPY_H
#include "use/app.h"

struct use_copy_in {
    const char *to;  /* a directory that is not there yet, or empty */
    struct slice db; /* "" = SQLite in it; or postgresql://..., an empty database */
    void (*progress)(void *arg, const char *what, uint64_t done, uint64_t all);
    bool (*stop)(void *arg);
    void *arg;
};
struct use_copy_out {
    uint64_t size;
    struct hash root;
};
/* Works in TO.copying, which becomes TO when all is there and compared: an interrupted copy leaves no half register under its name,
 * and the same call goes on where it stopped. Records that are added to the source meanwhile may be left out.
 * ERR_EXISTS: TO holds something. ERR_CONFLICT: TO.copying is of another register. ERR_DAMAGED: a record is not what its id says, or the
 * derived tables of the two differ. ERR_INTERRUPTED. */
enum err use_copy(struct app *from, const struct use_copy_in *in, struct use_copy_out *out, struct fault *f);
#endif
