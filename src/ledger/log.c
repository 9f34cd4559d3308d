#include "ledger/log.h"
#include "base/time.h"
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include "base/banned.h"

#define START_PATIENCE 10000000000 /* ns: a database server that restarts */

enum err log_root(struct store *s, struct tree *out, struct fault *f)
{
    struct arena a;
    struct slice bytes;
    uint64_t size;
    arena_init(&a, 1u << 16);
    enum err e = store_meta(s, &a, "tree", &bytes, f);
    tree_init(out);
    if (!e && bytes.p && (e = tree_load(bytes, out)))
        fault_set(f, e, "tree", SLICE(""), "");
    if (!e && !(e = store_size(s, &size, f)) && size != out->size)
        e = fault_set(f, ERR_DAMAGED, "tree", SLICE(""), "");
    arena_free(&a);
    return e;
}

/* The newest record says how late it was. An odd tree ends in a leaf of its own, which must be that record. */
static enum err newest(struct log *l, struct fault *f)
{
    struct arena a;
    struct slice bytes;
    struct record r;
    int64_t received = TIME_UNKNOWN;
    l->last_recorded = TIME_UNKNOWN;
    if (!l->tree.size)
        return OK;
    arena_init(&a, 1u << 18);
    enum err e = store_read(l->store, &a, l->tree.size - 1, &bytes, &received, f);
    if (!e && (e = record_parse(bytes, &r)))
        fault_set(f, e, "record", SLICE(""), "");
    struct hash leaf = e ? (struct hash){0} : record_id(bytes);
    if (!e && l->tree.size % 2 && !hash_eq(&leaf, &l->tree.edge[0]))
        e = fault_set(f, ERR_DAMAGED, "tree", SLICE(""), "");
    if (!e)
        l->last_recorded = received; /* when it came: another office's clock does not stop this log */
    arena_free(&a);
    return e;
}

enum err log_open(struct log *l, struct store *s, struct fault *f)
{
    l->store = s;
    l->publish = NULL;
    enum err e = log_root(s, &l->tree, f);
    if (!e)
        e = newest(l, f);
    l->committed = l->tree;
    l->committed_recorded = l->last_recorded;
    return e;
}

/* ---- publishing ---- */

void log_folder(const char *dir, char out[TILES_DIR])
{
    snprintf(out, TILES_DIR, "%s/log", dir);
}

struct each {
    publish_record fn;
    void *arg;
};
static enum err one(void *arg, uint64_t position, int64_t received, struct slice bytes, struct fault *f)
{
    struct each *x = arg;
    return x->fn(x->arg, bytes, f);
}
static enum err each_record(void *arg, uint64_t from, uint64_t to, publish_record fn, void *fn_arg, struct fault *f)
{
    struct each x = {fn, fn_arg};
    return store_scan(arg, from, to, one, &x, f);
}

static void from_system(void *arg, void *out, size_t n)
{
    seal_random(out, n);
}

static enum err load_key(const char *dir, struct slice origin, struct log_key *key, struct fault *f)
{
    char path[600], name[NOTE_NAME + 1], signed_one[TILES_DIR + 16];
    log_key_path(dir, path);
    snprintf(signed_one, sizeof signed_one, "%s/log/checkpoint", dir);
    enum err e = log_key_load(path, key, NULL);
    if (e == ERR_NOT_FOUND && access(signed_one, F_OK) == 0)
        return fault_set(f, ERR_KEY, "log.key", slice_str(path), "want.log_key");
    if (e != ERR_NOT_FOUND)
        return e ? log_key_load(path, key, f) : OK;
    snprintf(name, sizeof name, SLICE_FMT, SLICE_ARG(origin));
    e = log_key_create(path, name, NOTE_ED25519, from_system, NULL, f);
    return e ? e : log_key_load(path, key, f);
}

enum err log_publish(struct log *l, struct fault *f)
{
    char folder[TILES_DIR];
    struct log_key key;
    struct publish_log log = {&l->tree, each_record, l->store};
    enum err e = load_key(store_dir(l->store), store_origin(l->store), &key, f);
    if (e)
        return e;
    log_folder(store_dir(l->store), folder);
    e = publish_open(folder, &key, &log, &l->publish, f);
    log_key_forget(&key);
    return e ? e : store_heal(l->store, f);
}

static enum err hash_again(void *arg, uint64_t position, int64_t received, struct slice bytes, struct fault *f)
{
    struct hash leaf = tree_leaf(bytes);
    tree_append(arg, &leaf);
    return OK;
}

enum err log_continues(struct store *s, struct fault *f)
{
    char folder[TILES_DIR], path[600];
    struct log_key key;
    struct buf note;
    struct checkpoint c = {0};
    struct tree t;
    bool found = false;
    log_folder(store_dir(s), folder);
    snprintf(path, sizeof path, "%s/checkpoint", folder);
    if (access(path, F_OK) != 0)
        return OK;
    log_key_path(store_dir(s), path);
    buf_init(&note, NOTE_MAX);
    tree_init(&t);
    enum err e = log_key_load(path, &key, f);
    if (!e && !(e = publish_read(folder, "checkpoint", &key.name, &note, &c, &found, f)))
        e = store_scan(s, 0, c.size, hash_again, &t, f);
    struct hash root = tree_root(&t);
    if (!e && (t.size != c.size || !hash_eq(&root, &c.root)))
        e = fault_set(f, ERR_DAMAGED, "log", slice_str(folder), "want.log_continues");
    log_key_forget(&key);
    buf_free(&note);
    return e;
}

static enum err start_once(const char *dir, bool anew, struct log *l, struct fault *f)
{
    *l = (struct log){0};
    enum err e = store_open(dir, STORE_WRITE, &l->store, f);
    if (!e && anew)
        store_as_is(l->store);
    if (!e && !(e = log_open(l, l->store, f)))
        e = log_publish(l, f);
    if (e)
        log_end(l);
    return e;
}

static enum err start(const char *dir, bool anew, struct log *l, struct fault *f)
{
    const struct timespec pause = {0, 100000000};
    int64_t until = time_mono_ns() + START_PATIENCE;
    enum err e;
    while ((e = start_once(dir, anew, l, f)) == ERR_LOST && time_mono_ns() < until)
        nanosleep(&pause, NULL);
    if (!e && f)
        *f = (struct fault){0};
    return e;
}

enum err log_start(const char *dir, struct log *l, struct fault *f)
{
    return start(dir, false, l, f);
}

enum err log_start_anew(const char *dir, struct log *l, struct fault *f)
{
    return start(dir, true, l, f);
}

void log_end(struct log *l)
{
    log_close(l, NULL);
    store_close(l->store);
    l->store = NULL;
}

enum err log_close(struct log *l, struct fault *f)
{
    struct publish *p = l->publish;
    l->publish = NULL;
    return publish_close(p, f);
}

/* ---- appending ---- */

enum err log_begin(struct log *l, struct fault *f)
{
    return store_begin(l->store, f);
}

enum err log_append(struct log *l, struct slice bytes, const struct hash *id, int64_t received, uint64_t *out_position, struct fault *f)
{
    enum err e = store_append(l->store, l->tree.size, received, id, bytes, f);
    if (e)
        return e;
    if (out_position)
        *out_position = l->tree.size;
    tree_append(&l->tree, id);
    l->last_recorded = received;
    if (l->publish)
        publish_add(l->publish, bytes, id);
    return OK;
}

/* What the database now holds, read back and hashed, must give the tree that was built from what was handed over: a byte that
 * changed on the way, or an id that was not the record's, is caught while it can still be taken back. */
static enum err read_back(struct log *l, struct fault *f)
{
    struct tree again = l->committed;
    enum err e = store_scan(l->store, l->committed.size, l->tree.size, hash_again, &again, f);
    struct hash want = tree_root(&l->tree), got = tree_root(&again);
    if (!e && (again.size != l->tree.size || !hash_eq(&want, &got)))
        e = fault_set(f, ERR_DAMAGED, "record", SLICE(""), "");
    return e;
}

enum err log_commit(struct log *l, struct fault *f)
{
    struct buf edge;
    buf_init(&edge, TREE_BYTES_MAX);
    tree_save(&l->tree, &edge);
    enum err e = edge.err ? edge.err : read_back(l, f);
    if (!e)
        e = store_meta_set(l->store, "tree", buf_view(&edge), f);
    buf_free(&edge);
    if (!e)
        e = store_commit(l->store, f);
    if (e)
        log_rollback(l);
    else {
        l->committed = l->tree;
        l->committed_recorded = l->last_recorded;
        if (l->publish)
            publish_commit(l->publish, &l->tree);
    }
    return e;
}

void log_rollback(struct log *l)
{
    store_rollback(l->store);
    if (l->publish)
        publish_rollback(l->publish);
    l->tree = l->committed;
    l->last_recorded = l->committed_recorded;
}

static bool same_tree(const struct tree *a, const struct tree *b)
{
    struct hash x = tree_root(a), y = tree_root(b);
    return a->size == b->size && hash_eq(&x, &y);
}

struct attempt {
    struct tree wanted; /* what the last one would have come to; as committed before the first */
    int64_t recorded;
};

/* Inside the new transaction, which began when that of the last attempt had ended one way or the other. */
static enum err was_done(struct log *l, const struct attempt *a, bool *out, struct fault *f)
{
    struct tree now;
    *out = false;
    if (a->wanted.size == l->committed.size)
        return OK;
    enum err e = log_root(l->store, &now, f);
    *out = !e && same_tree(&now, &a->wanted);
    return e;
}

static enum err publish_one(void *arg, uint64_t position, int64_t received, struct slice bytes, struct fault *f)
{
    struct hash leaf = tree_leaf(bytes);
    publish_add(arg, bytes, &leaf);
    return OK;
}

/* The commit was done and only its answer lost: what it wrote is published as if it had come. */
static enum err take_as_done(struct log *l, const struct attempt *a, struct fault *f)
{
    enum err e = l->publish ? store_scan(l->store, l->committed.size, a->wanted.size, publish_one, l->publish, f) : OK;
    if (e) {
        log_rollback(l);
        return e;
    }
    store_rollback(l->store);
    l->tree = l->committed = a->wanted;
    l->last_recorded = l->committed_recorded = a->recorded;
    if (l->publish)
        publish_commit(l->publish, &l->tree);
    return OK;
}

static enum err attempt(struct log *l, struct attempt *a, log_put put, void *arg, struct fault *f)
{
    bool done = false;
    enum err e = log_begin(l, f);
    if (e)
        return e;
    if (!(e = was_done(l, a, &done, f)) && done)
        return take_as_done(l, a, f);
    if (e || (e = put(arg, f))) {
        log_rollback(l);
        return e;
    }
    *a = (struct attempt){l->tree, l->last_recorded};
    return log_commit(l, f);
}

enum err log_group(struct log *l, log_put put, void *arg, struct fault *f)
{
    struct attempt a = {l->committed, l->committed_recorded};
    struct patience p = {0};
    enum err e;
    do
        e = attempt(l, &a, put, arg, f);
    while (e && store_again(&p, e, f));
    return e;
}

enum err log_mark(struct log *l, struct log_mark *out, struct fault *f)
{
    struct engine *e = store_engine(l->store);
    *out = (struct log_mark){l->tree, l->last_recorded};
    return e->verbs->script(e, "SAVEPOINT job", f);
}

enum err log_back(struct log *l, const struct log_mark *m, struct fault *f)
{
    struct engine *e = store_engine(l->store);
    l->tree = m->tree;
    l->last_recorded = m->last_recorded;
    if (l->publish)
        publish_keep(l->publish, (size_t)(m->tree.size - l->committed.size));
    return e->verbs->script(e, "ROLLBACK TO SAVEPOINT job", f);
}

enum err log_clock(const struct log *l, int64_t now, struct fault *f)
{
    char text[64], newest[25];
    if (l->last_recorded == TIME_UNKNOWN || now >= l->last_recorded)
        return OK;
    time_text(now, text);
    time_text(l->last_recorded, newest);
    snprintf(text + strlen(text), sizeof text - strlen(text), " < %s", newest);
    return fault_set(f, ERR_CLOCK, "clock", slice_str(text), "want.clock_after_log");
}
