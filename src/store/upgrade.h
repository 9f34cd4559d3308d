/* The version of a database's tables, and the way from an earlier one to this program's: numbered steps, each a constant script of schema/.
 *
 * The version is one row of the database itself ("schema", decimal). Invariants:
 * 1. Steps run in order, each once. On SQLite a step and its number are one transaction. On PostgreSQL, whose distributed relatives make no
 *    tables in a transaction that fills others, the number follows in a transaction of its own: scripts there can be run again.
 * 2. So a kill leaves the version before or after a step, and the next who opens goes on from there.
 * 3. A database of a later version than the program knows is not opened. */
#ifndef STORE_UPGRADE_H
#define STORE_UPGRADE_H
#include "base/arena.h"
#include "store/engine.h"

#define UPGRADE_FIRST 1 /* the version that has no step before it */

struct upgrade_step { /* to version UPGRADE_FIRST + 1 + its place in the table */
    const char *sqlite, *postgres; /* scripts, as base/embed.h names them; NULL: nothing to do there */
};
struct upgrade {
    const struct upgrade_step *step;
    size_t steps;
    const char *what; /* of faults: "schema" */
    bool shared;      /* PostgreSQL */
    struct slice (*script)(const char *name); /* embed_get; tests give others */
    /* The row: {NULL,0} when there is none. */
    enum err (*get)(struct engine *e, struct arena *a, const char *name, struct slice *out, struct fault *f);
    enum err (*put)(struct engine *e, const char *name, struct slice value, struct fault *f);
};
/* What it is. ERR_NOT_FOUND without the row. ERR_DAMAGED: no number; ERR_REFUSED: later than this program. */
enum err upgrade_version(const struct upgrade *u, struct engine *e, unsigned *out, struct fault *f);
unsigned upgrade_known(const struct upgrade *u);
/* Steps that are left; e is open for writing and in no transaction, and nobody else writes. */
enum err upgrade_run(const struct upgrade *u, struct engine *e, struct fault *f);
#endif
