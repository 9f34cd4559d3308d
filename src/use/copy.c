#include "use/copy.h"
#include "base/file.h"
#include "use/fill.h"
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/banned.h"

struct copying {
    const struct use_copy_in *in;
    char dir[520]; /* TO.copying */
    struct app *app; /* of it */
    struct store *from, *to;
    struct log log;  /* of the copy */
    struct tree whole; /* of the source, when the copy began */
};

/* ---- the directory ---- */

static bool is_there(const char *dir)
{
    return rmdir(dir) != 0 && errno != ENOENT; /* an empty one may be replaced */
}

static enum err copy_file(const char *from, const char *to, struct fault *f)
{
    struct buf bytes;
    buf_init(&bytes, 1u << 20);
    enum err e = file_read(from, &bytes, f);
    if (!e)
        e = file_replace(to, buf_view(&bytes), 0600, f);
    if (bytes.p)
        seal_wipe(bytes.p, bytes.n);
    buf_free(&bytes);
    return e;
}

/* Keys first: without them no record of the copy could be read, and the log that it continues is signed by one key. */
static enum err copy_keys(struct copying *c, struct fault *f)
{
    char from[600], to[600];
    enum err e = keys_duplicate(store_dir(c->from), c->dir, f);
    log_key_path(store_dir(c->from), from);
    log_key_path(c->dir, to);
    return e || access(from, F_OK) != 0 ? e : copy_file(from, to, f);
}

static enum err make_target(struct copying *c, struct fault *f)
{
    struct store_new n = {.origin = store_origin(c->from), .profile = store_profile_bytes(c->from), .db = c->in->db,
        .random = c->app->random, .arg = c->app->arg};
    if (mkdir(c->dir, 0700) && errno != EEXIST)
        return fault_sys(f, errno, c->dir);
    enum err e = copy_keys(c, f);
    return e ? e : store_init(c->dir, &n, f);
}

static enum err open_target(struct copying *c, struct fault *f)
{
    enum err e = store_open(c->dir, STORE_WRITE, &c->to, f);
    if (e == ERR_NOT_FOUND && !(e = make_target(c, f)))
        e = store_open(c->dir, STORE_WRITE, &c->to, f);
    return e ? e : log_open(&c->log, c->to, f);
}

/* ---- records ---- */

static enum err scan_source(void *arg, uint64_t from, uint64_t to, store_each fn, void *fn_arg, struct fault *f)
{
    const struct copying *c = arg;
    return store_scan(c->from, from, to, fn, fn_arg, f);
}

static enum err hash_again(void *arg, uint64_t position, int64_t received, struct slice bytes, struct fault *f)
{
    struct hash leaf = tree_leaf(bytes);
    tree_append(arg, &leaf);
    return OK;
}

static enum err root_at(void *arg, uint64_t size, struct hash *out, struct fault *f)
{
    const struct copying *c = arg;
    struct tree t;
    tree_init(&t);
    enum err e = store_scan(c->from, 0, size, hash_again, &t, f);
    *out = tree_root(&t);
    return e;
}

static enum err copy_profile(void *arg, const struct hash *h, struct slice bytes, struct fault *f)
{
    return store_put_profile(arg, h, bytes, f);
}

static enum err copy_profiles(struct copying *c, struct fault *f)
{
    enum err e = store_begin(c->to, f);
    if (!e && !(e = store_each_profile(c->from, copy_profile, c->to, f)))
        return store_commit(c->to, f);
    store_rollback(c->to);
    return e;
}

static bool stopped(struct copying *c)
{
    return c->in->stop && c->in->stop(c->in->arg);
}

static enum err copy_records(struct copying *c, struct fault *f)
{
    const struct fill fill = {.scan = scan_source, .root_at = root_at, .arg = c, .size = c->whole.size, .root = tree_root(&c->whole),
        .progress = c->in->progress, .stop = c->in->stop, .watch = c->in->arg, .again = "want.copy_again"};
    enum err e = copy_profiles(c, f);
    if (!e && !(e = log_publish(&c->log, f)) && !(e = fill_log(&fill, &c->log, f)))
        e = fill_beside(&fill, c->to, f);
    return e;
}

/* ---- what is derived ---- */

static void on_settle(void *arg, uint64_t done, uint64_t all)
{
    const struct copying *c = arg;
    if (c->in->progress)
        c->in->progress(c->in->arg, "derived", done, all);
}

static bool on_stop(void *arg)
{
    return stopped(arg);
}

/* The source may have grown meanwhile, or not have derived all: then there is nothing to compare. */
static enum err compare(struct copying *c, struct fault *f)
{
    struct buf ours, theirs;
    uint64_t size = 0, derived = 0;
    buf_init(&ours, 1u << 16);
    buf_init(&theirs, 1u << 16);
    enum err e = store_begin(c->from, f);
    if (!e && !(e = store_size(c->from, &size, f)) && !(e = store_derived(c->from, &derived, f)) && size == c->whole.size && derived == size &&
        !(e = store_dump_digest(c->from, &theirs, f)) && !(e = store_dump_digest(c->to, &ours, f)) &&
        !slice_eq(buf_view(&ours), buf_view(&theirs)))
        e = fault_set(f, ERR_DAMAGED, "copy", SLICE(""), "want.copy_equal");
    store_rollback(c->from);
    buf_free(&ours);
    buf_free(&theirs);
    return e;
}

static enum err settle(struct copying *c, struct fault *f)
{
    struct settle s = {.progress = on_settle, .stop = on_stop, .arg = c};
    enum err e = app_settle(c->app, c->to, false, &s, f);
    return e ? e : compare(c, f);
}

/* ---- the whole ---- */

/* Its new name, kept by a power cut. */
static enum err give_name(const struct copying *c, struct fault *f)
{
    char parent[520];
    snprintf(parent, sizeof parent, "%s", c->in->to);
    char *slash = strrchr(parent, '/');
    if (rename(c->dir, c->in->to))
        return fault_sys(f, errno, c->in->to);
    if (slash == parent)
        slash++;
    if (slash)
        *slash = 0;
    return file_sync_dir(slash ? parent : ".", f);
}

static enum err begin_copy(struct copying *c, struct app *from, struct fault *f)
{
    size_t n = strlen(c->in->to);
    while (n > 1 && c->in->to[n - 1] == '/')
        n--;
    if (snprintf(c->dir, sizeof c->dir, "%.*s.copying", (int)n, c->in->to) >= 500)
        return fault_set(f, ERR_TOO_LONG, "--to", slice_str(c->in->to), "want.short_path");
    if (is_there(c->in->to))
        return fault_set(f, ERR_EXISTS, "--to", slice_str(c->in->to), "want.new_directory");
    enum err e = store_open(from->dir, STORE_READ, &c->from, f);
    if (!e && !(e = log_root(c->from, &c->whole, f)))
        e = app_open(c->dir, &c->app, f);
    return e ? e : open_target(c, f);
}

enum err use_copy(struct app *from, const struct use_copy_in *in, struct use_copy_out *out, struct fault *f)
{
    struct copying c = {.in = in};
    enum err e = begin_copy(&c, from, f);
    if (!e)
        e = copy_records(&c, f);
    enum err published = log_close(&c.log, e ? NULL : f);
    e = e ? e : published;
    if (!e)
        e = settle(&c, f);
    out->size = c.log.tree.size;
    out->root = tree_root(&c.log.tree);
    store_close(c.to);
    store_close(c.from);
    app_close(c.app);
    return e ? e : give_name(&c, f);
}
