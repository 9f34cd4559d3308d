#include "store/lease.h"
#include "base/arena.h"
#include "base/time.h"
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/banned.h"

#define HELD_MS 6000  /* good for */
#define BEAT_MS 1500  /* renewed every */
#define WAIT_MS 8000  /* for a holder that is dead, or ends */
#define LOOK_MS 100
#define WANT_MS 3000  /* sequencers stand back after somebody said that he wants it */

#define NOW "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
static const struct statement create = {"INSERT INTO lease (name, epoch, holder, until, wanted) VALUES ('writer'::bytea, 1, $1, 0, 0) RETURNING epoch"};
static const struct statement look = {"SELECT epoch, holder, until FROM lease WHERE name = 'writer'::bytea"};
static const struct statement look_locked = {
    "SELECT epoch, holder, until, " NOW ", wanted FROM lease WHERE name = 'writer'::bytea FOR UPDATE SKIP LOCKED"};
static const struct statement seize = {
    "UPDATE lease SET epoch = epoch + 1, holder = $1, until = " NOW " + $2, wanted = 0 WHERE name = 'writer'::bytea AND epoch = $3 RETURNING epoch"};
static const struct statement touch = {
    "UPDATE lease SET until = " NOW " + $1 WHERE name = 'writer'::bytea AND epoch = $2 RETURNING epoch"};
static const struct statement want = {"UPDATE lease SET wanted = " NOW " + $1 WHERE name = 'writer'::bytea"};
static const struct statement is_wanted = {"SELECT epoch FROM lease WHERE name = 'writer'::bytea AND wanted > " NOW};

/* A thread that renews, on a connection of its own. */
struct beat {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool stop;
    struct home home;
    struct lease lease;
};

enum err lease_create(struct engine *e, struct fault *f)
{
    struct value in[] = {V_SLICE(SLICE("nobody"))};
    return engine_run(e, &create, in, 1, f);
}

/* A statement that gives the row's epoch or nothing. */
static enum err epoch_of(struct engine *e, const struct statement *s, const struct value *in, size_t n, uint64_t *epoch, struct fault *f)
{
    struct value out[1];
    struct rows *r;
    bool found;
    enum err err = engine_one(e, s, in, n, out, 1, &found, &r, f);
    *epoch = !err && found ? (uint64_t)out[0].i : 0;
    if (!err && found)
        e->verbs->stop(r);
    return err;
}

enum err lease_touch(struct engine *e, const struct lease *l, struct fault *f)
{
    struct value in[] = {V_INT(HELD_MS), V_INT(l->epoch)};
    uint64_t epoch;
    enum err err = epoch_of(e, &touch, in, 2, &epoch, f);
    return err || epoch ? err : fault_set(f, ERR_CONFLICT, "--data", SLICE(""), "want.other_writer_ended");
}

/* ---- renewing ---- */

static void renew(struct beat *b, struct engine **e)
{
    if (!*e && b->home.verbs->open(b->home.where, ENGINE_WRITE, e, NULL))
        *e = NULL;
    if (*e)
        lease_touch(*e, &b->lease, NULL); /* lost: the writer's next transaction says so */
}

static void *beat_on(void *arg)
{
    struct beat *b = arg;
    struct engine *e = NULL;
    pthread_mutex_lock(&b->lock);
    while (!b->stop) {
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC, &t);
        t.tv_nsec += BEAT_MS % 1000 * 1000000L;
        t.tv_sec += BEAT_MS / 1000 + t.tv_nsec / 1000000000;
        t.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&b->ended, &b->lock, &t);
        bool stop = b->stop;
        pthread_mutex_unlock(&b->lock);
        if (!stop)
            renew(b, &e);
        pthread_mutex_lock(&b->lock);
    }
    pthread_mutex_unlock(&b->lock);
    if (e)
        e->verbs->close(e);
    return NULL;
}

static struct beat *beat_new(const struct home *p, const struct lease *l)
{
    pthread_condattr_t attr;
    struct beat *b = mem_alloc(1, sizeof *b);
    if (!b)
        return NULL;
    b->home = *p;
    b->lease = *l;
    pthread_mutex_init(&b->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&b->ended, &attr);
    pthread_condattr_destroy(&attr);
    if (pthread_create(&b->thread, NULL, beat_on, b) == 0)
        return b;
    pthread_mutex_destroy(&b->lock);
    pthread_cond_destroy(&b->ended);
    mem_free(b);
    return NULL;
}

static void beat_end(struct beat *b)
{
    if (!b)
        return;
    pthread_mutex_lock(&b->lock);
    b->stop = true;
    pthread_cond_signal(&b->ended);
    pthread_mutex_unlock(&b->lock);
    pthread_join(b->thread, NULL);
    pthread_mutex_destroy(&b->lock);
    pthread_cond_destroy(&b->ended);
    mem_free(b);
}

/* ---- taking ---- */

struct holder {
    uint64_t epoch;
    int64_t until, now, wanted;
    bool free; /* the row is not locked */
    char name[160];
};

static const char sequencer[] = "sequencer ";

/* "process 17 on capital" for people, and the directory's identity behind it: the host, device and inode of the lock. */
static void name_us(int lock_fd, bool gives_way, char *out, size_t n)
{
    struct stat st = {0};
    char host[65] = "";
    fstat(lock_fd, &st);
    gethostname(host, sizeof host - 1);
    snprintf(out, n, "%sprocess %ld on %s (%llx:%llx)", gives_way ? sequencer : "", (long)getpid(), host, (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
}

static bool same_directory(const char *a, const char *b)
{
    const char *x = strstr(a, " on "), *y = strstr(b, " on ");
    return x && y && strcmp(x, y) == 0;
}

static enum err look_at(struct engine *e, const struct statement *s, size_t columns, struct holder *h, bool *found, struct fault *f)
{
    struct value out[5];
    struct rows *r;
    enum err err = engine_one(e, s, NULL, 0, out, columns, found, &r, f);
    if (err || !*found)
        return err;
    h->epoch = (uint64_t)out[0].i;
    snprintf(h->name, sizeof h->name, SLICE_FMT, SLICE_ARG(out[1].b));
    h->until = out[2].i;
    h->now = columns > 3 ? out[3].i : 0;
    h->wanted = columns > 3 ? out[4].i : 0;
    e->verbs->stop(r);
    return OK;
}

/* One try, in a transaction of its own. *epoch 0: somebody has it. */
static enum err try_to_take(struct engine *e, const char *us, bool gives_way, uint64_t *epoch, struct holder *h, struct fault *f)
{
    struct value in[] = {V_SLICE(slice_str(us)), V_INT(HELD_MS), V_NULL};
    *epoch = 0;
    enum err err = e->verbs->begin(e, f);
    if (err)
        return err;
    err = look_at(e, &look_locked, 5, h, &h->free, f);
    if (!err && h->free && !(gives_way && h->wanted > h->now) && (h->until < h->now || same_directory(h->name, us))) {
        in[2] = V_INT(h->epoch);
        err = epoch_of(e, &seize, in, 3, epoch, f);
    }
    if (!err && *epoch)
        err = e->verbs->commit(e, f);
    if (err || !*epoch)
        e->verbs->rollback(e);
    return err;
}

static enum err say_wanted(struct engine *e, const struct lease *us, struct fault *f)
{
    struct value in[] = {V_INT(WANT_MS)};
    return us->gives_way ? OK : engine_run(e, &want, in, 1, f);
}

/* Waits while the holder may be dead or gives way; another that renews meanwhile is alive. */
static enum err wait_for(struct engine *e, const char *us, struct lease *out, struct fault *f)
{
    struct holder h = {0}, first = {0};
    enum err err = OK;
    bool found;
    for (int waited = 0; !err; waited += LOOK_MS) {
        struct timespec t = {0, LOOK_MS * 1000000L};
        if ((err = try_to_take(e, us, out->gives_way, &out->epoch, &h, f)) || out->epoch)
            return err;
        err = look_at(e, &look, 3, &h, &found, f);
        if (!err && !found)
            return fault_set(f, ERR_DAMAGED, "lease", SLICE(""), "");
        if (!waited)
            first = h;
        if (!err && waited % (5 * LOOK_MS) == 0)
            err = say_wanted(e, out, f);
        bool alive = !err && (h.epoch != first.epoch || h.until > first.until) &&
            (out->gives_way || strncmp(h.name, sequencer, sizeof sequencer - 1) != 0);
        if (!err && (alive || waited >= WAIT_MS))
            return fault_set(f, ERR_BUSY, "--data", slice_of(h.name, strcspn(h.name, "(")), "want.other_writer_ended");
        nanosleep(&t, NULL);
    }
    return err;
}

enum err lease_take(struct engine *e, const struct home *p, int lock_fd, bool gives_way, struct lease *out, struct fault *f)
{
    char us[160];
    *out = (struct lease){.gives_way = gives_way};
    name_us(lock_fd, gives_way, us, sizeof us);
    enum err err = wait_for(e, us, out, f);
    if (!err && !(out->beat = beat_new(p, out)))
        err = fault_set(f, ERR_MEMORY, "thread", SLICE(""), "");
    return err;
}

enum err lease_wanted(struct engine *e, bool *out, struct fault *f)
{
    uint64_t epoch;
    enum err err = epoch_of(e, &is_wanted, NULL, 0, &epoch, f);
    *out = epoch != 0;
    return err;
}

void lease_leave(struct engine *e, struct lease *l)
{
    struct value in[] = {V_INT(-1), V_INT(l->epoch)};
    uint64_t epoch;
    beat_end(l->beat);
    if (l->epoch)
        epoch_of(e, &touch, in, 2, &epoch, NULL);
    *l = (struct lease){0};
}
