/* A witness (C2SP tlog-witness): remembers the largest checkpoint of each log it was told to watch, cosigns a later one only when a
 * proof shows that it continues that one, and keeps what was refused as evidence. Base and ledger's base-only files.
 *
 * DIR/key  its key (type 04)   DIR/logs  verifier keys of the logs, one a line, '#' begins a remark
 * DIR/seen/HEX  the newest cosigned checkpoint of a log   DIR/incidents/HEX  two checkpoints that cannot both be true
 *
 * Invariants:
 * 1. What is remembered only grows, and is on disk before a cosignature leaves.
 * 2. One answer at a time: a struct witness may be used by several threads. */
#ifndef LEDGER_WITNESS_H
#define LEDGER_WITNESS_H
#include "ledger/log_key.h"

#define WITNESS_LOGS 256
#define WITNESS_BODY_MAX (NOTE_MAX + 8192)
#define WITNESS_INCIDENTS 1000 /* files that are kept */

struct witness;
/* DIR must have a key. ERR_FORMAT names a line of DIR/logs. */
enum err witness_open(const char *dir, struct witness **out, struct fault *f);
void witness_close(struct witness *w);
const struct note_key *witness_key(const struct witness *w);
/* Makes DIR and its key when they are not there; name: needed then. */
enum err witness_init(const char *dir, const char *name, void (*random)(void *arg, void *out, size_t n), void *arg, struct fault *f);
/* Adds a log's verifier key to DIR/logs; known ones are left. Seen by the next witness_open. */
enum err witness_watch(const char *dir, struct slice vkey, struct fault *f);

/* ---- requests ---- */
struct witness_request {
    uint64_t old;
    size_t n;
    struct hash proof[63];
    struct slice note; /* borrowed */
};
/* "old N", proof lines, an empty line, the checkpoint. ERR_FORMAT. */
enum err witness_parse(struct slice body, struct witness_request *out);
void witness_write(const struct witness_request *r, struct buf *out);

enum witness_told { WITNESS_NOTHING, WITNESS_FORK, WITNESS_BAD_PROOF, WITNESS_IO }; /* what its keeper should hear of */
struct witness_reply {
    int status;       /* of HTTP: 200 400 403 404 409 422 500 */
    const char *type; /* of the body */
    enum witness_told told;
    uint64_t known, size; /* that was known; that was offered */
};
/* POST add-checkpoint; seconds: POSIX time. out: the body, at least 256 bytes of room. */
void witness_add(struct witness *w, struct slice body, int64_t seconds, struct buf *out, struct witness_reply *reply);
#endif
