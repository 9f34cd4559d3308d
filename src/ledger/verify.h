/* Verifying a log from its bytes: every record is hashed, every tile compared, the root held against the signed checkpoint, and,
 * where there is a database, its rows against the log's. Base and ledger's base-only files: no key but public ones, no database
 * but through callbacks. What is wrong is named with its place; nothing is changed.
 *
 * What it cannot see: a log that was made anew as a whole and signed again with the log's key. Against that stand checkpoints
 * elsewhere: with witnesses, in receipts (docs/security.md, "Tampering"). */
#ifndef LEDGER_VERIFY_H
#define LEDGER_VERIFY_H
#include "ledger/publish.h"
#include "ledger/tiles.h"

#define VERIFY_BLOCK 65536u /* records that one thread takes at a time: one tile of level 1 */

/* what is wrong, message key of data/lang: {where}, {position} */
#define VERIFY_TABLE(X)                                                                                                         \
    X(VERIFY_NO_CHECKPOINT, "verify.no_checkpoint") /* missing, or no note */                                                   \
    X(VERIFY_SIGNATURE, "verify.signature")         /* not signed by the log's key, or of another origin */                     \
    X(VERIFY_TILE_MISSING, "verify.tile_missing")   /* or cut: its length does not fit */                                       \
    X(VERIFY_TILE, "verify.tile")                   /* a hash in it is not that of what lies under it */                        \
    X(VERIFY_ENTRY, "verify.entry")                 /* a record's bytes in the log do not have the hash in the tile */          \
    X(VERIFY_ROOT, "verify.root")                   /* the tiles do not give the root that was signed */                        \
    X(VERIFY_ROW_MISSING, "verify.row_missing")     /* the database lacks a record that the log has */                          \
    X(VERIFY_ROW, "verify.row")                     /* the database has other bytes than the log */                             \
    X(VERIFY_ROW_ID, "verify.row_id")               /* the id beside a row is not the hash of its bytes */                      \
    X(VERIFY_TREE, "verify.tree")                   /* the tree that the database keeps is not that of its rows */              \
    X(VERIFY_COSIGNED, "verify.cosigned")           /* a cosigned checkpoint is damaged or not signed by this log and a witness */ \
    X(VERIFY_FORKED, "verify.forked")               /* a witness has cosigned another root of that size */                      \
    X(VERIFY_REWOUND, "verify.rewound")             /* a witness has cosigned a longer log */

enum verify_what {
#define VERIFY_ENUM(what, key) what,
    VERIFY_TABLE(VERIFY_ENUM)
#undef VERIFY_ENUM
        VERIFY_COUNT
};
const char *verify_key(enum verify_what what);

struct verify_found {
    enum verify_what what;
    uint64_t position; /* of the record, where `where` does not say it */
    char where[TILE_PATH + 32];
};
/* A record of the database. */
typedef enum err (*verify_row)(void *arg, uint64_t position, const struct hash *id, struct slice bytes, struct fault *f);
struct verify_rows { /* each thread opens one for itself */
    enum err (*open)(void *arg, void **out, struct fault *f);
    enum err (*each)(void *rows, uint64_t from, uint64_t to, verify_row fn, void *fn_arg, struct fault *f);
    void (*close)(void *rows);
    void *arg;
};
struct verify {
    const char *dir;                /* the folder of the log */
    const struct note_key *key;     /* of the log */
    const struct note_key *witness; /* known ones, for dir/cosigned */
    size_t witnesses;
    const struct verify_rows *rows; /* NULL: there is no database to look at */
    const struct tree *tree;        /* that it keeps beside its rows */
    int threads;                    /* 0 = 2 */
    bool entries;                   /* look at the records in the log, too; false: only at the rows' */
    /* Each thing that is wrong; never two at a time. */
    void (*found)(void *arg, const struct verify_found *found);
    void *arg;
};
struct verify_result {
    uint64_t size;  /* that the checkpoint names */
    struct hash root;
    uint64_t rows;  /* of the database */
    uint64_t wrong; /* how many things */
    uint64_t cosigned; /* size of the newest cosigned checkpoint; 0 = none */
    int64_t cosigned_at; /* POSIX seconds */
    char cosigned_by[NOTE_NAME + 1];
};
/* OK when it could look at everything, also when things are wrong: see wrong. */
enum err verify_run(const struct verify *v, struct verify_result *out, struct fault *f);
#endif
