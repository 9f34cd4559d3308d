/* Private to the PostgreSQL engine: its connection, prepared statements and the batch of rows that waits to be sent. */
#ifndef STORE_PG_INNER_H
#define STORE_PG_INNER_H
#include "base/buf.h"
#include "store/engine.h"
#include <libpq-fe.h>

#define PG_PREPARED 128 /* statements of one engine; power of two */
#define PG_COLUMNS 24   /* parameters or columns of one */
#define PG_BATCH_ROWS 2048
#define PG_BATCH_BYTES (2u << 20)

struct pg;
struct rows {
    struct pg *owner;
    const struct statement *key;
    unsigned number;  /* its name on the server is s<number>, of its form for many rows b<number> */
    int params;
    Oid type[PG_COLUMNS];
    bool ready, ready_many; /* prepared on this connection */
    int keys;         /* first columns that ON CONFLICT names; 0: none. */
    bool insert;      /* a plain INSERT of one row: may wait in the batch */
    bool updates;     /* ON CONFLICT DO UPDATE: one key at most once a batch */
    bool busy, cursor, own_tx; /* own_tx: the cursor's transaction is its own */
    PGresult *result;
    int at;           /* next row of result */
};
/* Rows of one INSERT that wait: a column is the elements of an array, as PostgreSQL's binary form has them. */
struct pg_batch {
    struct rows *of;  /* NULL: none */
    size_t rows, bytes;
    struct buf column[PG_COLUMNS];
    uint64_t seen[2 * PG_BATCH_ROWS]; /* hashes of keys in it, 0 = free */
    bool sent;        /* one is on its way; its result is not yet known */
};
struct pg {
    struct engine base;
    PGconn *db;
    enum engine_mode mode;
    bool in_tx, lost; /* lost: the connection broke in this transaction, which is gone */
    unsigned numbered, cursors;
    struct rows prepared[PG_PREPARED];
    struct pg_batch batch;
};

/* What the server said, as an error of ours: connection lost, to be tried again, no room, and so on. r may be NULL. */
enum err pg_fail(struct pg *p, const PGresult *r, const char *what, struct fault *f);
/* Adds a row to the batch, sending what is there when it is full or of another statement. */
enum err pg_batch_add(struct pg *p, struct rows *r, const struct value *in, size_t n, struct fault *f);
/* Sends what waits and waits until all of it is done. Before anything else is asked of the connection. */
enum err pg_settle(struct pg *p, struct fault *f);
void pg_batch_drop(struct pg *p);
/* Waits for the answers of a statement that was sent; the last error counts. */
enum err pg_drain(struct pg *p, struct fault *f);
#endif
