/* Invariants: 1. a write transaction of any process lies within a hold of DIR/accounts.lock, as does every checkpoint; 2. the reader and
 * the writer are two connections, so that reading waits for no sync. */
#include "people/box.h"
#include "base/embed.h"
#include "base/file.h"
#include "base/group.h"
#include "store/upgrade.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/banned.h"

#define TEND_EVERY 64

struct box {
    struct engine *writer, *reader;
    int lock;
    unsigned commits;
    struct group *group;
    pthread_mutex_t reading;
    uint8_t key[SEAL_KEY];
};

/* ---- one group of writes ---- */

static enum err hold(struct box *b, struct fault *f)
{
    while (flock(b->lock, LOCK_EX))
        if (errno != EINTR)
            return fault_sys(f, errno, "accounts.db (lock)");
    return OK;
}

static enum err on_begin(void *sink, struct fault *f)
{
    struct box *b = sink;
    enum err e = hold(b, f);
    if (!e && (e = b->writer->verbs->begin(b->writer, f)))
        flock(b->lock, LOCK_UN);
    return e;
}

static enum err on_mark(void *sink, struct fault *f)
{
    struct box *b = sink;
    return b->writer->verbs->script(b->writer, "SAVEPOINT job", f);
}

static enum err on_back(void *sink, struct fault *f)
{
    struct box *b = sink;
    return b->writer->verbs->script(b->writer, "ROLLBACK TO SAVEPOINT job", f);
}

static void on_rollback(void *sink)
{
    struct box *b = sink;
    b->writer->verbs->rollback(b->writer);
    flock(b->lock, LOCK_UN);
}

static enum err on_commit(void *sink, struct fault *f)
{
    struct box *b = sink;
    enum err e = b->writer->verbs->commit(b->writer, f);
    if (e)
        b->writer->verbs->rollback(b->writer);
    else if (++b->commits % TEND_EVERY == 0)
        b->writer->verbs->tend(b->writer, true, NULL); /* a checkpoint that fails is tried again later */
    flock(b->lock, LOCK_UN);
    return e;
}

static const struct group_ops ops = {on_begin, on_mark, on_back, on_commit, on_rollback, NULL, 0};

/* ---- open ---- */

/* What came after version 1. */
static const struct upgrade_step steps[] = {
    {"schema/accounts-002.sql", NULL}, /* drafts */
    {"schema/accounts-003.sql", NULL}, /* tokens */
    {"schema/accounts-004.sql", NULL}, /* browser of a session; office and case of an opening */
};
static const struct upgrade versions = {steps, sizeof steps / sizeof *steps, "accounts", false, embed_get, setting_get, setting_put};

static enum err fill(struct box *b, struct fault *f)
{
    struct slice schema = embed_get("schema/accounts-001.sql");
    struct slice have = SLICE("");
    struct arena a;
    enum err e = b->writer->verbs->begin(b->writer, f);
    arena_init(&a, 1u << 16);
    if (!e)
        e = schema.p ? b->writer->verbs->script(b->writer, schema.p, f) : fault_set(f, ERR_BUG, "schema", have, "");
    if (!e)
        e = setting_put(b->writer, "schema", SLICE("1"), f);
    e = e ? (b->writer->verbs->rollback(b->writer), e) : b->writer->verbs->commit(b->writer, f);
    arena_free(&a);
    return e;
}

static enum err open_files(struct box *b, const char *dir, struct fault *f)
{
    char db[600], lock[600];
    if (snprintf(db, sizeof db, "%s/accounts.db", dir) >= (int)sizeof db || snprintf(lock, sizeof lock, "%s/accounts.lock", dir) >= (int)sizeof lock)
        return fault_set(f, ERR_TOO_LONG, "--data", slice_str(dir), "want.short_path");
    b->lock = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (b->lock < 0)
        return fault_sys(f, errno, lock);
    enum err e = hold(b, f);
    struct stat st;
    bool new = stat(db, &st) != 0 || st.st_size == 0;
    if (!e)
        e = engine_file.open(db, ENGINE_WRITE, &b->writer, f);
    if (!e && new && !(e = fill(b, f)) && chmod(db, 0600))
        e = fault_sys(f, errno, db);
    if (!e && !(e = upgrade_run(&versions, b->writer, f)))
        e = engine_file.open(db, ENGINE_READ, &b->reader, f);
    flock(b->lock, LOCK_UN);
    return e;
}

enum err box_open(const char *dir, const struct keys *k, struct box **out, struct fault *f)
{
    static const char label[] = "athar accounts";
    struct box *b = mem_alloc(1, sizeof *b);
    if (!b)
        return fault_set(f, ERR_MEMORY, "accounts", SLICE(""), "");
    b->lock = -1;
    pthread_mutex_init(&b->reading, NULL);
    hash_hmac(k->blind, label, sizeof label, b->key);
    enum err e = open_files(b, dir, f);
    if (!e)
        e = group_start(&ops, b, &b->group, f);
    if (e)
        box_close(b);
    else
        *out = b;
    return e;
}

void box_close(struct box *b)
{
    if (!b)
        return;
    group_stop(b->group);
    if (b->lock >= 0)
        hold(b, NULL); /* the last connection that closes makes a checkpoint */
    if (b->reader)
        b->reader->verbs->close(b->reader);
    if (b->writer)
        b->writer->verbs->close(b->writer);
    if (b->lock >= 0)
        close(b->lock);
    pthread_mutex_destroy(&b->reading);
    seal_wipe(b->key, sizeof b->key);
    mem_free(b);
}

enum err box_restored(const char *path, struct fault *f)
{
    struct engine *e;
    enum err err = engine_file.open(path, ENGINE_WRITE, &e, f);
    if (err)
        return err;
    err = e->verbs->script(e, "BEGIN IMMEDIATE; DELETE FROM session; DELETE FROM code WHERE kind = 2; COMMIT", f);
    e->verbs->close(e);
    return err;
}

/* ---- use ---- */

struct box_job {
    struct group_job job;
    box_fn fn;
    void *arg;
};

static enum err run_job(struct group_job *job, void *sink, struct fault *f)
{
    struct box_job *j = (struct box_job *)job;
    struct box *b = sink;
    return j->fn(j->arg, b->writer, f);
}

enum err box_write(struct box *b, box_fn fn, void *arg, struct fault *f)
{
    struct box_job j = {.job = {.run = run_job}, .fn = fn, .arg = arg};
    return group_wait(b->group, &j.job, f);
}

struct box_later {
    struct box_job inner;
    uint8_t arg[BOX_LATER];
};

static void free_later(struct group_job *job)
{
    mem_free(job);
}

void box_later(struct box *b, box_fn fn, const void *arg, size_t size)
{
    struct box_later *l = size <= BOX_LATER ? mem_alloc(1, sizeof *l) : NULL;
    if (!l)
        return;
    memcpy(l->arg, arg, size);
    l->inner = (struct box_job){.job = {.run = run_job, .done = free_later}, .fn = fn, .arg = l->arg};
    if (group_submit(b->group, &l->inner.job, NULL))
        mem_free(l);
}

enum err box_read(struct box *b, box_fn fn, void *arg, struct fault *f)
{
    pthread_mutex_lock(&b->reading);
    enum err e = fn(arg, b->reader, f);
    pthread_mutex_unlock(&b->reading);
    return e;
}

/* ---- keys ---- */

void box_mac(const struct box *b, const char *label, struct slice a, struct slice c, uint8_t out[32])
{
    struct buf text;
    buf_init(&text, 1u << 16);
    buf_add(&text, label, strlen(label) + 1);
    buf_u32(&text, (uint32_t)a.n);
    buf_slice(&text, a);
    buf_slice(&text, c);
    hash_hmac(b->key, text.p ? text.p : "", text.n, out); /* too long for the buffer: another hash, which fits nothing */
    if (text.p)
        seal_wipe(text.p, text.n);
    buf_free(&text);
}

static struct slice bound_to(const struct subject_id *account)
{
    return slice_of((const char *)account->b, sizeof account->b);
}

void box_seal(const struct box *b, const uint8_t nonce[SEAL_NONCE], const struct subject_id *account, struct slice plain, struct buf *out)
{
    buf_add(out, nonce, SEAL_NONCE);
    uint8_t *room = buf_room(out, plain.n + SEAL_TAG);
    if (room)
        seal_box(b->key, nonce, bound_to(account), plain, room);
}

enum err box_unseal(const struct box *b, const struct subject_id *account, struct slice sealed, struct buf *out)
{
    if (sealed.n < SEAL_NONCE + SEAL_TAG)
        return ERR_DAMAGED;
    uint8_t *room = buf_room(out, sealed.n - SEAL_NONCE - SEAL_TAG);
    return room ? seal_open(b->key, (const uint8_t *)sealed.p, bound_to(account), slice_of(sealed.p + SEAL_NONCE, sealed.n - SEAL_NONCE), room)
                : ERR_MEMORY;
}
