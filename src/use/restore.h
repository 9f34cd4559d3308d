/* Use case: a data directory made of a backup (use/backup.h). All of the backup is verified before anything is made of it, and what was made is
 * whole before it takes the place of what was there. Works for either engine, whichever the backup came from. */
#ifndef USE_RESTORE_H
#define USE_RESTORE_H
#include "use/backup.h"
#include "use/verify.h"
#include "use/witness_ask.h"

struct use_restore_in {
    const char *target;
    struct slice key;    /* the office's verifier key, from paper; "": that of the directory that is there, else the one in the backup */
    const char *keys;    /* backup of the key store; NULL: the key store that is there is kept */
    const char *master;  /* file of the default master slot, kept apart; NULL: the one that is there, or another slot opens it */
    struct slice shares; /* text of a quorum's shares; "": none */
    struct slice db;     /* "": SQLite; or postgresql://..., an empty database */
    const char *known;   /* a checkpoint or receipt that somebody kept; NULL */
    bool replace;        /* what is there moves aside */
    bool accept_loss;    /* although a longer log is known: what came after the backup is lost */
    bool check;          /* verify only */
    void (*found)(void *arg, const char *key, const char *where, uint64_t position); /* what is wrong: message keys of verify.* */
    void (*witness)(void *arg, const struct witness_answer *a); /* what each witness says; never of one that has merely cosigned */
    void (*progress)(void *arg, const char *what, uint64_t done, uint64_t all);
    bool (*stop)(void *arg);
    void *arg;
};
struct use_restore_out {
    struct note_key key;
    bool key_given;     /* by the caller or by the directory that is there: else the backup vouches for itself */
    uint64_t size;
    struct hash root;
    int64_t made;       /* the backup, UTC milliseconds */
    uint64_t wrong;     /* things; then nothing was made */
    uint64_t known;     /* records of the longest log that is known of; 0 = none */
    uint64_t erased;    /* erasures that were done again */
    size_t witnesses, reached;
    char aside[560];    /* where the earlier directory is now; "" */
};
/* ERR_NOT_FOUND: there is no backup. ERR_EXISTS: DIR holds a register and replace is false. ERR_CONFLICT: of another office; or of another
 * history. ERR_REFUSED: a longer log is known (out->known), or the key store's backup has expired. ERR_KEY. ERR_INTERRUPTED: DIR.restoring stays, and
 * the same call goes on. Nothing of DIR is changed unless OK, and out->wrong is 0. */
enum err use_restore(struct app *app, const struct use_restore_in *in, struct use_restore_out *out, struct fault *f);
#endif
