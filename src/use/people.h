/* The people of a running program, opened at the first use: accounts.db and the writer are not needed to search. */
#ifndef USE_PEOPLE_H
#define USE_PEOPLE_H
#include "people/people.h"
#include "use/writer.h"

/* The roster is as fresh as people.h says. */
enum err app_people(struct app *a, struct people **out, struct fault *f);
/* The same, with the roster as it is this moment: for signing in, where an account may have been made a moment ago by another process. */
enum err app_people_now(struct app *a, struct people **out, struct fault *f);
enum err app_writer(struct app *a, struct writer **out, struct fault *f);
/* Appends acts and has the roster follow: returns when all are durable. */
enum err app_act(struct app *a, const struct act *acts, size_t n, struct hash *out_first, struct fault *f);
struct act_source app_source(struct app *a);
#endif
