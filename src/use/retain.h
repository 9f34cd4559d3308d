/* The retention rules of the profile, as a job: whose data have outlived every term, shown first and then done. A person's key goes when
 * for each record that names him some rule says for how long it is kept and that time is over; a record for which no rule speaks is kept
 * for ever, and so is the key. Legal holds are honoured. Records and proofs stay whole. docs/formats/profile.md, "retention". */
#ifndef USE_RETAIN_H
#define USE_RETAIN_H
#include "use/erase.h"

struct use_retain_in {
    bool do_it; /* else only shown */
    struct slice actor;
};
/* {at, persons, due, held, erased, rules: [{kind, class?, from, years, basis, due}], parties: [{id, since, basis, hold?}]}: since = the
 * day from which it was due; the first 1,000 parties. persons: those whom records name and whose key is there. */
enum err use_retain(struct app *app, const struct use_retain_in *in, struct cj *out, struct fault *f);
#endif
