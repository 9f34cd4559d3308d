/* The key store: writing. Invariants:
 * 1. Whatever changes a file here holds DIR/keystore/lock meanwhile, and looks at the head first.
 * 2. A frame is appended and synced; a head is written beside the old one, synced and renamed: at any moment one whole head
 *    stands, and every segment that it names is whole.
 * 3. The old head stays as head-old until it is overwritten; a segment that no head names is overwritten. Both by whoever opens the
 *    store to write next, when the one who should have done it was killed.
 * 4. What is on the erased list has no key here once `erasing` is gone.
 * 5. The mark behind a segment's last frame is written when that frame is synced, and is not synced itself: where it stands, all before it was on the
 *    disk, and what does not open is damage. Nothing is cut off before a mark. */
#include "base/file.h"
#include "keys/keys_in.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>
#include "base/banned.h"

/* ---- the files ---- */

enum err files_lock(const char *dir, int *fd, struct fault *f)
{
    char path[600];
    snprintf(path, sizeof path, "%s/lock", dir);
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*fd < 0)
        return fault_sys(f, errno, path);
    while (flock(*fd, LOCK_EX))
        if (errno != EINTR) {
            close(*fd);
            return fault_sys(f, errno, path);
        }
    return OK;
}

static enum err write_new(const char *path, struct slice bytes, struct fault *f)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return fault_sys(f, errno, path);
    enum err e = file_write_all(fd, bytes.p, bytes.n, f);
    if (!e && fsync(fd))
        e = fault_sys(f, errno, path);
    if (close(fd) && !e)
        e = fault_sys(f, errno, path);
    return e;
}

/* head-old is overwritten, unless it is still a second name of the head: who made it was killed before the new one stood. */
static enum err shred_old(const char *dir, struct fault *f)
{
    char head[600], old[600];
    struct stat a, b;
    snprintf(head, sizeof head, "%s/head", dir);
    snprintf(old, sizeof old, "%s/head-old", dir);
    if (stat(old, &b) == 0 && stat(head, &a) == 0 && a.st_ino == b.st_ino)
        return unlink(old) ? fault_sys(f, errno, old) : file_sync_dir(dir, f);
    return file_shred(old, f);
}

/* The old head is kept under another name until the new one stands, then overwritten. */
enum err head_replace(const char *dir, const struct key_head *h, struct fault *f)
{
    char head[600], fresh[600], old[600];
    struct buf out;
    snprintf(head, sizeof head, "%s/head", dir);
    snprintf(fresh, sizeof fresh, "%s/head-new", dir);
    snprintf(old, sizeof old, "%s/head-old", dir);
    buf_init(&out, KEY_HEAD_MAX);
    head_write(h, &out);
    enum err e = out.err ? fault_set(f, out.err, "keys", SLICE(""), "") : shred_old(dir, f);
    if (!e)
        e = write_new(fresh, buf_view(&out), f);
    buf_free(&out);
    if (!e && link(head, old) && errno != ENOENT)
        e = fault_sys(f, errno, old);
    if (!e && rename(fresh, head))
        e = fault_sys(f, errno, head);
    if (!e)
        e = file_sync_dir(dir, f);
    return e ? e : shred_old(dir, f);
}

static enum err look(struct key_store *k, struct fault *f)
{
    char path[600];
    snprintf(path, sizeof path, "%s/head", k->dir);
    return stat(path, &k->seen) ? fault_sys(f, errno, path) : OK;
}

enum err head_save(struct key_store *k, bool fresh, struct fault *f)
{
    struct buf body;
    buf_init(&body, KEY_HEAD_MAX);
    if (fresh) {
        seal_random(k->master, sizeof k->master);
        for (size_t i = 0; i < k->head.slot_count; i++)
            slot_wrap(&k->head.slot[i], k->master);
    }
    k->head.generation++;
    enum err e = body_seal(&k->head, &k->body, k->master, &body);
    if (e) {
        buf_free(&body);
        return fault_set(f, e, "keys", SLICE(""), "");
    }
    buf_free(&k->sealed);
    k->sealed = body;
    k->head.body = buf_view(&k->sealed);
    e = head_replace(k->dir, &k->head, f);
    return e ? e : look(k, f);
}

/* ---- making ---- */

enum err store_make(const char *dir, const char *name, const struct keys *keys, const uint8_t id[16], const uint8_t master[SEAL_KEY], struct fault *f)
{
    char where[560];
    struct key_head h = {.generation = 1, .slot_count = 1};
    struct key_body b = {.keys = *keys};
    struct buf body;
    snprintf(where, sizeof where, "%s/%s", dir, name);
    if (mkdir(where, 0700) && errno != EEXIST)
        return fault_sys(f, errno, where);
    memcpy(h.store, id, sizeof h.store);
    buf_init(&body, KEY_HEAD_MAX);
    enum err e = slot_file(where, SLICE(""), master, &h.slot[0], f);
    if (!e && (e = body_seal(&h, &b, master, &body)))
        fault_set(f, e, "keys", SLICE(""), "");
    h.body = buf_view(&body);
    if (!e)
        e = head_replace(where, &h, f);
    buf_free(&body);
    seal_wipe(&b.keys, sizeof b.keys);
    return e ? e : file_sync_dir(dir, f);
}

enum err keys_create(const char *dir, void (*random)(void *arg, void *out, size_t n), void *arg, struct fault *f)
{
    struct {
        struct keys keys;
        uint8_t id[16], master[SEAL_KEY];
    } fresh;
    char head[600], old[600];
    snprintf(head, sizeof head, "%s/keystore/head", dir);
    snprintf(old, sizeof old, "%s/keys", dir);
    if (access(head, F_OK) == 0 || access(old, F_OK) == 0)
        return fault_set(f, ERR_EXISTS, "keys", slice_str(head), "want.new_directory");
    random(arg, &fresh, sizeof fresh);
    enum err e = store_make(dir, "keystore", &fresh.keys, fresh.id, fresh.master, f);
    seal_wipe(&fresh, sizeof fresh);
    return e;
}

/* ---- new keys ---- */

static enum err add_segment(struct key_store *k, struct fault *f)
{
    char path[600];
    uint8_t heading[SEGMENT_HEADING];
    struct key_body *b = &k->body;
    struct segment_open *wider = mem_alloc(b->segment_count + 2, sizeof *wider);
    if (!wider || !mem_grow(&b->segment, &b->segment_cap, b->segment_count + 1, KEY_SEGMENTS, sizeof *b->segment)) {
        mem_free(wider);
        return fault_set(f, ERR_MEMORY, "keys", SLICE(""), "");
    }
    struct key_segment *s = &b->segment[b->segment_count];
    *s = (struct key_segment){.number = b->next++, .version = 0};
    seal_random(s->key, sizeof s->key);
    if (k->segment)
        memcpy(wider, k->segment, b->segment_count * sizeof *wider);
    mem_free(k->segment);
    k->segment = wider;
    wider[b->segment_count].fd = -1;
    segment_heading(k->head.store, s->number, s->version, heading);
    segment_path(k->dir, s, path, sizeof path);
    enum err e = write_new(path, slice_of((const char *)heading, sizeof heading), f);
    if (e)
        return e;
    b->segment_count++;
    return head_save(k, false, f); /* the rename's sync of the folder is the new file's too */
}

/* The last segment takes no more: its length and count go into the head. */
static void close_segment(struct key_store *k)
{
    struct key_body *b = &k->body;
    if (!b->segment_count)
        return;
    b->segment[b->segment_count - 1].length = k->segment[b->segment_count - 1].end;
    b->segment[b->segment_count - 1].count = k->segment[b->segment_count - 1].keys;
}

#define FRAMES_MAX 4096 /* in a segment: many small ones are written as one when it closes */

static enum err make_room(struct key_store *k, struct fault *f)
{
    char old[600] = "";
    size_t n = k->body.segment_count;
    enum err e = n ? segment_walk(k, n - 1, f) : OK;
    if (e || (n && !k->body.segment[n - 1].length && k->segment[n - 1].keys < SEGMENT_KEYS && k->segment[n - 1].frames < FRAMES_MAX))
        return e;
    if (n && !k->body.segment[n - 1].length && k->segment[n - 1].frames > 16)
        e = segment_rewrite(k, n - 1, NULL, NULL, old, sizeof old, f);
    if (!e) {
        if (!k->body.segment_count || !k->body.segment[k->body.segment_count - 1].length)
            close_segment(k);
        e = add_segment(k, f);
    }
    return e || !*old ? e : file_shred(old, f);
}

/* Does a later frame stand behind what does not read? Then it is no write that was cut off, but damage. */
static enum err nothing_follows(const struct key_store *k, const struct segment_open *o, uint64_t size, struct fault *f)
{
    struct buf rest;
    const char *at = NULL;
    size_t n = size > o->end ? (size_t)(size - o->end) : 0;
    if (!n)
        return OK;
    buf_init(&rest, (size_t)1 << 30);
    uint8_t *p = buf_room(&rest, n);
    enum err e = !p ? fault_set(f, ERR_MEMORY, "keys", SLICE(""), "") : pread(o->fd, p, n, (off_t)o->end) != (ssize_t)n ? store_damaged(k, f) : OK;
    for (size_t from = 0; !e && (at = memmem(rest.p + from, rest.n - from, "ATKF", 4)); from = (size_t)(at - rest.p) + 1) {
        struct key_frame frame;
        uint32_t seq = (uint32_t)o->frames + 1;
        if ((size_t)(at - rest.p) + FRAME_HEADING <= rest.n && !frame_parse((const uint8_t *)at, 0, seq, &frame))
            e = store_damaged(k, f);
    }
    buf_free(&rest);
    return e;
}

static uint32_t keys_from(const struct segment_open *o, size_t frame)
{
    uint32_t n = 0;
    for (; frame < o->frames; frame++)
        n += o->frame[frame].n;
    return n;
}

/* Invariant 5. When it fails the frame is as good as one of a program that wrote none. */
static void put_mark(const struct segment_open *o)
{
    uint8_t mark[SEGMENT_MARK];
    segment_mark(o->end, mark);
    if (lseek(o->fd, (off_t)o->end, SEEK_SET) >= 0)
        (void)file_write_all(o->fd, mark, sizeof mark, NULL);
}

/* The last frame of the last segment may be half there: what does not open is cut off, and what no frame begins. Frames that were opened
 * before are not opened again. */
static enum err cut_tail(struct key_store *k, struct fault *f)
{
    struct key_entry *e = NULL;
    size_t n = 0, cap = 0, segments = k->body.segment_count, i = segments ? segments - 1 : 0;
    struct segment_open *o = &k->segment[i];
    struct stat st;
    if (!segments || k->body.segment[i].length)
        return OK;
    enum err err = segment_read(k, i, o->sound, &e, &n, &cap, f);
    if (!err && n < keys_from(o, o->sound)) /* the last one did not open */
        segment_drop_tail(o);
    if (!err)
        o->sound = o->frames;
    if (!err && fstat(o->fd, &st))
        err = fault_sys(f, errno, "keys");
    if (!err)
        err = nothing_follows(k, o, (uint64_t)st.st_size, f);
    bool marked = !err && (uint64_t)st.st_size == o->end + SEGMENT_MARK && segment_marked(k, i, o->end);
    if (!err && !marked && (((uint64_t)st.st_size > o->end && ftruncate(o->fd, (off_t)o->end)) || fsync(o->fd)))
        err = fault_sys(f, errno, "keys");
    if (!err && !marked)
        put_mark(o);
    if (e)
        seal_wipe(e, cap * sizeof *e);
    mem_free(e);
    return err;
}

static enum err append_frame(struct key_store *k, const struct key_entry *entries, uint32_t n, struct fault *f)
{
    size_t i = k->body.segment_count - 1;
    struct segment_open *o = &k->segment[i];
    struct buf out;
    uint8_t nonce[20];
    seal_random(nonce, sizeof nonce);
    buf_init(&out, 8u << 20);
    frame_write(k->head.store, &k->body.segment[i], (uint32_t)o->frames, nonce, entries, n, &out);
    enum err e = out.err ? fault_set(f, out.err, "keys", SLICE(""), "") : OK;
    if (!e && lseek(o->fd, (off_t)o->end, SEEK_SET) < 0)
        e = fault_sys(f, errno, "keys");
    if (!e)
        e = file_write_all(o->fd, out.p, out.n, f);
    if (!e && fdatasync(o->fd))
        e = fault_sys(f, errno, "keys");
    buf_free(&out);
    if (e && ftruncate(o->fd, (off_t)o->end)) /* what came half is cut; when that fails too, the next writer cuts it */
        return e;
    if (!e && !(e = segment_walk(k, i, f)))
        o->sound = o->frames;
    put_mark(o);
    return e;
}

static enum err flush_entries(struct key_store *k, struct key_entry *fresh, size_t n, struct fault *f)
{
    enum err e = OK;
    for (size_t done = 0; !e && done < n;) {
        if ((e = make_room(k, f)) || (e = segment_walk(k, k->body.segment_count - 1, f)))
            return e;
        size_t room = SEGMENT_KEYS - k->segment[k->body.segment_count - 1].keys, take = n - done < room ? n - done : room;
        qsort(fresh + done, take, sizeof *fresh, key_entry_order);
        e = append_frame(k, fresh + done, (uint32_t)take, f);
        done += take;
    }
    return e;
}

/* The caller holds the file lock. */
static enum err flush_fresh(struct key_store *k, struct fault *f)
{
    size_t n = k->table.n - k->saved;
    struct key_entry *fresh = mem_alloc(n + 1, sizeof *fresh);
    if (!fresh)
        return fault_set(f, ERR_MEMORY, "keys", SLICE(""), "");
    if (n)
        memcpy(fresh, k->table.entry + k->saved, n * sizeof *fresh);
    enum err e = flush_entries(k, fresh, n, f);
    if (!e)
        k->saved = k->table.n;
    seal_wipe(fresh, (n + 1) * sizeof *fresh);
    mem_free(fresh);
    return e;
}

static enum err flush(struct key_store *k, struct fault *f)
{
    int fd;
    if (k->lost) {
        k->lost = false;
        return fault_set(f, ERR_CONFLICT, "keys", SLICE(""), "want.run_again");
    }
    enum err e = k->table.n > k->saved ? files_lock(k->dir, &fd, f) : OK;
    if (e || k->table.n == k->saved)
        return e;
    if (!(e = store_refresh(k, f)) && !(e = cut_tail(k, f)) && !(e = others_looked_at(k, f)) && !(e = flush_fresh(k, f)))
        k->upto = place_now(k);
    close(fd);
    return e;
}

enum err keys_flush(struct key_store *k, struct fault *f)
{
    pthread_mutex_lock(&k->mutex);
    enum err e = k->gone ? store_refresh(k, f) : OK;
    if (!e)
        e = flush(k, f);
    pthread_mutex_unlock(&k->mutex);
    return e;
}

/* ---- rewriting ---- */

/* Entries sorted, without those that go. Returns how many are left. */
static size_t keep(struct key_entry *e, size_t n, bool (*drop)(void *arg, const struct key_entry *e), void *arg, size_t *dropped)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (drop && drop(arg, &e[i])) {
            ++*dropped;
            continue;
        }
        e[kept++] = e[i];
    }
    if (n > kept)
        seal_wipe(e + kept, (n - kept) * sizeof *e);
    qsort(e, kept, sizeof *e, key_entry_order);
    return kept;
}

static enum err write_segment(struct key_store *k, const struct key_segment *s, const struct key_entry *e, size_t n, uint64_t *length, struct fault *f)
{
    char path[600];
    uint8_t heading[SEGMENT_HEADING], nonce[20];
    struct buf out;
    segment_heading(k->head.store, s->number, s->version, heading);
    segment_path(k->dir, s, path, sizeof path);
    seal_random(nonce, sizeof nonce);
    buf_init(&out, 8u << 20);
    buf_add(&out, heading, sizeof heading);
    if (n)
        frame_write(k->head.store, s, 0, nonce, e, (uint32_t)n, &out);
    *length = out.n;
    uint8_t mark[SEGMENT_MARK];
    segment_mark(out.n, mark);
    buf_add(&out, mark, sizeof mark); /* no head names the file before all of it is synced */
    enum err err = out.err ? fault_set(f, out.err, "keys", SLICE(""), "") : write_new(path, buf_view(&out), f);
    buf_free(&out);
    return err;
}

enum err segment_rewrite(struct key_store *k, size_t i, bool (*drop)(void *arg, const struct key_entry *e), void *arg, char *old,
    size_t old_size, struct fault *f)
{
    struct key_segment *s = &k->body.segment[i], fresh = *s;
    struct key_entry *e = NULL;
    size_t n = 0, cap = 0, dropped = 0;
    enum err err = segment_read(k, i, 0, &e, &n, &cap, f);
    size_t kept = err ? 0 : keep(e, n, drop, arg, &dropped);
    *old = 0;
    fresh.version++;
    seal_random(fresh.key, sizeof fresh.key);
    if (!err && (dropped || !drop)) {
        uint64_t length;
        segment_path(k->dir, s, old, old_size);
        if (!(err = write_segment(k, &fresh, e, kept, &length, f))) {
            fresh.count = s->length ? (uint32_t)kept : 0;
            fresh.length = s->length ? length : 0;
            *s = fresh;
            segment_reset(k, i);
            err = segment_walk(k, i, f);
        }
    }
    if (e)
        seal_wipe(e, cap * sizeof *e);
    mem_free(e);
    seal_wipe(&fresh, sizeof fresh);
    return err;
}

/* ---- what a crash left ---- */

static bool is_named(const struct key_store *k, const char *name)
{
    char path[600];
    for (size_t i = 0; i < k->body.segment_count; i++) {
        segment_path("", &k->body.segment[i], path, sizeof path);
        if (strcmp(path + 1, name) == 0)
            return true;
    }
    return false;
}

static bool is_segment(const char *name)
{
    size_t n = strspn(name, "0123456789");
    return n >= 6 && name[n] == '.';
}

static enum err sweep(struct key_store *k, struct fault *f)
{
    char path[900];
    DIR *d = opendir(k->dir);
    if (!d)
        return fault_sys(f, errno, k->dir);
    enum err e = shred_old(k->dir, f);
    for (struct dirent *x; !e && (x = readdir(d));)
        if (strcmp(x->d_name, "head-new") == 0 || (is_segment(x->d_name) && !is_named(k, x->d_name))) {
            snprintf(path, sizeof path, "%s/%s", k->dir, x->d_name);
            e = file_shred(path, f);
        }
    closedir(d);
    return e;
}

enum err store_mend(struct key_store *k, struct fault *f)
{
    int fd;
    enum err e = files_lock(k->dir, &fd, f);
    if (e)
        return e;
    if (!(e = store_refresh(k, f)) && !(e = sweep(k, f)))
        e = cut_tail(k, f);
    close(fd);
    return e ? e : erase_unfinished(k, f);
}
