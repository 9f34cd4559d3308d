/* Persons and firms by name or by an exact document number. Whether the asker may is the door's affair, and that the reading is logged. */
#ifndef USE_PARTY_H
#define USE_PARTY_H
#include "domain/effects.h"
#include "use/app.h"

struct use_party_in {
    const struct lang *lang;
    struct slice query; /* a name, or a part of one; or a document number */
    struct slice limit; /* as typed; empty: 50, at most 1000 */
};
/* {query, by: "number" | "name", count, shown, names?, parties: [{id, name?, document?, address?, class, firearms: [{subject, role, since?,
 * current}]}]}: a number first, where the query has a digit; a name where no number is found. */
enum err use_party(struct app *app, const struct use_party_in *in, struct cj *out, struct fault *f);

/* As a record names the person; *found = false: none does. The texts, and all that was opened to find them (some hundred KiB), are in `a`: who asks about many
 * resets it between two. For the program's own use: who is shown it must be asked elsewhere. */
#define PARTY_MEMORY ((size_t)64 << 20) /* enough for one */
enum err party_known(struct desk *d, struct arena *a, const struct subject_id *party, struct party_ref *out, bool *found, struct fault *f);
#endif
