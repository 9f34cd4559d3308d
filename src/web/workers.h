/* Threads for requests that wait for a disk or for a password hash, so that those which only read never stand behind them. */
#ifndef WEB_WORKERS_H
#define WEB_WORKERS_H
#include "base/err.h"

#define WORKERS 24
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
#endif
