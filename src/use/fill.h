/* Filling a register with the records of a log, each at its position: of another register (use/copy.h) or of a backup (use/restore.h). */
#ifndef USE_FILL_H
#define USE_FILL_H
#include "use/app.h"

struct fill {
    /* Calls back for each record of [from, to) of the source. */
    enum err (*scan)(void *arg, uint64_t from, uint64_t to, store_each fn, void *fn_arg, struct fault *f);
    /* Root of the source's first `size` records. */
    enum err (*root_at)(void *arg, uint64_t size, struct hash *out, struct fault *f);
    void *arg;
    uint64_t size;    /* records to bring over */
    struct hash root; /* of them */
    void (*progress)(void *arg, const char *what, uint64_t done, uint64_t all);
    bool (*stop)(void *arg);
    void *watch; /* of these two */
    const char *again; /* message key: how it goes on after a stop */
};
/* Brings l (open, and publishing) to the source's size; goes on where an earlier call stopped. ERR_CONFLICT: what is there is not the beginning of
 * the source. ERR_DAMAGED: the records do not give the root. ERR_INTERRUPTED. */
enum err fill_log(const struct fill *in, struct log *l, struct fault *f);
/* What is kept beside the log and made of it, with the keys that are here: numbers of persons' documents; how many records of each other office. */
enum err fill_beside(const struct fill *in, struct store *s, struct fault *f);
#endif
