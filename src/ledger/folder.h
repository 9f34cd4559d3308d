/* A log as a folder of tiles, as a whole: its records one after another, and a second folder brought to what the first has (segments,
 * backups). Base and ledger's base-only files; no key but public ones, no database. */
#ifndef LEDGER_FOLDER_H
#define LEDGER_FOLDER_H
#include "ledger/publish.h"
#include "ledger/tiles.h"

typedef enum err (*folder_entry)(void *arg, struct slice bytes, struct fault *f);
/* Calls back for each record of [from, to), in order; size: of the log that is read. Bytes borrowed. */
enum err folder_each(const char *dir, uint64_t from, uint64_t to, uint64_t size, folder_entry fn, void *arg, struct fault *f);

/* Long copies: each may be NULL. */
struct folder_watch {
    void (*progress)(void *arg, uint64_t done, uint64_t all);
    bool anew;               /* write every tile again: some in `to` are damaged */
    bool (*stop)(void *arg); /* ERR_INTERRUPTED; what was copied stays, and the next call goes on there */
    void *arg;
};
/* `to` (made when missing) is brought to what `from`'s checkpoint names, which must continue it: ERR_REFUSED. Only what is new is written; every
 * record is hashed on the way and must give the root that was signed: ERR_DAMAGED. The checkpoint is replaced last, so that
 * `to` is whole at any moment, as it was before or as it is now. *size (may be NULL): records that it then has. w may be NULL. */
enum err folder_copy(const char *from, const char *to, const struct note_key *key, const struct folder_watch *w, uint64_t *size, struct fault *f);
/* The verifier key in DIR/vkey. ERR_FORMAT. */
enum err folder_vkey(const char *dir, struct note_key *out, struct fault *f);
#endif
