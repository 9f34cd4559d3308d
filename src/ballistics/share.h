/* Work shared out among threads: job(arg, i, work) once for each i = 0 .. count - 1, in no order. */
#ifndef BALLISTICS_SHARE_H
#define BALLISTICS_SHARE_H
#include "base/err.h"

#define SHARE_THREADS_MAX 64u

struct share {
    void (*job)(void *arg, size_t i, void *work);
    void *(*work_new)(void *arg); /* memory of one thread; NULL return: without memory. May be NULL: work is NULL then */
    void (*work_free)(void *work);
    bool (*stop)(void *arg);      /* asked before each job by any thread; may be NULL */
    void *arg;
    size_t count;
    unsigned threads; /* 1..SHARE_THREADS_MAX */
};
/* ERR_MEMORY: some jobs were not done; ERR_INTERRUPTED: stop said so; ERR_RANGE: threads. Fewer threads run when the system gives no more. */
enum err share_run(const struct share *s, struct fault *f);
#endif
