#include "web/patience.h"
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>
#include "base/arena.h"
#include "base/time.h"
#include "base/banned.h"

struct wait {
    int fd;
    enum wait_for what;
    int64_t since; /* monotonic ns */
    struct wait *next, **back;
};
struct patience {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t stop;
    bool stopping;
    int64_t most[3]; /* by enum wait_for, ns */
    struct wait *first;
};

/* The library then reads an end, and closes. */
static void cut_off(struct patience *p, int64_t now)
{
    for (struct wait *w = p->first; w; w = w->next)
        if (now - w->since > p->most[w->what])
            shutdown(w->fd, SHUT_RDWR);
}

static void *look(void *arg)
{
    struct patience *p = arg;
    pthread_mutex_lock(&p->lock);
    while (!p->stopping) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec++;
        pthread_cond_timedwait(&p->stop, &p->lock, &until);
        cut_off(p, time_mono_ns());
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

enum err patience_start(int ask_seconds, int take_seconds, struct patience **out, struct fault *f)
{
    struct patience *p = mem_alloc(1, sizeof *p);
    if (!p)
        return fault_set(f, ERR_MEMORY, "thread", SLICE(""), "");
    p->most[WAIT_REQUEST] = ask_seconds * INT64_C(1000000000);
    p->most[WAIT_OURSELVES] = INT64_MAX;
    p->most[WAIT_TAKING] = take_seconds * INT64_C(1000000000);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->stop, NULL);
    if (pthread_create(&p->thread, NULL, look, p) == 0) {
        *out = p;
        return OK;
    }
    mem_free(p);
    return fault_set(f, ERR_MEMORY, "thread", SLICE(""), "");
}

void patience_stop(struct patience *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->stopping = true;
    pthread_cond_signal(&p->stop);
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->thread, NULL);
    pthread_cond_destroy(&p->stop);
    pthread_mutex_destroy(&p->lock);
    mem_free(p);
}

struct wait *patience_begin(struct patience *p, int fd)
{
    struct wait *w = mem_alloc(1, sizeof *w);
    if (!w)
        return NULL;
    *w = (struct wait){.fd = fd, .what = WAIT_REQUEST, .since = time_mono_ns()};
    pthread_mutex_lock(&p->lock);
    w->next = p->first;
    w->back = &p->first;
    if (w->next)
        w->next->back = &w->next;
    p->first = w;
    pthread_mutex_unlock(&p->lock);
    return w;
}

void patience_end(struct patience *p, struct wait *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&p->lock);
    *w->back = w->next;
    if (w->next)
        w->next->back = w->back;
    pthread_mutex_unlock(&p->lock);
    mem_free(w);
}

void patience_now(struct patience *p, struct wait *w, enum wait_for what)
{
    if (!w)
        return;
    int64_t now = time_mono_ns();
    pthread_mutex_lock(&p->lock);
    w->what = what;
    w->since = now;
    pthread_mutex_unlock(&p->lock);
}
