/* States of the store: CLOSED (no lock) -> OPEN (first job) -> ... -> CLOSED (idle, or held for long and wanted by others).
 *
 * Invariant: a job sees rows of all records that were committed before its group. Else an entry that was committed before a kill, and is sent again, would be
 * recorded twice: it is known by its claim, which is a derived row. */
#include "use/writer.h"
#include <pthread.h>
#include <unistd.h>
#include "base/banned.h"

struct writer {
    struct app *app;
    struct group *group;
    struct store *store; /* NULL: CLOSED */
    _Atomic(struct key_store *) keys; /* kept from the first opening on: the next reads what was added since */
    struct log log;
    struct log_mark mark; /* the job under way began here */
    int64_t look_at;      /* when it is asked next whether others wait; ns of time_mono_ns, as the next */
    int64_t aside;        /* others may take it until then */
    bool behind;          /* records may be committed whose rows are not there */
    bool hurt;            /* a job of this group met a fault of the environment */
    _Atomic(int) failed;  /* enum err of the last group */
    _Atomic(int64_t) failed_at;
};

/* Not what a caller did: disk, lock, keys, memory, clock. ERR_REFUSED of begin: a rebuild is asked for first. */
static enum err remember(struct writer *w, enum err e)
{
    w->failed_at = time_mono_ns();
    w->failed = e;
    return e;
}

static void close_store(struct writer *w)
{
    if (w->store)
        log_close(&w->log, NULL); /* what could not be published is, by the next who opens */
    store_close(w->store);
    w->store = NULL;
}

static enum err open_store(struct writer *w, struct fault *f)
{
    int64_t now = time_mono_ns(), until = now + (int64_t)WRITER_WAIT_MS * 1000000;
    enum err e;
    if (now < w->aside)
        usleep((useconds_t)((w->aside - now) / 1000));
    while ((e = store_open_with(w->app->dir, STORE_WRITE, w->keys, &w->store, f)) == ERR_BUSY && time_mono_ns() < until)
        usleep(50000);
    if (e)
        return e;
    if (!w->keys)
        w->keys = store_take_keys(w->store);
    store_expect(w->store);
    w->look_at = time_mono_ns() + (int64_t)WRITER_HOLD_MS * 1000000;
    w->behind = true; /* a kill, or who wrote meanwhile, may have left it so */
    if ((e = log_open(&w->log, w->store, f)) || (e = log_publish(&w->log, f)))
        close_store(w);
    return e;
}

static enum err catch_up(struct writer *w, struct fault *f)
{
    enum err e = w->behind ? store_derive(w->store, NULL, f) : OK;
    w->behind = w->behind && e;
    return e;
}

static enum err on_begin(void *sink, struct fault *f)
{
    struct writer *w = sink;
    enum err e = w->store ? OK : open_store(w, f);
    w->hurt = false;
    if (!e && !(e = catch_up(w, f)))
        e = log_begin(&w->log, f);
    return e ? remember(w, e) : OK;
}

static enum err on_mark(void *sink, struct fault *f)
{
    struct writer *w = sink;
    return log_mark(&w->log, &w->mark, f);
}

static enum err on_back(void *sink, struct fault *f)
{
    struct writer *w = sink;
    return log_back(&w->log, &w->mark, f);
}

static void on_rollback(void *sink)
{
    struct writer *w = sink;
    log_rollback(&w->log);
}

static void give_way(struct writer *w)
{
    int64_t now = time_mono_ns();
    bool wanted = false;
    if (now < w->look_at)
        return;
    w->look_at = now + (int64_t)WRITER_HOLD_MS / 4 * 1000000;
    if (store_wanted(w->store, &wanted, NULL) || !wanted)
        return;
    close_store(w);
    w->aside = time_mono_ns() + (int64_t)WRITER_ASIDE_MS * 1000000;
}

/* Rows that do not follow now follow before the next group, from the log: they take nothing back. */
static enum err on_commit(void *sink, struct fault *f)
{
    struct writer *w = sink;
    enum err e = log_commit(&w->log, f);
    if (e || !w->hurt)
        remember(w, e);
    w->behind = w->behind || !e;
    if (!e && !catch_up(w, NULL))
        store_tend(w->store, NULL);
    if (!e)
        give_way(w);
    return e;
}

static void on_idle(void *sink)
{
    close_store(sink);
}

static const struct group_ops ops = {on_begin, on_mark, on_back, on_commit, on_rollback, on_idle, WRITER_IDLE_MS};

enum err writer_start(struct app *a, struct writer **out, struct fault *f)
{
    struct writer *w = mem_alloc(1, sizeof *w);
    if (!w)
        return fault_set(f, ERR_MEMORY, "writer", SLICE(""), "");
    w->app = a;
    enum err e = group_start(&ops, w, &w->group, f);
    if (e)
        mem_free(w);
    else
        *out = w;
    return e;
}

void writer_stop(struct writer *w)
{
    if (!w)
        return;
    group_stop(w->group);
    close_store(w);
    keys_close(w->keys);
    mem_free(w);
}

void writer_watch(struct writer *w)
{
    struct key_store *k = w->keys;
    if (k)
        keys_look(k, NULL);
}

struct writer_job {
    struct group_job job;
    writer_fn fn;
    void (*done)(void *arg, enum err e, const struct fault *f);
    void *arg;
};

static enum err run_job(struct group_job *job, void *sink, struct fault *f)
{
    struct writer_job *j = (struct writer_job *)job;
    struct writer *w = sink;
    enum err e = j->fn(j->arg, &w->log, f);
    if (err_who(e) == ERR_ENVIRONMENT) {
        w->hurt = true;
        remember(w, e);
    }
    return e;
}

static void tell(struct group_job *job)
{
    struct writer_job *j = (struct writer_job *)job;
    j->done(j->arg, job->err, &job->fault);
    mem_free(j);
}

enum err writer_do(struct writer *w, writer_fn fn, void *arg, struct fault *f)
{
    struct writer_job j = {.job = {.run = run_job}, .fn = fn, .arg = arg};
    return group_wait(w->group, &j.job, f);
}

enum err writer_send(struct writer *w, writer_fn fn, void *arg, void (*done)(void *arg, enum err e, const struct fault *f), struct fault *f)
{
    struct writer_job *j = mem_alloc(1, sizeof *j);
    if (!j)
        return fault_set(f, ERR_MEMORY, "writer", SLICE(""), "");
    *j = (struct writer_job){{.run = run_job, .done = tell}, fn, done, arg};
    enum err e = group_submit(w->group, &j->job, f);
    if (e)
        mem_free(j);
    return e;
}

/* ---- many at once ---- */

struct many {
    pthread_mutex_t lock;
    pthread_cond_t ended;
    size_t left;
};
struct many_job {
    struct writer_job job;
    struct many *many;
};

static void count_down(struct group_job *job)
{
    struct many *m = ((struct many_job *)job)->many;
    pthread_mutex_lock(&m->lock);
    if (!--m->left)
        pthread_cond_signal(&m->ended);
    pthread_mutex_unlock(&m->lock);
}

static void wait_for_all(struct many *m)
{
    pthread_mutex_lock(&m->lock);
    while (m->left)
        pthread_cond_wait(&m->ended, &m->lock);
    pthread_mutex_unlock(&m->lock);
}

enum err writer_do_all(struct writer *w, writer_fn fn, void *const *arg, size_t n, enum err *err, struct fault *fault, struct fault *f)
{
    struct many m = {.left = n};
    struct many_job *jobs = n ? mem_alloc(n, sizeof *jobs) : NULL;
    if (!jobs)
        return n ? fault_set(f, ERR_MEMORY, "writer", SLICE(""), "") : OK;
    pthread_mutex_init(&m.lock, NULL);
    pthread_cond_init(&m.ended, NULL);
    for (size_t i = 0; i < n; i++)
        jobs[i] = (struct many_job){{{.run = run_job, .done = count_down, .next = i + 1 < n ? &jobs[i + 1].job.job : NULL}, fn, NULL, arg[i]}, &m};
    enum err e = group_submit_list(w->group, &jobs[0].job.job, &jobs[n - 1].job.job, n, f);
    if (!e)
        wait_for_all(&m);
    for (size_t i = 0; i < n && !e; i++) {
        err[i] = jobs[i].job.job.err;
        fault[i] = jobs[i].job.job.fault;
    }
    pthread_cond_destroy(&m.ended);
    pthread_mutex_destroy(&m.lock);
    mem_free(jobs);
    return e;
}

void writer_counts(struct writer *w, uint64_t *groups, uint64_t *jobs)
{
    group_counts(w->group, groups, jobs);
}

enum err writer_failed(struct writer *w, int64_t *out_ago)
{
    *out_ago = time_mono_ns() - w->failed_at;
    return (enum err)w->failed;
}

size_t writer_waiting(struct writer *w)
{
    return group_waiting(w->group);
}
