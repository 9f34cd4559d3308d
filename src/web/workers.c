/* Invariants, under the lock: at_work + rising <= WORKERS when a thread takes new work; whoever makes work possible (a place, or new work) calls
 * offer, which wakes an idle thread or makes one. */
#include "web/workers.h"
#include <pthread.h>
#include "base/arena.h"
#include "base/banned.h"

#define STACK ((size_t)1 << 20)

struct workers {
    pthread_t thread[WORKERS_THREADS];
    size_t started, idle, waiting;
    size_t at_work, rising; /* threads that run something and do not rest; that ask for a place */
    pthread_mutex_t lock;
    pthread_cond_t more, place;
    pthread_attr_t attr;
    struct work *first, **last;
    bool stopping;
};

static void *serve(void *arg);

static bool place_for_new(const struct workers *w)
{
    return w->at_work + w->rising < WORKERS;
}

static bool make_thread(struct workers *w)
{
    if (w->started == WORKERS_THREADS || pthread_create(&w->thread[w->started], &w->attr, serve, w))
        return false;
    w->started++;
    return true;
}

/* Work that waits and a place that is free find each other. */
static void offer(struct workers *w)
{
    if (!w->first || !place_for_new(w))
        return;
    if (w->idle)
        pthread_cond_signal(&w->more);
    else
        make_thread(w); /* without one more, those who end what they do take it */
}

static struct work *pop(struct workers *w)
{
    struct work *x = w->first;
    w->first = x->next;
    if (!w->first)
        w->last = &w->first;
    w->waiting--;
    return x;
}

static void leave_place(struct workers *w)
{
    w->at_work--;
    if (w->rising)
        pthread_cond_signal(&w->place);
    else
        offer(w);
}

static void *serve(void *arg)
{
    struct workers *w = arg;
    pthread_mutex_lock(&w->lock);
    for (;;) {
        while (w->first ? !place_for_new(w) : !w->stopping) {
            w->idle++;
            pthread_cond_wait(&w->more, &w->lock);
            w->idle--;
        }
        if (!w->first)
            break;
        struct work *x = pop(w);
        w->at_work++;
        offer(w); /* a signal that two gave was one */
        pthread_mutex_unlock(&w->lock);
        x->run(x);
        pthread_mutex_lock(&w->lock);
        leave_place(w);
    }
    pthread_cond_signal(&w->more); /* the next one may end too */
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

void workers_rest(struct workers *w)
{
    pthread_mutex_lock(&w->lock);
    leave_place(w);
    pthread_mutex_unlock(&w->lock);
}

void workers_rise(struct workers *w)
{
    pthread_mutex_lock(&w->lock);
    w->rising++;
    while (w->at_work >= WORKERS)
        pthread_cond_wait(&w->place, &w->lock);
    w->rising--;
    w->at_work++;
    offer(w); /* two may have left a place for one who rises */
    pthread_mutex_unlock(&w->lock);
}

enum err workers_start(struct workers **out, struct fault *f)
{
    struct workers *w = mem_alloc(1, sizeof *w);
    if (!w)
        return fault_set(f, ERR_MEMORY, "thread", SLICE(""), "");
    w->last = &w->first;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->more, NULL);
    pthread_cond_init(&w->place, NULL);
    pthread_attr_init(&w->attr);
    pthread_attr_setstacksize(&w->attr, STACK);
    pthread_mutex_lock(&w->lock);
    bool made = make_thread(w); /* one that is there makes sure that work is never only taken */
    pthread_mutex_unlock(&w->lock);
    if (made) {
        *out = w;
        return OK;
    }
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
    for (size_t i = 0; i < w->started; i++) { /* what waits may make threads yet */
        pthread_t thread = w->thread[i];
        pthread_mutex_unlock(&w->lock);
        pthread_join(thread, NULL);
        pthread_mutex_lock(&w->lock);
    }
    pthread_mutex_unlock(&w->lock);
}

void workers_free(struct workers *w)
{
    if (!w)
        return;
    pthread_cond_destroy(&w->place);
    pthread_cond_destroy(&w->more);
    pthread_mutex_destroy(&w->lock);
    pthread_attr_destroy(&w->attr);
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
        offer(w);
    }
    pthread_mutex_unlock(&w->lock);
    return take;
}
