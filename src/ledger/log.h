/* The log of one office over the store: appends records, keeps the Merkle tree's right edge beside them (meta 'tree'), and
 * checks on opening that the two agree. Proofs, checkpoints and witnesses stand on this.
 *
 * Use: log_open; then again and again log_begin, log_append ..., log_commit. A commit that returned OK is durable.
 * Between log_publish and log_close what is committed goes to the tiles and checkpoints of DIR/log as well, on a thread of its own. */
#ifndef LEDGER_LOG_H
#define LEDGER_LOG_H
#include "ledger/publish.h"
#include "ledger/tiles.h"
#include "ledger/tree.h"
#include "store/store.h"

struct log {
    struct store *store;
    struct tree tree;
    struct tree committed; /* to go back to on rollback */
    int64_t last_recorded, committed_recorded; /* of the newest record, TIME_UNKNOWN when empty */
    struct publish *publish;                   /* NULL: nothing is published */
};
/* ERR_DAMAGED when the tree's size is not the log's, or its last leaf is not the newest record. */
enum err log_open(struct log *l, struct store *s, struct fault *f);
/* Checks that the log continues its last checkpoint, brings DIR/log up to it, and publishes from now on; then derived tables that do
 * not go with the log are healed. Whoever appends or derives calls it first: ERR_DAMAGED ("log") when the database was cut back, exchanged
 * or changed. A register without the key file gets one. */
enum err log_publish(struct log *l, struct fault *f);
/* Looks whether the log continues its last checkpoint, of whichever mode the store is; nothing is written. Reads every record that it names. Errors of log_publish; no
 * checkpoint: OK. */
enum err log_continues(struct store *s, struct fault *f);
/* Waits for what is being published. What failed there; the log itself is not touched by it. */
enum err log_close(struct log *l, struct fault *f);
/* The three at once: the store of dir opened for writing, its log opened and published. While its database cannot be reached it tries again, for ten seconds. */
enum err log_start(const char *dir, struct log *l, struct fault *f);
/* The same for who makes all that is derived anew, of whatever stamp it is (store_as_is). */
enum err log_start_anew(const char *dir, struct log *l, struct fault *f);
/* The end of it. What could not be published is, by the next who opens. */
void log_end(struct log *l);
/* DIR/log. out: TILES_DIR bytes. */
void log_folder(const char *dir, char out[TILES_DIR]);
enum err log_begin(struct log *l, struct fault *f);
/* Bytes of a whole record; id: record_id of them. *out_position may be NULL. received: this node's clock. */
enum err log_append(struct log *l, struct slice bytes, const struct hash *id, int64_t received, uint64_t *out_position, struct fault *f);
/* Reads back and hashes what was appended before it commits: ERR_DAMAGED (and a rollback) when it is not what was handed over. */
enum err log_commit(struct log *l, struct fault *f);
void log_rollback(struct log *l);
/* begin, put, commit; again when the database was lost or busy (store_again), so put appends the same records each time it is
 * called. When the answer to a commit was lost, the tree that the database then has says whether it was done. */
typedef enum err (*log_put)(void *arg, struct fault *f);
enum err log_group(struct log *l, log_put put, void *arg, struct fault *f);
/* A savepoint within a group: what was appended after log_mark is taken back by log_back, what was appended before it stays. */
struct log_mark {
    struct tree tree;
    int64_t last_recorded;
};
enum err log_mark(struct log *l, struct log_mark *out, struct fault *f);
enum err log_back(struct log *l, const struct log_mark *m, struct fault *f);
/* ERR_CLOCK when `now` lies before the newest record: a clock that was set back. */
enum err log_clock(const struct log *l, int64_t now, struct fault *f);
/* Root and size without opening for writing. */
enum err log_root(struct store *s, struct tree *out, struct fault *f);
#endif
