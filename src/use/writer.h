/* The one writer of a running program: jobs of any thread that append to the log, run one after another by one thread, a savepoint a job, one
 * durable commit a group (base/group.h); derived rows follow before anybody is told, so that who wrote reads what he wrote.
 *
 * The lock on the data directory is taken when a job comes and let go after WRITER_IDLE_MS without one: `athar import` and
 * `athar rebuild` may run beside a server. While they hold it, a job waits up to WRITER_WAIT_MS and then fails with ERR_BUSY, which
 * says which process holds it. A writer that is never idle lets go as well, every WRITER_HOLD_MS, when somebody else waits: several servers of one register take turns. The key store stays open meanwhile: it follows what other processes change (keys/keys.h). */
#ifndef USE_WRITER_H
#define USE_WRITER_H
#include "base/group.h"
#include "ledger/log.h"
#include "use/app.h"

#define WRITER_IDLE_MS 1500
#define WRITER_WAIT_MS 10000
#define WRITER_HOLD_MS 400
#define WRITER_ASIDE_MS 250 /* after that: longer than others look away */

struct writer;
enum err writer_start(struct app *a, struct writer **out, struct fault *f);
void writer_stop(struct writer *w); /* NULL is accepted */
/* Looks whether the key store is locked: then its keys are wiped at once. From any thread. */
void writer_watch(struct writer *w);

/* One job: `log` and its store are open for writing inside the job's savepoint. Everything it reads is as committed by those before it. */
typedef enum err (*writer_fn)(void *arg, struct log *log, struct fault *f);
/* Waits until it is durable. */
enum err writer_do(struct writer *w, writer_fn fn, void *arg, struct fault *f);
/* The same for n arguments, in their order: each is a job of its own, in err[i] and fault[i] what came of it. Waits until all are durable or have
 * failed. Not OK: none was taken. */
enum err writer_do_all(struct writer *w, writer_fn fn, void *const *arg, size_t n, enum err *err, struct fault *fault, struct fault *f);
/* Without waiting: done(arg, err, fault) is called on the writer's thread when it is durable or has failed. ERR_BUSY, ERR_MEMORY: not taken. */
enum err writer_send(struct writer *w, writer_fn fn, void *arg, void (*done)(void *arg, enum err e, const struct fault *f), struct fault *f);
void writer_counts(struct writer *w, uint64_t *groups, uint64_t *jobs);
size_t writer_waiting(struct writer *w);
/* What the environment did to the last group of jobs, and how long ago (ns); OK when it was committed, or none was sent. A job that failed for its own reasons
 * is none. */
enum err writer_failed(struct writer *w, int64_t *out_ago);
#endif
