/* Erasing persons' keys, and the list of those that were. Order, so that a kill at any moment leaves an erasure either not begun or
 * bound to be finished: 1. the names go on the list; 2. `erasing` is made; 3. segments are written anew beside the old ones; 4. the
 * head is replaced, under a fresh master; 5. old head and old segments are overwritten; 6. `erasing` goes. Whoever opens the store
 * to write and finds `erasing` does all of the list again. */
#include "base/file.h"
#include "base/hash.h"
#include "keys/keys_in.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/banned.h"

#define FEW 256 /* so many are looked for one by one; more, and every segment is read */

/* ---- the list ---- */

static void put_number(uint8_t *p, uint64_t v)
{
    for (int i = 0; i < 8; i++)
        p[i] = (uint8_t)(v >> (56 - 8 * i));
}

static void check_of(const struct key_store *k, const uint8_t entry[32], uint8_t out[16])
{
    uint8_t mac[32];
    hash_hmac(k->body.keys.blind, entry, 32, mac);
    memcpy(out, mac, 16);
}

static void write_entry(const struct key_store *k, const struct key_erased *x, uint8_t out[ERASED_BYTES])
{
    memcpy(out, x->party.b, 16);
    memcpy(out + 16, x->mark, KEY_MARK);
    put_number(out + 24, (uint64_t)x->at);
    check_of(k, out, out + 32);
}

static bool read_entry(const struct key_store *k, const uint8_t in[ERASED_BYTES], struct key_erased *out)
{
    uint8_t check[16];
    uint64_t at = 0;
    check_of(k, in, check);
    memcpy(out->party.b, in, 16);
    memcpy(out->mark, in + 16, KEY_MARK);
    for (int i = 0; i < 8; i++)
        at = at << 8 | in[24 + i];
    out->at = (int64_t)at;
    return memcmp(check, in + 32, sizeof check) == 0;
}

enum err erased_read(const char *dir, struct buf *out, struct fault *f)
{
    char path[600];
    snprintf(path, sizeof path, "%s/erased", dir);
    enum err e = file_read(path, out, f);
    if (e == ERR_NOT_FOUND) {
        if (f)
            *f = (struct fault){0};
        return OK;
    }
    out->n -= out->n % ERASED_BYTES; /* an entry that was cut off: its erasure was not begun */
    return e;
}

#define WHOSE (16 + KEY_MARK) /* the bytes of an entry that say which key is meant; its time is another each time that it is listed */

static int by_key(const void *a, const void *b)
{
    return memcmp(*(const char *const *)a, *(const char *const *)b, WHOSE);
}

enum err erased_lacking(struct slice have, struct slice more, struct buf *out, struct fault *f)
{
    size_t n = have.n / ERASED_BYTES;
    const char **known = mem_alloc(n + 1, sizeof *known);
    if (!known)
        return fault_set(f, ERR_MEMORY, "keys", SLICE(""), "");
    for (size_t i = 0; i < n; i++)
        known[i] = have.p + i * ERASED_BYTES;
    if (n)
        qsort(known, n, sizeof *known, by_key);
    for (size_t at = 0; at + ERASED_BYTES <= more.n; at += ERASED_BYTES) {
        const char *entry = more.p + at;
        if (!n || !bsearch(&entry, known, n, sizeof *known, by_key))
            buf_add(out, entry, ERASED_BYTES);
    }
    mem_free(known);
    return out->err ? fault_set(f, out->err, "keys", SLICE(""), "") : OK;
}

static enum err list(struct key_store *k, struct arena *a, struct key_erased **out, size_t *n, struct fault *f)
{
    struct buf b;
    buf_init(&b, ERASED_MAX);
    enum err e = erased_read(k->dir, &b, f);
    *n = 0;
    *out = e ? NULL : arena_array(a, b.n / ERASED_BYTES + 1, sizeof **out);
    if (!e && !*out)
        e = fault_set(f, ERR_MEMORY, "keys", SLICE(""), "");
    for (size_t at = 0; !e && at < b.n; at += ERASED_BYTES)
        if (read_entry(k, (const uint8_t *)b.p + at, &(*out)[*n]))
            ++*n; /* one whose check fails was written by nobody who had the keys */
    buf_free(&b);
    return e;
}

enum err keys_erased(struct key_store *k, struct arena *a, struct key_erased **out, size_t *n, struct fault *f)
{
    pthread_mutex_lock(&k->mutex);
    enum err e = store_refresh(k, f);
    if (!e)
        e = list(k, a, out, n, f);
    pthread_mutex_unlock(&k->mutex);
    return e;
}

/* As many entries of the list count as there are. */
static enum err check_list(struct key_store *k, struct fault *f)
{
    struct buf b;
    struct key_erased x;
    buf_init(&b, ERASED_MAX);
    enum err e = erased_read(k->dir, &b, f);
    for (size_t at = 0; !e && at < b.n; at += ERASED_BYTES)
        if (!read_entry(k, (const uint8_t *)b.p + at, &x))
            e = store_damaged(k, f);
    buf_free(&b);
    return e;
}

enum err keys_check(struct key_store *k, struct fault *f)
{
    pthread_mutex_lock(&k->mutex);
    enum err e = store_refresh(k, f);
    if (!e && !k->old && !(e = store_check(k, f)))
        e = check_list(k, f);
    pthread_mutex_unlock(&k->mutex);
    return e;
}

/* At the end of the list; over an entry that was cut off. */
static enum err append_to_list(struct key_store *k, struct slice entries, struct fault *f)
{
    char path[600];
    struct stat st;
    snprintf(path, sizeof path, "%s/erased", k->dir);
    int fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return fault_sys(f, errno, path);
    enum err e = fstat(fd, &st) || lseek(fd, st.st_size - st.st_size % ERASED_BYTES, SEEK_SET) < 0 ? fault_sys(f, errno, path) : OK;
    if (!e && !(e = file_write_all(fd, entries.p, entries.n, f)) && fsync(fd))
        e = fault_sys(f, errno, path);
    close(fd);
    return e ? e : file_sync_dir(k->dir, f);
}

static enum err add_to_list(struct key_store *k, const struct key_erased *who, size_t n, struct fault *f)
{
    struct buf have, more, lacking;
    buf_init(&have, ERASED_MAX);
    buf_init(&more, ERASED_MAX);
    buf_init(&lacking, ERASED_MAX);
    for (size_t i = 0; i < n; i++) {
        uint8_t *p = buf_room(&more, ERASED_BYTES);
        if (p)
            write_entry(k, &who[i], p);
    }
    enum err e = more.err ? fault_set(f, more.err, "keys", SLICE(""), "") : erased_read(k->dir, &have, f);
    if (!e && !(e = erased_lacking(buf_view(&have), buf_view(&more), &lacking, f)) && lacking.n)
        e = append_to_list(k, buf_view(&lacking), f);
    buf_free(&have);
    buf_free(&more);
    buf_free(&lacking);
    return e;
}

/* ---- erasing ---- */

struct gone { /* whose keys go, sorted by party */
    const struct key_erased *who;
    size_t n;
};

static int by_party(const void *a, const void *b)
{
    return memcmp(((const struct key_erased *)a)->party.b, ((const struct key_erased *)b)->party.b, 16);
}

/* A party may stand several times, with the mark of each key that it ever had. */
static bool goes(void *arg, const struct key_entry *e)
{
    const struct gone *g = arg;
    size_t low = 0, high = g->n;
    uint8_t mark[KEY_MARK];
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (memcmp(g->who[mid].party.b, e->id.b, 16) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == g->n || memcmp(g->who[low].party.b, e->id.b, 16) != 0)
        return false;
    key_mark(e->key, mark);
    for (; low < g->n && memcmp(g->who[low].party.b, e->id.b, 16) == 0; low++)
        if (memcmp(g->who[low].mark, mark, KEY_MARK) == 0)
            return true;
    return false;
}

/* Segments that hold one of them; all, when there are many. */
static enum err touched(struct key_store *k, const struct gone *g, bool *out, struct fault *f)
{
    enum err e = OK;
    for (size_t s = 0; !e && s < k->body.segment_count; s++) {
        out[s] = g->n > FEW;
        if (out[s] || (e = segment_walk(k, s, f)))
            continue;
        for (size_t i = 0; !e && !out[s] && i < g->n; i++)
            e = segment_has(k, s, &g->who[i].party, &out[s], f);
    }
    return e;
}

static enum err mark_begun(struct key_store *k, struct fault *f)
{
    char path[600];
    snprintf(path, sizeof path, "%s/erasing", k->dir);
    return file_replace(path, SLICE(""), 0600, f);
}

static enum err mark_ended(struct key_store *k, struct fault *f)
{
    char path[600];
    snprintf(path, sizeof path, "%s/erasing", k->dir);
    return unlink(path) && errno != ENOENT ? fault_sys(f, errno, path) : file_sync_dir(k->dir, f);
}

static void forget(struct key_store *k, struct gone *g)
{
    for (size_t i = 0; i < g->n; i++) {
        struct key_entry *e = table_find(&k->table, &g->who[i].party);
        if (e && goes(g, e))
            seal_wipe(e->key, sizeof e->key);
    }
    store_seed_fresh(k);
}

static enum err rewrite_all(struct key_store *k, struct gone *g, const bool *which, char (*old)[600], struct fault *f)
{
    enum err e = OK;
    for (size_t s = 0; !e && s < k->body.segment_count; s++)
        if (which[s])
            e = segment_rewrite(k, s, goes, g, old[s], sizeof old[s], f);
    return e;
}

/* The caller holds mutex and file lock. */
static enum err erase_sorted(struct key_store *k, struct gone *g, struct fault *f)
{
    size_t n = k->body.segment_count;
    bool *which = mem_alloc(n + 1, sizeof *which);
    char(*old)[600] = mem_alloc(n + 1, sizeof *old);
    enum err e = which && old ? touched(k, g, which, f) : fault_set(f, ERR_MEMORY, "keys", SLICE(""), "");
    if (!e && !(e = mark_begun(k, f)) && !(e = rewrite_all(k, g, which, old, f)))
        e = head_save(k, true, f);
    for (size_t s = 0; !e && s < n; s++)
        if (*old[s])
            e = file_shred(old[s], f);
    if (!e) {
        forget(k, g);
        e = mark_ended(k, f);
    } else
        k->seen.st_ino = 0; /* what is in memory may be ahead of the disk: read it again before the next use */
    mem_free(which);
    mem_free(old);
    return e;
}

static enum err erase(struct key_store *k, const struct key_erased *who, size_t n, bool listed, struct fault *f)
{
    int fd;
    struct key_erased *sorted = mem_alloc(n + 1, sizeof *sorted);
    struct gone g = {sorted, n};
    enum err e = sorted ? files_lock(k->dir, &fd, f) : fault_set(f, ERR_MEMORY, "keys", SLICE(""), "");
    if (e) {
        mem_free(sorted);
        return e;
    }
    if (n)
        memcpy(sorted, who, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_party);
    if (!(e = store_refresh(k, f)) && (listed || !(e = add_to_list(k, who, n, f))))
        e = erase_sorted(k, &g, f);
    close(fd);
    mem_free(sorted);
    return e;
}

enum err keys_erase(struct key_store *k, const struct key_erased *who, size_t n, struct fault *f)
{
    enum err e = keys_flush(k, f); /* a key that is not on the disk yet must be found there */
    pthread_mutex_lock(&k->mutex);
    if (!e && k->old)
        e = fault_set(f, ERR_REFUSED, "keys", SLICE(""), "want.key_store");
    if (!e && n)
        e = erase(k, who, n, false, f);
    pthread_mutex_unlock(&k->mutex);
    return e;
}

enum err erase_unfinished(struct key_store *k, struct fault *f)
{
    char path[600];
    struct arena a;
    struct key_erased *who;
    size_t n;
    snprintf(path, sizeof path, "%s/erasing", k->dir);
    if (access(path, F_OK))
        return OK;
    arena_init(&a, ERASED_MAX);
    enum err e = list(k, &a, &who, &n, f);
    if (!e)
        e = erase(k, who, n, true, f);
    arena_free(&a);
    return e;
}
