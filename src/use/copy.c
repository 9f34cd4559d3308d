#include "use/copy.h"
#include "base/file.h"
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/banned.h"

#define GROUP 8192 /* records a commit */
#define GROUP_MEMORY ((size_t)640 << 20)

struct copying {
    const struct use_copy_in *in;
    char dir[520]; /* TO.copying */
    struct app *app; /* of it */
    struct store *from, *to;
    struct log log;  /* of the copy */
    struct tree whole; /* of the source, when the copy began */
    struct arena group;
    struct slice *bytes; /* of the group, in the arena */
    int64_t *received;
    size_t n;
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

static enum err hash_again(void *arg, uint64_t position, int64_t received, struct slice bytes, struct fault *f)
{
    struct hash leaf = tree_leaf(bytes);
    tree_append(arg, &leaf);
    return OK;
}

/* What an interrupted copy has must be the beginning of this register. */
static enum err same_beginning(struct copying *c, struct fault *f)
{
    struct tree t;
    tree_init(&t);
    enum err e = c->log.tree.size > c->whole.size ? ERR_CONFLICT : store_scan(c->from, 0, c->log.tree.size, hash_again, &t, f);
    struct hash ours = tree_root(&c->log.tree), theirs = tree_root(&t);
    if (e == ERR_CONFLICT || (!e && !hash_eq(&ours, &theirs)))
        e = fault_set(f, ERR_CONFLICT, "--to", slice_str(c->dir), "want.copy_of_same");
    return e;
}

static enum err hold(void *arg, uint64_t position, int64_t received, struct slice bytes, struct fault *f)
{
    struct copying *c = arg;
    c->bytes[c->n] = arena_copy(&c->group, bytes);
    c->received[c->n] = received;
    return c->bytes[c->n++].p ? OK : fault_set(f, ERR_MEMORY, "record", SLICE(""), "");
}

static enum err put_group(void *arg, struct fault *f)
{
    struct copying *c = arg;
    enum err e = OK;
    for (size_t i = 0; !e && i < c->n; i++) {
        struct hash id = record_id(c->bytes[i]);
        e = log_append(&c->log, c->bytes[i], &id, c->received[i], NULL, f);
    }
    return e;
}

static enum err copy_group(struct copying *c, struct fault *f)
{
    uint64_t from = c->log.tree.size, to = c->whole.size - from > GROUP ? from + GROUP : c->whole.size;
    arena_reset(&c->group);
    c->n = 0;
    c->bytes = arena_array(&c->group, GROUP, sizeof *c->bytes);
    c->received = arena_array(&c->group, GROUP, sizeof *c->received);
    if (!c->bytes || !c->received)
        return fault_set(f, ERR_MEMORY, "record", SLICE(""), "");
    enum err e = store_scan(c->from, from, to, hold, c, f);
    if (!e && c->n != to - from)
        e = fault_set(f, ERR_DAMAGED, "record", SLICE(""), "");
    return e ? e : log_group(&c->log, put_group, c, f);
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
    enum err e = same_beginning(c, f);
    unsigned groups = 0;
    if (!e && !(e = copy_profiles(c, f)))
        e = log_publish(&c->log, f);
    while (!e && c->log.tree.size < c->whole.size) {
        if (stopped(c))
            return fault_set(f, ERR_INTERRUPTED, "copy", SLICE(""), "want.copy_again");
        e = copy_group(c, f);
        if (!e && ++groups % 16 == 0)
            e = store_tend(c->to, f);
        if (!e && c->in->progress)
            c->in->progress(c->in->arg, "records", c->log.tree.size, c->whole.size);
    }
    struct hash ours = tree_root(&c->log.tree), theirs = tree_root(&c->whole);
    if (!e && !hash_eq(&ours, &theirs))
        e = fault_set(f, ERR_DAMAGED, "record", SLICE(""), "");
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
    arena_init(&c->group, GROUP_MEMORY);
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
    arena_free(&c.group);
    return e ? e : give_name(&c, f);
}
