/* Private to src/store: who may write to a database that several directories share. One row of the table lease names the writer by
 * an epoch that only grows; a writer's every transaction first touches that row under its own epoch.
 *
 * Invariants:
 * 1. Whoever commits holds the newest epoch: the touch takes the row's lock until the transaction ends, and finds no row when
 *    somebody took over. A writer that slept through its time therefore writes nothing (a fencing token).
 * 2. The row says how long it is good by the database's clock, never by ours. A thread of the writer renews it.
 * 3. A holder in the same directory is dead when we hold its lock (DIR/lock, of sequencers DIR/sequencer): its time need not run out.
 * 4. Who waits to write says so in the row. Sequencers stand back while that is so; a server's writer that is never idle lets go (use/writer.c); an import does not.
 *
 *   state     | row                         | who may take it
 *   free      | until in the past           | anyone
 *   held      | until to come               | a process of the same directory (3)
 *   writing   | locked                      | nobody: it is looked at again until the time given runs out */
#ifndef STORE_LEASE_H
#define STORE_LEASE_H
#include "store/home.h"

struct lease {
    uint64_t epoch;  /* 0: none held */
    bool gives_way;
    struct beat *beat;
};
/* The row of a new register. ERR_EXISTS when there is one. */
enum err lease_create(struct engine *e, struct fault *f);
/* Takes it, waiting for a holder that no longer renews or gives way. ERR_BUSY names who holds it. lock_fd: of the lock of (3), held. */
enum err lease_take(struct engine *e, const struct home *p, int lock_fd, bool gives_way, struct lease *out, struct fault *f);
/* Does somebody want it? */
enum err lease_wanted(struct engine *e, bool *out, struct fault *f);
/* First in each transaction that writes. ERR_CONFLICT when somebody else took over: nothing may be written any more. */
enum err lease_touch(struct engine *e, const struct lease *l, struct fault *f);
/* Gives it back at once; the engine has no transaction open. */
void lease_leave(struct engine *e, struct lease *l);
#endif
