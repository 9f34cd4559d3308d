#include "ballistics/share.h"

#include <pthread.h>
#include <stdatomic.h>
#include "base/banned.h"

struct run {
    const struct share *s;
    atomic_size_t next;
    atomic_bool no_memory, stopped;
};

static void *run_thread(void *arg)
{
    struct run *r = arg;
    const struct share *s = r->s;
    void *work = s->work_new ? s->work_new(s->arg) : NULL;
    if (s->work_new && !work) {
        atomic_store(&r->no_memory, true);
        return NULL;
    }
    for (size_t i; !atomic_load(&r->stopped) && (i = atomic_fetch_add(&r->next, 1)) < s->count;) {
        if (s->stop && s->stop(s->arg))
            atomic_store(&r->stopped, true);
        else
            s->job(s->arg, i, work);
    }
    if (work)
        s->work_free(work);
    return NULL;
}

enum err share_run(const struct share *s, struct fault *f)
{
    pthread_t thread[SHARE_THREADS_MAX];
    struct run r = {.s = s};
    unsigned started = 0;
    if (s->threads < 1 || s->threads > SHARE_THREADS_MAX)
        return fault_set(f, ERR_RANGE, "threads", SLICE(""), "");
    while (started + 1 < s->threads && started + 1 < s->count && !pthread_create(&thread[started], NULL, run_thread, &r))
        started++;
    run_thread(&r);
    for (unsigned i = 0; i < started; i++)
        pthread_join(thread[i], NULL);
    if (atomic_load(&r.stopped))
        return fault_set(f, ERR_INTERRUPTED, "compare", SLICE(""), "");
    return atomic_load(&r.no_memory) ? fault_set(f, ERR_MEMORY, "compare", SLICE(""), "") : OK;
}
