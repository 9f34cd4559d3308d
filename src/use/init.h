/* Use case: make a new register in a directory. */
#ifndef USE_INIT_H
#define USE_INIT_H
#include "use/app.h"

struct use_init_in {
    struct slice profile; /* name of a shipped profile; "" = generic */
    struct slice origin;  /* the office's log name; "" = one with random digits */
    struct slice db;      /* "" = SQLite in DIR; or postgresql://user@host/name, a database that is empty */
    struct slice keys;    /* "" = in DIR; or the folder of key store and log key, which directories of one database share */
    bool join;            /* DIR becomes another directory of the register that db and keys have; profile and origin are its own */
};
/* Creates DIR, keys, tables and the first record (the profile is activated). ERR_EXISTS, ERR_NOT_FOUND (profile; nothing to join). ERR_KEY: the
 * keys are not those of the register to be joined; DIR is left as it was. */
enum err use_init(struct app *app, const struct use_init_in *in, struct fault *f);
#endif
