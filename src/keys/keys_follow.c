/* Following what others change: an erasure, a lock, new segments. Invariants:
 * 1. What a new head does not have any more is not kept: keys are wiped, and a segment stays open only where number, version, key and file are
 *    what they were. Such a segment only ever grew, so what was walked of it holds.
 * 2. A person has one key. Processes that append take turns under the file lock, and look at what came since they found that somebody had none.
 * 3. New keys that no file has yet stay through a change of the head: records under way are sealed with them. Where they cannot stay (the store was
 *    locked), the next flush fails, so that no commit uses them. */
#include "base/file.h"
#include "keys/keys_in.h"
#include "keys/keys_old.h"
#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include "base/banned.h"

/* ---- what is loaded ---- */

struct parts { /* of a store, out of its hands */
    struct key_body body;
    struct segment_open *segment;
    struct key_table fresh;
};

static void segment_close(struct segment_open *o)
{
    if (o->fd >= 0)
        close(o->fd);
    mem_free(o->frame);
    mem_free(o->filter);
    *o = (struct segment_open){.fd = -1};
}

void segment_reset(struct key_store *k, size_t i)
{
    segment_close(&k->segment[i]);
}

static void segments_close(struct segment_open *o, size_t n)
{
    for (size_t i = 0; o && i < n; i++)
        segment_close(&o[i]);
    mem_free(o);
}

static void wipe_table(struct key_store *k)
{
    table_free(&k->table);
    k->loaded = false;
    k->saved = 0;
}

static void wipe_keys(struct key_store *k)
{
    wipe_table(k);
    seal_wipe(k->master, sizeof k->master);
    seal_wipe(k->root, sizeof k->root);
    store_seed_fresh(k);
}

void store_wipe(struct key_store *k)
{
    segments_close(k->segment, k->body.segment_count);
    k->segment = NULL;
    body_free(&k->body);
    wipe_keys(k);
    seal_wipe(k->secret, sizeof k->secret);
}

static bool take_fresh(const struct key_store *k, struct key_table *out)
{
    bool all = true;
    for (size_t i = k->saved; all && i < k->table.n; i++)
        all = table_put(out, &k->table.entry[i]);
    return all;
}

static bool same_file(const struct key_store *k, const struct key_segment *s, int fd)
{
    char path[600];
    struct stat named, open;
    segment_path(k->dir, s, path, sizeof path);
    return fd >= 0 && stat(path, &named) == 0 && fstat(fd, &open) == 0 && named.st_ino == open.st_ino && named.st_dev == open.st_dev;
}

/* Both lists are sorted by number. */
static void adopt(struct key_store *k, struct parts *old)
{
    size_t at = 0;
    for (size_t i = 0; i < k->body.segment_count; i++) {
        const struct key_segment *s = &k->body.segment[i], *o;
        while (at < old->body.segment_count && old->body.segment[at].number < s->number)
            at++;
        if (at == old->body.segment_count)
            return;
        o = &old->body.segment[at];
        if (o->number == s->number && o->version == s->version && memcmp(o->key, s->key, sizeof o->key) == 0 &&
            same_file(k, s, old->segment[at].fd)) {
            k->segment[i] = old->segment[at];
            old->segment[at] = (struct segment_open){.fd = -1};
        }
    }
}

static void parts_free(struct parts *p)
{
    segments_close(p->segment, p->body.segment_count);
    body_free(&p->body);
    table_free(&p->fresh);
}

/* The head that stands now in place of the one that is loaded. */
static enum err load_again(struct key_store *k, const struct key_ask *ask, struct fault *f)
{
    struct parts old = {.body = k->body, .segment = k->segment};
    bool lost = !take_fresh(k, &old.fresh);
    k->body = (struct key_body){0};
    k->segment = NULL;
    k->old = false; /* a writer may have made a store of the old file */
    wipe_keys(k);
    enum err e = store_open_head(k, ask, f);
    k->gone = (int)e;
    if (e) {
        lost = lost || old.fresh.n;
        store_wipe(k);
    } else {
        adopt(k, &old);
        k->table = old.fresh;
        old.fresh = (struct key_table){0};
    }
    k->lost = k->lost || lost;
    parts_free(&old);
    return e;
}

/* ---- others who append ---- */

struct key_place place_now(const struct key_store *k)
{
    size_t n = k->body.segment_count;
    if (!n)
        return (struct key_place){0};
    const struct key_segment *s = &k->body.segment[n - 1];
    return (struct key_place){s->number, s->version, k->segment[n - 1].frames};
}

/* Nobody, or who is new here and has another key on the disk. */
static enum err look_at_ids(struct key_store *k, const struct subject_id *ids, uint32_t n, bool *met, struct fault *f)
{
    enum err why = OK;
    for (uint32_t i = 0; !why && !*met && i < n; i++) {
        uint8_t key[SEAL_KEY];
        const struct key_entry *e = table_find(&k->table, &ids[i]);
        if (!e || (size_t)(e - k->table.entry) < k->saved)
            continue;
        *met = segment_find(k, &ids[i], key, &why, f) && memcmp(key, e->key, sizeof key) != 0;
        seal_wipe(key, sizeof key);
    }
    return why;
}

static enum err look_at_frames(struct key_store *k, size_t i, size_t from, bool *met, struct fault *f)
{
    enum err e = segment_walk(k, i, f);
    for (size_t fr = from; !e && fr < k->segment[i].frames; fr++)
        for (uint32_t p = 0; !e && !*met && p * SEGMENT_PAGE < k->segment[i].frame[fr].n; p++) {
            struct subject_id ids[SEGMENT_PAGE];
            const struct key_frame frame = k->segment[i].frame[fr];
            k->loaded = false; /* the filters find what the table does not have */
            if (!(e = page_ids(k, i, &frame, p, ids, f)))
                e = look_at_ids(k, ids, frame_page_keys(&frame, p), met, f);
        }
    return e;
}

enum err others_looked_at(struct key_store *k, struct fault *f)
{
    bool met = false;
    enum err e = OK;
    for (size_t i = 0; !e && i < k->body.segment_count; i++) {
        const struct key_segment *s = &k->body.segment[i];
        bool same = s->number == k->since.number && s->version == k->since.version;
        if (s->number >= k->since.number)
            e = look_at_frames(k, i, same ? k->since.frames : 0, &met, f);
    }
    if (e || !met)
        return e;
    wipe_table(k);
    return fault_set(f, ERR_CONFLICT, "keys", SLICE(""), "want.key_again");
}

/* ---- looking ---- */

static bool is_other(const struct stat *a, const struct stat *b)
{
    return a->st_ino != b->st_ino || a->st_size != b->st_size || a->st_mtim.tv_sec != b->st_mtim.tv_sec ||
        a->st_mtim.tv_nsec != b->st_mtim.tv_nsec;
}

enum err head_look(const struct key_store *k, struct stat *out, struct fault *f)
{
    char path[600], room[FAULT_FIELD];
    snprintf(path, sizeof path, "%s/head", k->dir);
    if (stat(path, out) == 0)
        return OK;
    int sys = errno;
    ssize_t n = readlink(k->dir, path, sizeof path - 1); /* of a key folder: its disk is away, rather than the keys lost */
    if (n <= 0)
        return fault_sys(f, sys, path);
    path[n] = 0;
    fault_set(f, ERR_IO, fault_path(path, room), SLICE(""), "want.key_folder_mounted");
    if (f)
        f->sys = sys;
    return ERR_IO;
}

bool head_moved(const struct key_store *k)
{
    struct stat st;
    return !k->old && !k->gone && !head_look(k, &st, NULL) && is_other(&st, &k->seen);
}

static enum err still_gone(const struct key_store *k, struct fault *f)
{
    return k->gone == ERR_LOCKED ? fault_set(f, ERR_LOCKED, "register", SLICE(""), "want.quorum")
                                 : fault_set(f, (enum err)k->gone, "keys", SLICE(""), "want.master_key");
}

enum err store_refresh(struct key_store *k, struct fault *f)
{
    struct stat st;
    struct key_ask ask = {0};
    struct buf room;
    if (k->old && keys_old_is(k->base))
        return OK;
    enum err e = head_look(k, &st, f);
    if (e)
        return e;
    if (!is_other(&st, &k->seen))
        return k->gone ? still_gone(k, f) : OK;
    key_ask_environment(&ask, &room);
    e = load_again(k, &ask, f);
    if (room.p)
        seal_wipe(room.p, room.cap);
    buf_free(&room);
    return e;
}

enum err keys_look(struct key_store *k, struct fault *f)
{
    pthread_mutex_lock(&k->mutex);
    enum err e = store_refresh(k, f);
    pthread_mutex_unlock(&k->mutex);
    return e;
}

enum err keys_resume(struct key_store *k, struct fault *f)
{
    pthread_mutex_lock(&k->mutex);
    enum err e = k->old ? store_refresh(k, f) : store_mend(k, f);
    pthread_mutex_unlock(&k->mutex);
    return e;
}
