/* Import: open, run the intake, let derived rows and index follow, and keep a report in DIR/imports that pages can show. */
#include "use/import.h"
#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/banned.h"

struct job {
    struct app *app;
    const struct use_import_in *in;
    struct use_import_out *out;
    struct store *store;
    struct log log;
    struct map *map;
    struct ahead *ahead;
    char report[600];
    int64_t started, begun, reported; /* clock; monotonic: the run, the last report */
};

/* ---- the report ---- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void write_report(struct job *j, const char *state)
{
    struct buf b;
    struct cj c;
    char when[25];
    const struct intake_counts *n = &j->out->counts;
    buf_init(&b, 1u << 16);
    cj_open_loose(&c, &b);
    cj_obj(&c);
    cj_kstr(&c, "source", j->map->source);
    cj_kstr(&c, "file", slice_str(base_name(j->in->file)));
    cj_kstr(&c, "map", j->in->map_name);
    cj_kstr(&c, "state", slice_str(state));
    time_text(j->started, when);
    cj_kstr(&c, "started", slice_str(when));
    time_text(j->app->clock(j->app->arg), when);
    cj_kstr(&c, strcmp(state, "running") == 0 ? "seen" : "ended", slice_str(when));
    cj_kint(&c, "rows", (int64_t)n->rows);
    cj_kint(&c, "added", (int64_t)n->added);
    cj_kint(&c, "unchanged", (int64_t)n->unchanged);
    cj_kint(&c, "superseded", (int64_t)n->changed);
    cj_kint(&c, "rejected", (int64_t)n->rejected);
    cj_kstr_opt(&c, "reject_file", slice_str(n->rejected ? base_name(j->out->rejects) : ""));
    double seconds = (double)n->nanos / 1e9;
    cj_kint(&c, "rate", seconds > 0 ? (int64_t)((double)n->rows / seconds) : 0);
    if (n->bytes_all > n->bytes && n->bytes)
        cj_kint(&c, "seconds_left", (int64_t)(seconds * (double)(n->bytes_all - n->bytes) / (double)n->bytes));
    cj_obj_end(&c);
    if (!b.err)
        file_replace(j->report, buf_view(&b), 0600, NULL); /* a report that cannot be written stops no import */
    buf_free(&b);
}

static void on_progress(void *arg, const struct intake_counts *c)
{
    struct job *j = arg;
    int64_t now = time_mono_ns();
    j->out->counts = *c;
    j->out->counts.nanos = now - j->begun;
    if (now - j->reported > 1000000000) {
        j->reported = now;
        write_report(j, "running");
    }
    if (j->in->progress)
        j->in->progress(j->in->arg, "rows", c->rows, 0, &j->out->counts);
}

static void on_settle(void *arg, uint64_t done, uint64_t all)
{
    struct job *j = arg;
    if (j->in->progress)
        j->in->progress(j->in->arg, "derived", done, all, NULL);
}

static bool on_stop(void *arg)
{
    struct job *j = arg;
    return j->in->stop && j->in->stop(j->in->arg);
}

/* ---- the work ---- */

static enum err name_files(struct job *j, struct fault *f)
{
    char dir[560];
    snprintf(dir, sizeof dir, "%s/imports", j->app->dir);
    if (mkdir(dir, 0700) && errno != EEXIST)
        return fault_sys(f, errno, dir);
    snprintf(j->report, sizeof j->report, "%s/%013lld.json", dir, (long long)j->started);
    snprintf(j->out->rejects, sizeof j->out->rejects, "%s/%013lld-rejected.csv", dir, (long long)j->started);
    return OK;
}

static enum err take_in(struct job *j, int fd, struct fault *f)
{
    struct intake i = {.log = &j->log, .store = j->store, .fd = fd, .rejects = j->out->rejects, .lang = j->app->lang, .office = store_origin(j->store),
        .actor = SLICE("import"), .clock = j->app->clock, .random = j->app->random, .app = j->app->arg, .progress = on_progress,
        .stop = on_stop, .arg = j, .ahead = j->ahead};
    j->begun = j->reported = time_mono_ns();
    write_report(j, "running");
    enum err e = intake_run(&i, j->map, &j->out->counts, f);
    return e;
}

/* What an import that was killed had committed must be known before rows are looked up, or it would be added again. */
static enum err settle_before(struct job *j, struct fault *f)
{
    uint64_t derived;
    enum err e = store_derived(j->store, &derived, f);
    return e || derived >= j->log.tree.size ? e : app_settle(j->app, j->store, false, NULL, f);
}

static enum err run(struct job *j, struct fault *f)
{
    int fd = strcmp(j->in->file, "-") == 0 ? STDIN_FILENO : open(j->in->file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? fault_set(f, ERR_NOT_FOUND, "file", slice_str(j->in->file), "want.file")
                               : fault_sys(f, errno, j->in->file);
    enum err e = settle_before(j, f);
    if (!e) {
        j->ahead = ahead_new(j->store); /* without: derived from the log */
        e = take_in(j, fd, f);
    }
    if (fd != STDIN_FILENO)
        close(fd);
    uint64_t derived = 0;
    struct settle s = {.progress = on_settle, .stop = on_stop, .arg = j, .ahead = j->ahead};
    if (!e || j->out->counts.records) { /* what was committed is derived also when the rest failed */
        enum err later = store_derived(j->store, &derived, e ? NULL : f);
        if (!later && derived < j->log.tree.size)
            later = app_settle(j->app, j->store, false, e ? NULL : &s, e ? NULL : f);
        e = e ? e : later;
    }
    j->out->log_size = j->log.tree.size;
    write_report(j, !e ? "done" : e == ERR_INTERRUPTED ? "stopped" : "failed");
    return e;
}

enum err use_import(struct app *app, const struct use_import_in *in, struct use_import_out *out, struct fault *f)
{
    struct job j = {.app = app, .in = in, .out = out, .started = app->clock(app->arg)};
    *out = (struct use_import_out){0};
    enum err e = log_start(app->dir, &j.log, f);
    j.store = j.log.store;
    if (!e && !(e = map_parse(in->map, store_profile(j.store), &j.map, f)) && !(e = name_files(&j, f)))
        e = run(&j, f);
    enum err published = log_close(&j.log, e ? NULL : f);
    e = e ? e : published;
    if (!out->counts.rejected)
        out->rejects[0] = 0;
    map_free(j.map);
    ahead_free(j.ahead);
    store_close(j.store);
    return e;
}

void import_json(const struct use_import_out *r, struct cj *out)
{
    const struct intake_counts *c = &r->counts;
    cj_obj(out);
    cj_kint(out, "rows", (int64_t)c->rows);
    cj_kint(out, "added", (int64_t)c->added);
    cj_kint(out, "changed", (int64_t)c->changed);
    cj_kint(out, "unchanged", (int64_t)c->unchanged);
    cj_kint(out, "rejected", (int64_t)c->rejected);
    cj_kint(out, "records", (int64_t)c->records);
    cj_kint(out, "log_size", (int64_t)r->log_size);
    cj_kstr_opt(out, "reject_file", slice_str(r->rejects));
    cj_key(out, "seconds");
    cj_double(out, (double)c->nanos / 1e9, 3);
    cj_obj_end(out);
}
