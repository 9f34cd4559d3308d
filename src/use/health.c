#include "use/health.h"
#include "use/writer.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "base/banned.h"

static const struct {
    enum err e;
    const char *word;
} words[] = {{ERR_NO_ROOM, "no_room"}, {ERR_IO, "io"}, {ERR_LOCKED, "locked"}, {ERR_BUSY, "busy"}, {ERR_LOST, "lost"}, {ERR_MEMORY, "memory"},
    {ERR_CLOCK, "clock"}, {ERR_DAMAGED, "damaged"}, {ERR_KEY, "key"}};

/* A file that nobody sees, written and gone: knows of full disks, quotas and file systems that became read-only. Where such files cannot be made nothing is
 * known. */
static enum err try_room(const char *dir)
{
    static const char nothing[4096];
    int fd = open(dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600), sys = fd < 0 ? errno : 0;
    for (size_t n = 0; fd >= 0 && !sys && n < HEALTH_TRY; n += sizeof nothing) {
        ssize_t put = write(fd, nothing, sizeof nothing);
        sys = put < 0 ? errno : put < (ssize_t)sizeof nothing ? ENOSPC : 0;
    }
    if (fd >= 0)
        close(fd);
    if (sys == ENOENT || sys == EOPNOTSUPP || sys == EISDIR || sys == EINTR || sys == EMFILE || sys == ENFILE)
        return OK;
    return sys ? fault_sys(NULL, sys, "") : OK;
}

static enum err room(struct app *app)
{
    int64_t now = time_mono_ns();
    pthread_mutex_lock(&app->lock);
    bool due = !app->tried || now - app->tried >= (int64_t)HEALTH_TRY_MS * 1000000;
    app->tried = due ? now : app->tried;
    enum err e = app->room;
    pthread_mutex_unlock(&app->lock);
    if (!due)
        return e;
    char keys[sizeof app->dir + 16]; /* a key folder is on a disk of its own, perhaps */
    snprintf(keys, sizeof keys, "%s/keystore", app->dir);
    if (!(e = try_room(app->dir)))
        e = try_room(keys);
    pthread_mutex_lock(&app->lock);
    app->room = e;
    pthread_mutex_unlock(&app->lock);
    return e;
}

/* What the last write met. */
static enum err last(struct app *app)
{
    int64_t ago = 0;
    pthread_mutex_lock(&app->lock);
    struct writer *w = app->writer;
    pthread_mutex_unlock(&app->lock);
    enum err e = w ? writer_failed(w, &ago) : OK;
    return ago < (int64_t)HEALTH_FAILED_MS * 1000000 ? e : OK;
}

const char *use_write_fault(struct app *app, struct store *s)
{
    bool stale = false;
    struct log l;
    enum err e = room(app);
    if (!e && !log_open(&l, s, NULL))
        e = log_clock(&l, app->clock(app->arg), NULL);
    if (!store_stale(s, &stale, NULL) && stale)
        return "stale";
    e = e ? e : last(app);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (e == words[i].e)
            return words[i].word;
    return e ? "refused" : "";
}

/* "status" is what it was before "reads" and "writes" were told: that there is an answer. */
static void put(struct cj *out, const char *fault, uint64_t size, uint64_t items, const struct index_view *v)
{
    cj_obj(out);
    cj_kstr(out, "status", SLICE("ok"));
    cj_kstr(out, "version", SLICE("0.1.0"));
    cj_kint(out, "log_size", (int64_t)size);
    cj_kint(out, "firearms", (int64_t)items);
    cj_kint(out, "marks", (int64_t)index_count(v));
    cj_kstr(out, "reads", SLICE("ok"));
    cj_kstr(out, "writes", *fault ? SLICE("failing") : SLICE("ok"));
    if (*fault)
        cj_kstr(out, "reason", slice_str(fault));
    cj_obj_end(out);
}

enum err use_health(struct app *app, struct cj *out, struct fault *f)
{
    struct desk *d;
    struct index_view *v;
    const struct ranker *r;
    uint64_t size, items;
    const char *fault = "";
    enum err e = desk_take(app, &d, f);
    if (e)
        return e;
    e = store_begin(d->store, f);
    if (!e && !(e = store_count(d->store, &items, f)))
        fault = use_write_fault(app, d->store);
    store_rollback(d->store);
    if (!e && !(e = app_index(app, d, &v, &r, &size, f))) {
        put(out, fault, size, items, v);
        index_release(v);
    }
    desk_give(app, d);
    return e;
}
