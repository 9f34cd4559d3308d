/* The open key store: reading (what others change meanwhile: keys_follow.c). Invariants:
 * 1. Nothing here changes a file. What a reader sees is the head as it was last renamed into place, and of the last segment the
 *    frames that are whole.
 * 2. Each call that uses keys first looks whether the head is still the one that is loaded (store_refresh): an erasure or a lock by
 *    another process holds from the next call on.
 * 3. A page that does not open is a fault of the store, unless it is in the last frame of the last segment: a write that was cut off. */
#include "keys/keys_in.h"
#include "base/file.h"
#include "base/hash.h"
#include "keys/keys_old.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/banned.h"

enum err store_damaged(const struct key_store *k, struct fault *f)
{
    return fault_set(f, ERR_DAMAGED, "keys", slice_str(k->dir), "want.key_store");
}

/* ---- the head ---- */

enum err read_head(const char *dir, struct key_head *out, struct buf *bytes, struct fault *f)
{
    char path[600];
    snprintf(path, sizeof path, "%s/head", dir);
    buf_init(bytes, KEY_HEAD_MAX);
    enum err e = file_read(path, bytes, f);
    if (!e && (e = head_parse(buf_view(bytes), out)))
        fault_set(f, e, "keys", slice_str(path), "want.key_store");
    return e;
}

/* The master key through slot i. The secret half that opened the store before still fits after a fresh master. */
static enum err open_slot(struct key_store *k, const struct key_ask *ask, size_t i, struct fault *f)
{
    const struct key_slot *s = &k->head.slot[i];
    enum err e = slot_master(s, k->secret, k->master);
    if (!e || !ask)
        return e;
    if (!(e = slot_secret(k->dir, s, ask, k->secret, f)) && (e = slot_master(s, k->secret, k->master)))
        fault_set(f, e, "keys", SLICE(""), "want.master_key");
    return e;
}

static enum err open_any(struct key_store *k, const struct key_ask *ask, struct fault *f)
{
    enum err e = fault_set(f, ERR_KEY, "keys", SLICE(""), "want.master_key");
    for (size_t i = 0; i < k->head.slot_count; i++) {
        if (k->head.slot[i].type == KEY_SLOT_QUORUM)
            continue;
        if (!(e = open_slot(k, ask, i, f))) {
            k->opened_by = (int)i;
            return OK;
        }
    }
    return e;
}

enum err store_open_head(struct key_store *k, const struct key_ask *ask, struct fault *f)
{
    struct key_head h;
    struct key_body b;
    struct buf bytes;
    struct stat st;
    enum err e = head_look(k, &st, f); /* before it is read: a change between the two is seen next time */
    if (e)
        return f && f->sys == ENOENT && !*f->want ? fault_set(f, ERR_NOT_FOUND, "keys", slice_str(k->dir), "want.key_store") : e;
    if ((e = read_head(k->dir, &h, &bytes, f))) {
        buf_free(&bytes);
        return e;
    }
    buf_free(&k->sealed);
    k->head = h;
    k->sealed = bytes;
    k->seen = st;
    if (h.locked)
        return fault_set(f, ERR_LOCKED, "register", SLICE(""), "want.quorum");
    if (!(e = open_any(k, ask, f)) && (e = body_open(&k->head, k->master, &b)))
        fault_set(f, e, "keys", slice_str(k->dir), "want.key_store");
    if (e)
        return e;
    body_free(&k->body);
    k->body = b;
    k->segment = mem_alloc(b.segment_count + 1, sizeof *k->segment);
    for (size_t i = 0; k->segment && i < b.segment_count; i++)
        k->segment[i].fd = -1;
    return k->segment ? OK : fault_set(f, ERR_MEMORY, "keys", SLICE(""), "");
}

/* ---- segments ---- */

void segment_path(const char *dir, const struct key_segment *s, char *out, size_t size)
{
    snprintf(out, size, "%s/%06u.%u", dir, s->number, s->version);
}

static enum err read_at(const struct key_store *k, int fd, void *p, size_t n, uint64_t at, struct fault *f)
{
    char *to = p;
    while (n) {
        ssize_t got = pread(fd, to, n, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? fault_sys(f, errno, "keys") : store_damaged(k, f);
        to += got;
        at += (uint64_t)got;
        n -= (size_t)got;
    }
    return OK;
}

static enum err open_segment(struct key_store *k, size_t i, struct fault *f)
{
    char path[600];
    uint8_t have[SEGMENT_HEADING], want[SEGMENT_HEADING];
    const struct key_segment *s = &k->body.segment[i];
    segment_path(k->dir, s, path, sizeof path);
    int fd = open(path, (k->mode == KEYS_WRITE ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? store_damaged(k, f) : fault_sys(f, errno, path);
    segment_heading(k->head.store, s->number, s->version, want);
    enum err e = read_at(k, fd, have, sizeof have, 0, f);
    if (!e && memcmp(have, want, sizeof have) != 0)
        e = store_damaged(k, f);
    if (e) {
        close(fd);
        return e;
    }
    k->segment[i].fd = fd;
    k->segment[i].end = SEGMENT_HEADING;
    return OK;
}

bool segment_marked(const struct key_store *k, size_t i, uint64_t end)
{
    uint8_t have[SEGMENT_MARK], want[SEGMENT_MARK];
    segment_mark(end, want);
    return end >= SEGMENT_HEADING && !read_at(k, k->segment[i].fd, have, sizeof have, end, NULL) && memcmp(have, want, sizeof have) == 0;
}

enum err segment_walk(struct key_store *k, size_t i, struct fault *f)
{
    struct segment_open *o = &k->segment[i];
    const struct key_segment *s = &k->body.segment[i];
    struct stat st;
    enum err e = o->fd < 0 ? open_segment(k, i, f) : OK;
    if (e || (s->length && o->end == s->length))
        return e;
    if (fstat(o->fd, &st))
        return fault_sys(f, errno, "keys");
    uint64_t to = s->length ? s->length : (uint64_t)st.st_size;
    while (o->end + FRAME_HEADING <= to) {
        uint8_t heading[FRAME_HEADING];
        struct key_frame frame;
        if ((e = read_at(k, o->fd, heading, sizeof heading, o->end, f)))
            return e;
        if (frame_parse(heading, o->end, (uint32_t)o->frames, &frame) || o->end + frame_bytes(frame.n) > to)
            break;
        if (!mem_grow(&o->frame, &o->frame_cap, o->frames + 1, SEGMENT_KEYS + 1, sizeof *o->frame))
            return fault_set(f, ERR_MEMORY, "keys", SLICE(""), "");
        o->frame[o->frames++] = frame;
        o->keys += frame.n;
        o->end += frame_bytes(frame.n);
    }
    if (!s->length && to > o->end + SEGMENT_MARK && segment_marked(k, i, to - SEGMENT_MARK)) /* a frame was there whose heading does not read */
        return store_damaged(k, f);
    return s->length && (o->end != s->length || o->keys != s->count) ? store_damaged(k, f) : OK;
}

void segment_drop_tail(struct segment_open *o)
{
    const struct key_frame *last = &o->frame[--o->frames];
    o->end = last->at;
    o->keys -= last->n;
    o->filtered = o->filtered < o->frames ? o->filtered : o->frames;
    o->sound = o->sound < o->frames ? o->sound : o->frames;
}

/* May it be a write that was cut off? */
static bool is_tail(const struct key_store *k, size_t i, size_t frame)
{
    const struct key_frame *fr = &k->segment[i].frame[frame];
    return !k->body.segment[i].length && frame + 1 == k->segment[i].frames && !segment_marked(k, i, fr->at + frame_bytes(fr->n));
}

enum err page_ids(struct key_store *k, size_t i, const struct key_frame *fr, uint32_t p, struct subject_id *ids, struct fault *f)
{
    return read_at(k, k->segment[i].fd, ids, (size_t)frame_page_keys(fr, p) * 16, fr->at + FRAME_HEADING + (uint64_t)p * SEGMENT_PAGE * 16, f);
}

static enum err read_page(struct key_store *k, size_t i, const struct key_frame *fr, uint32_t p, struct subject_id *ids, uint8_t *keys,
    struct fault *f)
{
    uint8_t sealed[PAGE_BYTES(SEGMENT_PAGE)];
    uint32_t n = frame_page_keys(fr, p);
    enum err e = page_ids(k, i, fr, p, ids, f);
    if (!e)
        e = read_at(k, k->segment[i].fd, sealed, PAGE_BYTES(n), frame_page_at(fr, p), f);
    return e ? e : frame_page_open(k->head.store, &k->body.segment[i], fr, p, ids, sealed, keys);
}

/* Which page of the frame would hold the id: pages are bisected by their first ids. */
static enum err page_of(struct key_store *k, size_t i, const struct key_frame *fr, const struct subject_id *id, uint32_t *out, struct fault *f)
{
    uint32_t low = 0, high = (fr->n + SEGMENT_PAGE - 1) / SEGMENT_PAGE;
    while (high - low > 1) {
        uint32_t mid = low + (high - low) / 2;
        struct subject_id first;
        enum err e = read_at(k, k->segment[i].fd, first.b, sizeof first.b, fr->at + FRAME_HEADING + (uint64_t)mid * SEGMENT_PAGE * 16, f);
        if (e)
            return e;
        if (memcmp(first.b, id->b, 16) <= 0)
            low = mid;
        else
            high = mid;
    }
    *out = low;
    return OK;
}

enum err segment_has(struct key_store *k, size_t i, const struct subject_id *id, bool *out, struct fault *f)
{
    struct subject_id ids[SEGMENT_PAGE];
    enum err e = OK;
    for (size_t n = 0; !e && !*out && n < k->segment[i].frames; n++) {
        const struct key_frame *fr = &k->segment[i].frame[n];
        uint32_t p, keys;
        if ((e = page_of(k, i, fr, id, &p, f)))
            break;
        keys = frame_page_keys(fr, p);
        if (!(e = page_ids(k, i, fr, p, ids, f)))
            *out = bsearch(id, ids, keys, sizeof *ids, key_entry_order) != NULL;
    }
    return e;
}

static bool find_in_page(struct key_store *k, size_t i, size_t frame, const struct subject_id *id, uint8_t out[SEAL_KEY], enum err *why,
    struct fault *f)
{
    struct subject_id ids[SEGMENT_PAGE];
    uint8_t keys[SEGMENT_PAGE * SEAL_KEY];
    uint32_t p;
    const struct key_frame *fr = &k->segment[i].frame[frame];
    bool found = false;
    if ((*why = page_of(k, i, fr, id, &p, f)))
        return false;
    uint32_t n = frame_page_keys(fr, p);
    if ((*why = page_ids(k, i, fr, p, ids, f)))
        return false;
    const struct subject_id *at = bsearch(id, ids, n, sizeof *ids, key_entry_order);
    if (!at)
        return false;
    if ((*why = read_page(k, i, fr, p, ids, keys, f)) == ERR_KEY && is_tail(k, i, frame)) {
        segment_drop_tail(&k->segment[i]);
        *why = OK;
    } else if (*why)
        *why = *why == ERR_KEY ? store_damaged(k, f) : *why;
    else {
        memcpy(out, keys + (size_t)(at - ids) * SEAL_KEY, SEAL_KEY);
        found = true;
    }
    seal_wipe(keys, sizeof keys);
    return found;
}

/* The newest key of the party on the disk: later frames count before earlier ones. */
bool segment_find(struct key_store *k, const struct subject_id *id, uint8_t out[SEAL_KEY], enum err *why, struct fault *f)
{
    *why = OK;
    for (size_t i = k->body.segment_count; i > 0; i--) {
        if ((*why = segment_walk(k, i - 1, f)))
            return false;
        if (!segment_may_hold(k, i - 1, id, why, f)) {
            if (*why)
                return false;
            continue;
        }
        for (size_t n = k->segment[i - 1].frames; n > 0; n--)
            if (find_in_page(k, i - 1, n - 1, id, out, why, f) || *why)
                return !*why;
        k->segment[i - 1].vain++;
    }
    return false;
}

static enum err read_frame(struct key_store *k, size_t i, size_t frame, struct key_entry *out, struct fault *f)
{
    const struct key_frame *fr = &k->segment[i].frame[frame];
    for (uint32_t p = 0; p * SEGMENT_PAGE < fr->n; p++) {
        struct subject_id ids[SEGMENT_PAGE];
        uint8_t keys[SEGMENT_PAGE * SEAL_KEY];
        enum err e = read_page(k, i, fr, p, ids, keys, f);
        for (uint32_t n = 0; !e && n < frame_page_keys(fr, p); n++) {
            out[p * SEGMENT_PAGE + n] = (struct key_entry){.id = ids[n]};
            memcpy(out[p * SEGMENT_PAGE + n].key, keys + n * SEAL_KEY, SEAL_KEY);
        }
        seal_wipe(keys, sizeof keys);
        if (e)
            return e;
    }
    return OK;
}

enum err segment_read(struct key_store *k, size_t i, size_t from, struct key_entry **out, size_t *n, size_t *cap, struct fault *f)
{
    enum err e = segment_walk(k, i, f);
    for (size_t fr = from; !e && fr < k->segment[i].frames; fr++) {
        uint32_t more = k->segment[i].frame[fr].n;
        if (!mem_grow(out, cap, *n + more, (size_t)1 << 28, sizeof **out))
            return fault_set(f, ERR_MEMORY, "keys", SLICE(""), "");
        e = read_frame(k, i, fr, *out + *n, f);
        if (e == ERR_KEY && is_tail(k, i, fr))
            return OK; /* cut off while it was written: no commit has used it */
        if (e == ERR_KEY)
            return store_damaged(k, f);
        *n += more;
    }
    return e;
}

enum err store_check(struct key_store *k, struct fault *f)
{
    enum err err = OK;
    for (size_t i = 0; !err && i < k->body.segment_count; i++) {
        struct key_entry *e = NULL;
        size_t n = 0, cap = 0;
        err = segment_read(k, i, 0, &e, &n, &cap, f);
        if (e)
            seal_wipe(e, cap * sizeof *e);
        mem_free(e);
    }
    return err;
}

void store_seed_fresh(struct key_store *k)
{
    uint8_t seed[32];
    seal_random(seed, sizeof seed);
    hash_key_ready(seed, &k->seed);
    seal_wipe(seed, sizeof seed);
}

/* ---- open, close ---- */

static struct key_store *store_new(const char *dir, const char *name, enum keys_mode mode, struct fault *f)
{
    struct key_store *k = mem_alloc(1, sizeof *k);
    if (!k) {
        fault_set(f, ERR_MEMORY, "keys", SLICE(""), "");
        return NULL;
    }
    pthread_mutex_init(&k->mutex, NULL);
    buf_init(&k->sealed, KEY_HEAD_MAX);
    k->mode = mode;
    store_seed_fresh(k);
    if (snprintf(k->base, sizeof k->base, "%s", dir) >= (int)sizeof k->base || snprintf(k->dir, sizeof k->dir, "%s/%s", dir, name) >= (int)sizeof k->dir) {
        fault_set(f, ERR_TOO_LONG, "--data", slice_str(dir), "want.short_path");
        keys_close(k);
        return NULL;
    }
    return k;
}

enum err store_open_at(const char *dir, const char *name, enum keys_mode mode, struct key_store **out, struct fault *f)
{
    struct key_ask ask = {0};
    struct buf room;
    struct fault spare = {0};
    struct key_store *k = store_new(dir, name, mode, f);
    if (!k)
        return ERR_MEMORY;
    key_ask_environment(&ask, &room);
    enum err e = keys_old_is(dir) && mode == KEYS_READ ? (k->old = true, keys_old_load(dir, &k->body.keys, k->root, f))
                                                       : store_open_head(k, &ask, f ? f : &spare);
    if (room.p)
        seal_wipe(room.p, room.cap);
    buf_free(&room);
    if (!e && mode == KEYS_WRITE)
        e = store_mend(k, f);
    if (e)
        keys_close(k);
    else
        *out = k;
    return e;
}

enum err keys_open(const char *dir, enum keys_mode mode, struct key_store **out, struct fault *f)
{
    return store_open_at(dir, "keystore", mode, out, f);
}

void keys_close(struct key_store *k)
{
    if (!k)
        return;
    store_wipe(k);
    buf_free(&k->sealed);
    pthread_mutex_destroy(&k->mutex);
    mem_free(k);
}

bool keys_are_gone(const struct key_store *k)
{
    return k->gone != OK;
}

void keys_copy(struct key_store *k, struct keys *out)
{
    pthread_mutex_lock(&k->mutex);
    *out = k->body.keys;
    pthread_mutex_unlock(&k->mutex);
}

const uint8_t *keys_master(const struct key_store *k)
{
    return k->master;
}

const char *keys_dir(const struct key_store *k)
{
    return k->dir;
}

/* ---- persons ---- */

static enum err no_key(struct fault *f)
{
    return fault_set(f, ERR_NOT_FOUND, "key", SLICE(""), "");
}

/* The caller holds the mutex. */
static enum err find(struct key_store *k, const struct subject_id *party, uint8_t out[SEAL_KEY], struct fault *f)
{
    enum err why = OK;
    if (k->old) {
        hash_hmac(k->root, party->b, sizeof party->b, out);
        return OK;
    }
    const struct key_entry *e = table_find(&k->table, party);
    if (e && !entry_is_gone(e)) {
        memcpy(out, e->key, SEAL_KEY);
        return OK;
    }
    if (k->mode == KEYS_WRITE && k->loaded)
        return no_key(f);
    if (k->loaded && k->body.segment_count) { /* another process may have added to the last segment */
        struct segment_open *o = &k->segment[k->body.segment_count - 1];
        size_t had = o->frames;
        if ((why = segment_walk(k, k->body.segment_count - 1, f)) || o->frames == had)
            return why ? why : no_key(f);
    }
    return segment_find(k, party, out, &why, f) ? OK : why ? why : no_key(f);
}

#define TURNS 5

/* What others overwrite while it is read does not open: then their head stands already, and it is looked for under that. */
static enum err find_through(struct key_store *k, const struct subject_id *party, uint8_t out[SEAL_KEY])
{
    enum err e = find(k, party, out, NULL);
    for (int i = 0; i < TURNS && e == ERR_DAMAGED && head_moved(k); i++)
        if (!(e = store_refresh(k, NULL)))
            e = find(k, party, out, NULL);
    return e;
}

enum err keys_person(struct key_store *k, const struct subject_id *party, uint8_t out[SEAL_KEY])
{
    pthread_mutex_lock(&k->mutex);
    enum err e = store_refresh(k, NULL);
    if (!e)
        e = find_through(k, party, out);
    pthread_mutex_unlock(&k->mutex);
    return e;
}

enum err keys_person_new(struct key_store *k, const struct subject_id *party, uint8_t out[SEAL_KEY], bool *first)
{
    pthread_mutex_lock(&k->mutex);
    enum err e = k->gone ? (enum err)k->gone : find_through(k, party, out);
    if (e == ERR_NOT_FOUND && k->mode == KEYS_WRITE) {
        if (k->table.n == k->saved)
            k->since = k->loaded ? k->upto : place_now(k);
        struct key_entry fresh = {.id = *party};
        hash_keyed(&k->seed, party->b, sizeof party->b, fresh.key);
        memcpy(out, fresh.key, SEAL_KEY);
        e = table_put(&k->table, &fresh) ? OK : ERR_MEMORY;
        seal_wipe(&fresh, sizeof fresh);
    }
    struct key_entry *entry = e ? NULL : table_find(&k->table, party);
    if (first)
        *first = !entry || !entry->met;
    if (entry)
        entry->met = 1;
    pthread_mutex_unlock(&k->mutex);
    return e;
}

void keys_seed(struct key_store *k, const uint8_t seed[32])
{
    pthread_mutex_lock(&k->mutex);
    hash_key_ready(seed, &k->seed);
    pthread_mutex_unlock(&k->mutex);
}

/* Keys that are new stay at the end of the table, behind those of the disk. */
static enum err load_all(struct key_store *k, struct fault *f)
{
    struct key_entry *e = NULL;
    struct key_table t = {0};
    size_t n = 0, cap = 0, fresh = k->table.n - k->saved;
    enum err err = OK;
    for (size_t i = 0; !err && i < k->body.segment_count; i++) {
        n = 0;
        err = segment_read(k, i, 0, &e, &n, &cap, f);
        for (size_t x = 0; !err && x < n; x++)
            err = table_put(&t, &e[x]) ? OK : fault_set(f, ERR_MEMORY, "keys", SLICE(""), "");
    }
    size_t saved = t.n;
    for (size_t i = 0; !err && i < fresh; i++)
        err = table_put(&t, &k->table.entry[k->saved + i]) ? OK : fault_set(f, ERR_MEMORY, "keys", SLICE(""), "");
    if (e)
        seal_wipe(e, cap * sizeof *e);
    mem_free(e);
    if (err) {
        table_free(&t);
        return err;
    }
    table_free(&k->table);
    k->table = t;
    k->saved = saved;
    k->loaded = true;
    k->upto = place_now(k);
    return OK;
}

enum err keys_load(struct key_store *k, struct fault *f)
{
    pthread_mutex_lock(&k->mutex);
    enum err e = store_refresh(k, f);
    if (!e && !k->loaded && !k->old)
        e = load_all(k, f);
    pthread_mutex_unlock(&k->mutex);
    return e;
}

enum err keys_each(struct key_store *k, enum err (*fn)(void *arg, const struct subject_id *party), void *arg, struct fault *f)
{
    enum err e = keys_load(k, f);
    pthread_mutex_lock(&k->mutex);
    for (size_t i = 0; !e && i < k->table.n; i++)
        if (!entry_is_gone(&k->table.entry[i]) && table_find(&k->table, &k->table.entry[i].id) == &k->table.entry[i])
            e = fn(arg, &k->table.entry[i].id);
    pthread_mutex_unlock(&k->mutex);
    return e;
}

void key_mark(const uint8_t key[SEAL_KEY], uint8_t out[KEY_MARK])
{
    uint8_t m[9 + SEAL_KEY];
    memcpy(m, "athar key", 9);
    memcpy(m + 9, key, SEAL_KEY);
    struct hash h = hash_of(m, sizeof m);
    memcpy(out, h.b, KEY_MARK);
    seal_wipe(m, sizeof m);
}
