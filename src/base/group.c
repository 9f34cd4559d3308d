/* The thread of a group. States of a job: waiting (in the queue) -> run -> committed or failed -> done. The lock guards the queue and
 * the counters; nothing is called under it. */
#include "base/group.h"
#include "base/arena.h"
#include <pthread.h>
#include <time.h>
#include "base/banned.h"

struct group {
    const struct group_ops *ops;
    void *sink;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct group_job *first, **last;
    size_t waiting;
    uint64_t groups, jobs;
    bool stopping, idle_told;
};

static void fail_all(struct group_job *jobs, enum err e, const struct fault *f)
{
    for (struct group_job *j = jobs; j; j = j->next)
        if (!j->err) {
            j->err = e;
            j->fault = *f;
            j->fault.code = e;
        }
}

/* One job inside the transaction; what it wrote is taken back when it fails. An error of taking back ends the group. */
static enum err run_job(struct group *g, struct group_job *j, struct fault *f)
{
    enum err e = g->ops->mark(g->sink, f);
    if (e)
        return e;
    j->err = j->run(j, g->sink, &j->fault);
    if (j->err)
        j->fault.code = j->err;
    return j->err ? g->ops->back(g->sink, f) : OK;
}

static void run_group(struct group *g, struct group_job *jobs)
{
    struct fault f = {0};
    enum err e = g->ops->begin(g->sink, &f);
    bool begun = !e;
    for (struct group_job *j = jobs; j && !e; j = j->next)
        e = run_job(g, j, &f);
    if (!e)
        e = g->ops->commit(g->sink, &f);
    else if (begun)
        g->ops->rollback(g->sink);
    if (e)
        fail_all(jobs, e, &f);
    for (struct group_job *j = jobs, *next; j; j = next) {
        next = j->next;
        j->done(j);
    }
}

/* Waits for work; false when it is time to be idle. The caller holds the lock. */
static bool wait_for_work(struct group *g)
{
    struct timespec until;
    if (!g->ops->idle || g->idle_told) {
        pthread_cond_wait(&g->work, &g->lock);
        return true;
    }
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += g->ops->idle_ms / 1000;
    until.tv_nsec += (long)(g->ops->idle_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    return pthread_cond_timedwait(&g->work, &g->lock, &until) == 0;
}

/* Up to GROUP_TOGETHER jobs off the queue, as a list. */
static struct group_job *take(struct group *g)
{
    struct group_job *jobs = g->first, **end = &g->first;
    size_t n = 0;
    for (; *end && n < GROUP_TOGETHER; n++)
        end = &(*end)->next;
    g->first = *end;
    *end = NULL;
    if (!g->first)
        g->last = &g->first;
    g->waiting -= n;
    g->groups++;
    g->jobs += n;
    return jobs;
}

static void *serve(void *arg)
{
    struct group *g = arg;
    pthread_mutex_lock(&g->lock);
    while (g->first || !g->stopping) {
        if (!g->first) {
            if (!wait_for_work(g) && !g->first && !g->stopping) {
                g->idle_told = true;
                pthread_mutex_unlock(&g->lock);
                g->ops->idle(g->sink);
                pthread_mutex_lock(&g->lock);
            }
            continue;
        }
        struct group_job *jobs = take(g);
        g->idle_told = false;
        pthread_mutex_unlock(&g->lock);
        run_group(g, jobs);
        pthread_mutex_lock(&g->lock);
    }
    pthread_mutex_unlock(&g->lock);
    return NULL;
}

enum err group_start(const struct group_ops *ops, void *sink, struct group **out, struct fault *f)
{
    pthread_condattr_t attr;
    struct group *g = mem_alloc(1, sizeof *g);
    if (!g)
        return fault_set(f, ERR_MEMORY, "thread", SLICE(""), "");
    g->ops = ops;
    g->sink = sink;
    g->last = &g->first;
    g->idle_told = true;
    pthread_mutex_init(&g->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&g->work, &attr);
    pthread_condattr_destroy(&attr);
    if (pthread_create(&g->thread, NULL, serve, g)) {
        pthread_cond_destroy(&g->work);
        pthread_mutex_destroy(&g->lock);
        mem_free(g);
        return fault_set(f, ERR_MEMORY, "thread", SLICE(""), "");
    }
    *out = g;
    return OK;
}

void group_stop(struct group *g)
{
    if (!g)
        return;
    pthread_mutex_lock(&g->lock);
    g->stopping = true;
    pthread_cond_signal(&g->work);
    pthread_mutex_unlock(&g->lock);
    pthread_join(g->thread, NULL);
    pthread_cond_destroy(&g->work);
    pthread_mutex_destroy(&g->lock);
    mem_free(g);
}

enum err group_submit_list(struct group *g, struct group_job *first, struct group_job *last, size_t n, struct fault *f)
{
    for (struct group_job *j = first; j; j = j->next) {
        j->err = OK;
        j->fault = (struct fault){0};
    }
    pthread_mutex_lock(&g->lock);
    bool full = g->waiting + n > (n > 1 ? GROUP_LISTS : GROUP_JOBS) || g->stopping;
    if (!full) {
        *g->last = first;
        g->last = &last->next;
        g->waiting += n;
        pthread_cond_signal(&g->work);
    }
    pthread_mutex_unlock(&g->lock);
    return full ? fault_set(f, ERR_BUSY, "writer", SLICE(""), "want.try_again") : OK;
}

enum err group_submit(struct group *g, struct group_job *job, struct fault *f)
{
    job->next = NULL;
    return group_submit_list(g, job, job, 1, f);
}

/* ---- waiting ---- */

struct waiter { /* stands behind the caller's job: the group knows only this one */
    struct group_job job;
    struct group_job *inner;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool done;
};

static enum err run_inner(struct group_job *job, void *sink, struct fault *f)
{
    struct waiter *w = (struct waiter *)job;
    return w->inner->run(w->inner, sink, f);
}

static void tell(struct group_job *job)
{
    struct waiter *w = (struct waiter *)job;
    pthread_mutex_lock(&w->lock);
    w->done = true;
    pthread_cond_signal(&w->ended);
    pthread_mutex_unlock(&w->lock);
}

enum err group_wait(struct group *g, struct group_job *job, struct fault *f)
{
    struct waiter w = {.job = {.run = run_inner, .done = tell}, .inner = job};
    pthread_mutex_init(&w.lock, NULL);
    pthread_cond_init(&w.ended, NULL);
    enum err e = group_submit(g, &w.job, f);
    if (!e) {
        pthread_mutex_lock(&w.lock);
        while (!w.done)
            pthread_cond_wait(&w.ended, &w.lock);
        pthread_mutex_unlock(&w.lock);
        e = w.job.err;
        if (e && f)
            *f = w.job.fault;
    }
    pthread_cond_destroy(&w.ended);
    pthread_mutex_destroy(&w.lock);
    return e;
}

size_t group_waiting(struct group *g)
{
    pthread_mutex_lock(&g->lock);
    size_t n = g->waiting;
    pthread_mutex_unlock(&g->lock);
    return n;
}

void group_counts(struct group *g, uint64_t *groups, uint64_t *jobs)
{
    pthread_mutex_lock(&g->lock);
    *groups = g->groups;
    *jobs = g->jobs;
    pthread_mutex_unlock(&g->lock);
}
