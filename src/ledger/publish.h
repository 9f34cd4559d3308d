/* Publishing a log: what the database has committed goes to a folder of tiles, then a signed checkpoint names it. A thread of its
 * own writes; who appends hands over bytes and goes on. Knows no database: older records come through a callback.
 *
 * Invariants:
 * 1. Nothing is written of a record before its commit is durable; the checkpoint comes after the tiles that it names are on disk.
 * 2. A checkpoint only ever continues the one before it: the folder's right edge must give its root, and the log's tree must
 *    continue that edge. Else nothing is written, and whoever appends is refused.
 * 3. The folder may lag (a kill, a full disk) and is brought up when it is opened next; it can be made anew from the records. */
#ifndef LEDGER_PUBLISH_H
#define LEDGER_PUBLISH_H
#include "ledger/log_key.h"
#include "ledger/tree.h"

struct publish;
typedef enum err (*publish_record)(void *arg, struct slice bytes, struct fault *f);
struct publish_log { /* what is committed; lives until publish_open returns */
    const struct tree *tree;
    /* Calls back for each record of [from, to) in order. */
    enum err (*each)(void *arg, uint64_t from, uint64_t to, publish_record fn, void *fn_arg, struct fault *f);
    void *arg;
};
/* dir: the folder, made when missing. Catches up before it returns. ERR_DAMAGED ("log"): the log does not continue its last
 * checkpoint; ERR_KEY: the checkpoint is not signed by this key. */
enum err publish_open(const char *dir, const struct log_key *key, const struct publish_log *log, struct publish **out, struct fault *f);
/* A record of the group under way; bytes are copied. */
void publish_add(struct publish *p, struct slice bytes, const struct hash *leaf);
/* The group is durable, and this is the log's tree. Waits while much is queued. */
void publish_commit(struct publish *p, const struct tree *tree);
void publish_rollback(struct publish *p);
/* Of the group under way the first n records stay: a savepoint was gone back to. */
void publish_keep(struct publish *p, size_t n);
/* Waits until a checkpoint names `size` records or publishing failed; what failed. */
enum err publish_wait(struct publish *p, uint64_t size, struct fault *f);
/* Writes what is queued and ends. NULL is accepted. What failed: records are committed all the same, and the next opening
 * publishes them. */
enum err publish_close(struct publish *p, struct fault *f);

/* The folder's checkpoint, if it has one: *found, the note's bytes in out, its content in *c (borrowed of out). Signature
 * checked with `key` (ERR_KEY), unless that is NULL: then it is only read. */
enum err publish_read(const char *dir, const char *name, const struct note_key *key, struct buf *out, struct checkpoint *c, bool *found,
    struct fault *f);
#endif
