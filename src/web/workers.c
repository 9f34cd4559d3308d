#include "web/workers.h"
#include <pthread.h>
#include "base/arena.h"
#include "base/banned.h"

#define STACK ((size_t)1 << 20)

struct workers {
    pthread_t thread[WORKERS];
    size_t started, waiting;
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct work *first, **last;
    bool stopping;
};

static void *serve(void *arg)
{
    struct workers *w = arg;
    pthread_mutex_lock(&w->lock);
    for (;;) {
        while (!w->first && !w->stopping)
            pthread_cond_wait(&w->more, &w->lock);
        struct work *x = w->first;
        if (!x)
            break;
        w->first = x->next;
        if (!w->first)
            w->last = &w->first;
        w->waiting--;
        pthread_mutex_unlock(&w->lock);
        x->run(x);
        pthread_mutex_lock(&w->lock);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

enum err workers_start(struct workers **out, struct fault *f)
{
    pthread_attr_t attr;
    struct workers *w = mem_alloc(1, sizeof *w);
    if (!w)
        return fault_set(f, ERR_MEMORY, "thread", SLICE(""), "");
    w->last = &w->first;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->more, NULL);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    while (w->started < WORKERS && pthread_create(&w->thread[w->started], &attr, serve, w) == 0)
        w->started++;
    pthread_attr_destroy(&attr);
    if (w->started == WORKERS) {
        *out = w;
        return OK;
    }
    workers_stop(w);
    workers_free(w);
    return fault_set(f, ERR_MEMORY, "thread", SLICE(""), "");
}

void workers_stop(struct workers *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_broadcast(&w->more);
    pthread_mutex_unlock(&w->lock);
    for (size_t i = 0; i < w->started; i++)
        pthread_join(w->thread[i], NULL);
}

void workers_free(struct workers *w)
{
    if (!w)
        return;
    pthread_cond_destroy(&w->more);
    pthread_mutex_destroy(&w->lock);
    mem_free(w);
}

bool workers_take(struct workers *w, struct work *work)
{
    pthread_mutex_lock(&w->lock);
    bool take = !w->stopping && w->waiting < WORKERS_QUEUE;
    work->next = NULL;
    if (take) {
        *w->last = work;
        w->last = &work->next;
        w->waiting++;
        pthread_cond_signal(&w->more);
    }
    pthread_mutex_unlock(&w->lock);
    return take;
}
