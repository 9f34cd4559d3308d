/* Use case: make a new register in a directory. */
#ifndef USE_INIT_H
#define USE_INIT_H
#include "use/app.h"

struct use_init_in {
    struct slice profile; /* name of a shipped profile; "" = generic */
    struct slice origin;  /* the office's log name; "" = one with random digits */
    struct slice db;      /* "" = SQLite in DIR; or postgresql://user@host/name, a database that is empty */
};
/* Creates DIR, keys, tables and the first record (the profile is activated). ERR_EXISTS, ERR_NOT_FOUND (profile). */
enum err use_init(struct app *app, const struct use_init_in *in, struct fault *f);
#endif
