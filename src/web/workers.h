/* Threads for requests that wait for a disk or for a password hash, so that those which only read never stand behind them.
 *
 * At most WORKERS are at work at one time. One that only waits (for the commit of a group) rests, and another takes its place, so that a group
 * may be as large as there are requests; threads are made when they are needed, at most WORKERS_THREADS. */
#ifndef WEB_WORKERS_H
#define WEB_WORKERS_H
#include "base/err.h"

#define WORKERS 24
#define WORKERS_THREADS 536 /* WORKERS, and as many as may rest: APP_RESTING of use/app.h */
#define WORKERS_QUEUE 1024

struct work {
    void (*run)(struct work *w);
    struct work *next; /* the pool's */
};
struct workers;
enum err workers_start(struct workers **out, struct fault *f);
/* Runs what waits, then ends its threads and takes nothing more. NULL is accepted. */
void workers_stop(struct workers *w);
void workers_free(struct workers *w); /* after workers_stop */
/* false when too much waits, or the pool is ending. */
bool workers_take(struct workers *w, struct work *work);
/* Of a worker's own thread, in pairs: it waits now; it goes on (when there is a place again; those who rose come before new work). */
void workers_rest(struct workers *w);
void workers_rise(struct workers *w);
#endif
