#include "ledger/publish.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include "base/arena.h"
#include "base/file.h"
#include "base/time.h"
#include "ledger/shelf.h"
#include "base/banned.h"

#define GROUP_MAX ((size_t)1 << 30)    /* bytes of one commit */
#define QUEUED_MAX ((size_t)96 << 20)  /* bytes that wait; past it who appends waits */
#define PAUSE 10 /* a checkpoint is due when this many times what the last one cost has passed */

struct group {
    struct group *next;
    struct buf bytes; /* entries, as in a bundle */
    struct hash *leaf;
    size_t n, cap;
    enum err err;     /* what did not fit */
    struct tree tree; /* of the log after it */
};
struct publish {
    const struct log_key *key; /* borrowed while opening, then own */
    struct log_key own;
    struct shelf shelf;
    pthread_t thread;
    bool begun;
    struct group *open; /* under way; the appending thread's, as is the next */
    uint64_t handed;    /* size of the log after the last commit */
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t change;
    struct group *first, *last, *spare;
    size_t queued;
    uint64_t signed_size;
    bool closing;
    enum err err;
    struct fault fault;
};

/* ---- checkpoints ---- */

enum err publish_read(const char *dir, const char *name, const struct note_key *key, struct buf *out, struct checkpoint *c, bool *found,
    struct fault *f)
{
    char path[TILES_DIR + 80];
    struct note_found note = {0};
    snprintf(path, sizeof path, "%s/%s", dir, name);
    *found = false;
    enum err e = file_read(path, out, NULL);
    if (e == ERR_NOT_FOUND)
        return OK;
    *found = true;
    if (!e && key)
        e = note_check(buf_view(out), key, 1, &note);
    else if (!e && (e = note_text(buf_view(out), &note.text)))
        e = ERR_FORMAT;
    if (!e)
        e = checkpoint_parse(note.text, c);
    if (!e && key && !slice_is(c->origin, key->name))
        e = ERR_KEY;
    return e ? fault_set(f, e == ERR_FORMAT || e == ERR_TOO_LONG ? ERR_DAMAGED : e, name, slice_str(dir), "want.log_checkpoint") : OK;
}

/* Written by a new name, so that readers see the old one or the new one. */
static enum err put_checkpoint(struct publish *p, struct fault *f)
{
    struct buf text, note;
    char path[TILES_DIR + 16];
    struct checkpoint c = {slice_str(p->key->name.name), p->shelf.tree.size, tree_root(&p->shelf.tree)};
    buf_init(&text, NOTE_MAX);
    buf_init(&note, NOTE_MAX);
    checkpoint_write(&c, &text);
    enum err e = text.err ? text.err : note_sign(buf_view(&text), &p->key->name, &p->key->sign, &note);
    snprintf(path, sizeof path, "%s/checkpoint", p->shelf.dir);
    e = e ? fault_set(f, e, "checkpoint", SLICE(""), "") : file_replace(path, buf_view(&note), 0600, f);
    buf_free(&text);
    buf_free(&note);
    return e;
}

static enum err checkpoint(struct publish *p, struct fault *f)
{
    enum err e = shelf_sync(&p->shelf, f);
    return e ? e : put_checkpoint(p, f);
}

/* ---- opening ---- */

static enum err not_continued(const struct publish *p, struct fault *f)
{
    return fault_set(f, ERR_DAMAGED, "log", slice_str(p->shelf.dir), "want.log_continues");
}

static enum err put_again(void *arg, struct slice bytes, struct fault *f)
{
    struct hash leaf = tree_leaf(bytes);
    return shelf_put(arg, bytes, &leaf, f);
}

static enum err hash_again(void *arg, struct slice bytes, struct fault *f)
{
    struct hash leaf = tree_leaf(bytes);
    tree_append(arg, &leaf);
    return OK;
}

/* The folder lost tiles: it is made anew, but only of records that give the root that was signed. */
static enum err records_hold(const struct publish *p, const struct checkpoint *c, const struct publish_log *log, struct fault *f)
{
    struct tree t;
    tree_init(&t);
    enum err e = log->each(log->arg, 0, c->size, hash_again, &t, f);
    struct hash root = tree_root(&t);
    if (!e && (t.size != c->size || !hash_eq(&root, &c->root)))
        e = not_continued(p, f);
    return e;
}

static enum err open_shelf(struct publish *p, const char *dir, const struct checkpoint *c, const struct publish_log *log, struct fault *f)
{
    enum err e = shelf_open(&p->shelf, dir, c->size, f);
    if (e == ERR_NOT_FOUND || e == ERR_DAMAGED || e == ERR_TOO_LONG)
        return dir[0] && p->shelf.dir[0] ? records_hold(p, c, log, f) : e;
    struct hash root = tree_root(&p->shelf.tree);
    if (!e && !hash_eq(&root, &c->root))
        e = not_continued(p, f);
    return e;
}

/* From where the folder ends to where the log ends. */
static enum err catch_up(struct publish *p, const struct publish_log *log, bool due, struct fault *f)
{
    bool behind = p->shelf.tree.size != log->tree->size;
    enum err e = behind ? log->each(log->arg, p->shelf.tree.size, log->tree->size, put_again, &p->shelf, f) : OK;
    struct hash got = tree_root(&p->shelf.tree), want = tree_root(log->tree);
    if (!e && (p->shelf.tree.size != log->tree->size || !hash_eq(&got, &want)))
        e = not_continued(p, f);
    return e || !(due || behind) ? e : checkpoint(p, f);
}

/* The public key beside what it signed: for whoever copies the folder, who compares it with the one that he was given. */
static enum err put_vkey(const struct publish *p, struct fault *f)
{
    struct buf b, old;
    char path[TILES_DIR + 16];
    snprintf(path, sizeof path, "%s/vkey", p->shelf.dir);
    buf_init(&b, 1024);
    buf_init(&old, 1024);
    note_key_write(&p->key->name, &b);
    buf_byte(&b, '\n');
    enum err e = b.err ? b.err : file_read(path, &old, NULL);
    if (e || !slice_eq(buf_view(&b), buf_view(&old)))
        e = b.err ? fault_set(f, b.err, "vkey", SLICE(""), "") : file_replace(path, buf_view(&b), 0600, f);
    buf_free(&b);
    buf_free(&old);
    return e;
}

static enum err begin(struct publish *p, const char *dir, const struct publish_log *log, struct fault *f)
{
    struct buf note;
    struct hash none = hash_of("", 0);
    struct checkpoint c = {.root = none};
    bool found;
    buf_init(&note, NOTE_MAX);
    snprintf(p->shelf.dir, sizeof p->shelf.dir, "%s", dir);
    enum err e = publish_read(dir, "checkpoint", &p->key->name, &note, &c, &found, f);
    if (!e && c.size > log->tree->size)
        e = not_continued(p, f);
    if (!e && !(e = open_shelf(p, dir, &c, log, f)) && !(e = put_vkey(p, f)))
        e = catch_up(p, log, !found, f);
    buf_free(&note);
    return e;
}

/* ---- the thread ---- */

static void group_free(struct group *g)
{
    for (; g;) {
        struct group *next = g->next;
        buf_free(&g->bytes);
        mem_free(g->leaf);
        mem_free(g);
        g = next;
    }
}

static enum err put_group(struct publish *p, const struct group *g, struct fault *f)
{
    struct slice rest = buf_view(&g->bytes), entry;
    enum err e = g->err ? fault_set(f, g->err, "log", SLICE(""), "") : OK;
    for (size_t i = 0; !e && i < g->n && tile_entry(&rest, &entry); i++)
        e = shelf_put(&p->shelf, entry, &g->leaf[i], f);
    struct hash got = tree_root(&p->shelf.tree), want = tree_root(&g->tree);
    if (!e && (p->shelf.tree.size != g->tree.size || !hash_eq(&got, &want)))
        e = not_continued(p, f);
    return e;
}

/* The caller holds the lock. Waits for a group, the end, or (due > 0) that moment; the group, or NULL. */
static struct group *next_group(struct publish *p, int64_t due)
{
    int rc = 0;
    struct timespec until = {due / 1000000000, due % 1000000000};
    while (!p->first && !p->closing && !rc)
        rc = due > 0 ? pthread_cond_timedwait(&p->change, &p->lock, &until) : pthread_cond_wait(&p->change, &p->lock);
    struct group *g = p->first;
    if (g && !(p->first = g->next))
        p->last = NULL;
    return g;
}

/* The caller holds the lock. */
static void give_back(struct publish *p, struct group *g)
{
    p->queued -= g->bytes.n;
    buf_reset(&g->bytes);
    g->n = 0;
    g->err = OK;
    g->next = p->spare;
    p->spare = g;
    pthread_cond_broadcast(&p->change);
}

static void failed(struct publish *p, enum err e, const struct fault *f)
{
    p->err = e;
    p->fault = *f;
    p->fault.code = e;
}

static enum err timed_checkpoint(struct publish *p, int64_t *due, struct fault *f)
{
    int64_t begun = time_mono_ns();
    enum err e = checkpoint(p, f);
    int64_t done = time_mono_ns();
    *due = done + PAUSE * (done - begun);
    return e;
}

/* With the lock held but while it writes. `due`: when the next checkpoint may be written. */
static void *run(void *arg)
{
    struct publish *p = arg;
    int64_t due = 0;
    pthread_mutex_lock(&p->lock);
    for (;;) {
        struct fault f = {0};
        bool behind = p->shelf.tree.size != p->signed_size && !p->err;
        struct group *g = next_group(p, behind ? due : 0);
        enum err e = OK;
        bool stop = !g && p->closing, sign = behind && !g;
        if (p->err && g) {
            give_back(p, g);
            continue;
        }
        pthread_mutex_unlock(&p->lock);
        if (g && !(e = put_group(p, g, &f)))
            sign = time_mono_ns() >= due;
        if (!e && sign)
            e = timed_checkpoint(p, &due, &f);
        pthread_mutex_lock(&p->lock);
        if (g)
            give_back(p, g);
        if (e)
            failed(p, e, &f);
        else if (sign)
            p->signed_size = p->shelf.tree.size;
        if (e || sign)
            pthread_cond_broadcast(&p->change);
        if (stop)
            break;
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

static enum err start(struct publish *p, struct fault *f)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->change, &monotonic);
    pthread_condattr_destroy(&monotonic);
    p->signed_size = p->handed = p->shelf.tree.size;
    p->begun = pthread_create(&p->thread, NULL, run, p) == 0;
    return p->begun ? OK : fault_set(f, ERR_MEMORY, "thread", SLICE(""), "");
}

enum err publish_open(const char *dir, const struct log_key *key, const struct publish_log *log, struct publish **out, struct fault *f)
{
    struct publish *p = mem_alloc(1, sizeof *p);
    if (!p)
        return fault_set(f, ERR_MEMORY, "log", SLICE(""), "");
    p->own = *key;
    p->key = &p->own;
    enum err e = begin(p, dir, log, f);
    if (!e)
        e = start(p, f);
    if (e)
        publish_close(p, NULL);
    else
        *out = p;
    return e;
}

/* ---- the appending side ---- */

static struct group *new_group(struct publish *p)
{
    pthread_mutex_lock(&p->lock);
    struct group *g = p->spare;
    if (g)
        p->spare = g->next;
    pthread_mutex_unlock(&p->lock);
    if (!g && (g = mem_alloc(1, sizeof *g)))
        buf_init(&g->bytes, GROUP_MAX);
    if (g)
        g->next = NULL;
    return g;
}

/* Without memory for it the group is lost to this publisher, which says so; the next one reads it from the log. */
void publish_add(struct publish *p, struct slice bytes, const struct hash *leaf)
{
    struct group *g = p->open ? p->open : new_group(p);
    p->open = g;
    if (!g)
        return;
    if (!mem_grow_raw(&g->leaf, &g->cap, g->n + 1, GROUP_MAX / 64, sizeof *g->leaf) || bytes.n > TILE_ENTRY_MAX) {
        g->err = ERR_MEMORY;
        return;
    }
    g->leaf[g->n++] = *leaf;
    buf_u16(&g->bytes, (uint16_t)bytes.n);
    buf_slice(&g->bytes, bytes);
    if (g->bytes.err)
        g->err = g->bytes.err;
}

void publish_commit(struct publish *p, const struct tree *tree)
{
    struct group *g = p->open;
    struct fault f = {0};
    p->open = NULL;
    if (g)
        g->tree = *tree;
    pthread_mutex_lock(&p->lock);
    if (!g && tree->size != p->handed && !p->err)
        failed(p, ERR_MEMORY, &f);
    p->handed = tree->size;
    while (g && p->queued > QUEUED_MAX && !p->err)
        pthread_cond_wait(&p->change, &p->lock);
    if (g) {
        p->queued += g->bytes.n;
        if (p->last)
            p->last->next = g;
        else
            p->first = g;
        p->last = g;
        pthread_cond_broadcast(&p->change);
    }
    pthread_mutex_unlock(&p->lock);
}

void publish_rollback(struct publish *p)
{
    struct group *g = p->open;
    p->open = NULL;
    if (!g)
        return;
    pthread_mutex_lock(&p->lock);
    p->queued += g->bytes.n;
    give_back(p, g);
    pthread_mutex_unlock(&p->lock);
}

void publish_keep(struct publish *p, size_t n)
{
    struct group *g = p->open;
    size_t at = 0;
    if (!n) {
        publish_rollback(p);
        return;
    }
    for (size_t i = 0; g && i < n && at + 2 <= g->bytes.n; i++)
        at += 2 + ((size_t)(uint8_t)g->bytes.p[at] << 8 | (uint8_t)g->bytes.p[at + 1]);
    if (g && n < g->n && at <= g->bytes.n) {
        g->bytes.n = at;
        g->n = n;
    }
}

static enum err tell(const struct publish *p, struct fault *f)
{
    if (p->err && f)
        *f = p->fault;
    return p->err;
}

enum err publish_wait(struct publish *p, uint64_t size, struct fault *f)
{
    pthread_mutex_lock(&p->lock);
    while (p->signed_size < size && !p->err)
        pthread_cond_wait(&p->change, &p->lock);
    enum err e = tell(p, f);
    pthread_mutex_unlock(&p->lock);
    return e;
}

enum err publish_close(struct publish *p, struct fault *f)
{
    if (!p)
        return OK;
    if (p->begun) {
        publish_rollback(p);
        pthread_mutex_lock(&p->lock);
        p->closing = true;
        pthread_cond_broadcast(&p->change);
        pthread_mutex_unlock(&p->lock);
        pthread_join(p->thread, NULL);
        pthread_cond_destroy(&p->change);
        pthread_mutex_destroy(&p->lock);
    }
    enum err e = tell(p, f);
    group_free(p->first);
    group_free(p->spare);
    shelf_free(&p->shelf);
    log_key_forget(&p->own);
    mem_free(p);
    return e;
}
