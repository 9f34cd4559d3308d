/* The key store's own backup: its files as they are, still sealed, with the day from which it is not taken any more, under a tag that
 * only who has the master key can make. A backup holds the keys of persons who were erased after it was made: that is why it expires,
 * and why what the erased lists name is destroyed again when it is restored. */
#include "base/file.h"
#include "base/hash.h"
#include "keys/backup.h"
#include "keys/keys_in.h"
#include "keys/segment.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "base/banned.h"

static void tag_of(const uint8_t master[SEAL_KEY], const struct hash *body, uint8_t out[BACKUP_TAG])
{
    static const char label[] = "athar key backup";
    uint8_t key[32];
    hash_hmac(master, label, sizeof label, key);
    hash_hmac(key, body->b, sizeof body->b, out);
    seal_wipe(key, sizeof key);
}

/* ---- making ---- */

struct out { /* the file, and the hash of what is in it */
    int fd;
    struct hash_stream *h;
    enum err err;
    struct fault *f;
};

static void put(struct out *o, const void *p, size_t n)
{
    if (o->err)
        return;
    hash_add(o->h, p, n);
    o->err = file_write_all(o->fd, p, n, o->f);
}

static void put_number(struct out *o, uint64_t v, size_t n)
{
    uint8_t b[8];
    for (size_t i = 0; i < n; i++)
        b[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
    put(o, b, n);
}

static void put_run(struct out *o, struct slice s)
{
    put_number(o, s.n, 8);
    put(o, s.p, s.n);
}

/* Of the last segment the frames that are whole. */
static void put_segment(struct out *o, struct key_store *k, size_t i)
{
    char path[600];
    struct buf b;
    const struct key_segment *s = &k->body.segment[i];
    if (o->err || (o->err = segment_walk(k, i, o->f)))
        return;
    segment_path(k->dir, s, path, sizeof path);
    buf_init(&b, (size_t)1 << 30);
    o->err = file_read(path, &b, o->f);
    put_number(o, s->number, 4);
    put_number(o, s->version, 4);
    put_run(o, slice_of(b.p, b.n < k->segment[i].end ? b.n : (size_t)k->segment[i].end));
    buf_free(&b);
}

static void put_all(struct out *o, struct key_store *k, int64_t now, int64_t expires)
{
    struct buf head, erased;
    buf_init(&head, KEY_HEAD_MAX);
    buf_init(&erased, ERASED_MAX);
    head_write(&k->head, &head);
    o->err = head.err ? fault_set(o->f, head.err, "keys", SLICE(""), "") : erased_read(k->dir, &erased, o->f);
    put(o, "ATHRKBK2", 8);
    put(o, k->head.store, sizeof k->head.store);
    put_number(o, (uint64_t)now, 8);
    put_number(o, (uint64_t)expires, 8);
    put_number(o, k->body.segment_count, 4);
    put_number(o, 0, 4);
    put_run(o, buf_view(&head));
    put_run(o, buf_view(&erased));
    for (size_t i = 0; i < k->body.segment_count; i++)
        put_segment(o, k, i);
    buf_free(&head);
    buf_free(&erased);
}

static enum err write_backup(struct key_store *k, const char *path, int64_t now, int64_t expires, struct fault *f)
{
    char tmp[1024];
    uint8_t tag[BACKUP_TAG];
    if (snprintf(tmp, sizeof tmp, "%s.new", path) >= (int)sizeof tmp)
        return fault_set(f, ERR_TOO_LONG, "file", slice_str(path), "want.short_path");
    struct out o = {.fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), .h = hash_begin(), .f = f};
    if (o.fd < 0)
        o.err = fault_sys(f, errno, path);
    else if (!o.h)
        o.err = fault_set(f, ERR_MEMORY, "keys", SLICE(""), "");
    else
        put_all(&o, k, now, expires);
    struct hash body = o.h ? hash_done(o.h) : (struct hash){0};
    tag_of(k->master, &body, tag);
    if (!o.err && !(o.err = file_write_all(o.fd, tag, sizeof tag, f)) && fsync(o.fd))
        o.err = fault_sys(f, errno, path);
    if (o.fd >= 0)
        close(o.fd);
    if (!o.err && rename(tmp, path))
        o.err = fault_sys(f, errno, path);
    if (o.err)
        unlink(tmp);
    return o.err;
}

enum err keys_backup(struct key_store *k, const char *path, int64_t now, int64_t expires, struct fault *f)
{
    int fd;
    if (expires <= now)
        return fault_set(f, ERR_RANGE, "expires", SLICE(""), "want.not_past");
    pthread_mutex_lock(&k->mutex);
    enum err e = k->old ? fault_set(f, ERR_REFUSED, "keys", SLICE(""), "want.key_store") : files_lock(k->dir, &fd, f);
    if (!e) {
        if (!(e = store_refresh(k, f)) && !(e = store_check(k, f))) /* what does not open is not put over a backup that does */
            e = write_backup(k, path, now, expires, f);
        close(fd);
    }
    pthread_mutex_unlock(&k->mutex);
    return e;
}

/* ---- restoring ---- */

struct restore {
    const char *dir;
    struct key_backup b;
    struct key_head head;
    uint8_t master[SEAL_KEY];
    const struct share *share;
    size_t shares;
};

/* Through the slots of the backup, with what is at hand now: the file of a file slot still lies where it lay. */
static enum err find_master(struct restore *r, struct fault *f)
{
    char where[560];
    uint8_t secret[SEAL_KEY];
    struct key_ask ask = {0};
    struct buf room;
    if (r->shares)
        return quorum_master(&r->head, r->share, r->shares, r->master, f);
    snprintf(where, sizeof where, "%s/keystore", r->dir);
    key_ask_environment(&ask, &room);
    enum err e = fault_set(f, ERR_KEY, "keys", SLICE(""), "want.master_key");
    for (size_t i = 0; e && i < r->head.slot_count; i++)
        if (r->head.slot[i].type != KEY_SLOT_QUORUM && !(e = slot_secret(where, &r->head.slot[i], &ask, secret, f)) &&
            (e = slot_master(&r->head.slot[i], secret, r->master)))
            fault_set(f, e, "keys", SLICE(""), "want.master_key");
    if (room.p)
        seal_wipe(room.p, room.cap);
    buf_free(&room);
    seal_wipe(secret, sizeof secret);
    return e;
}

static enum err judge(struct restore *r, int64_t now, struct fault *f)
{
    uint8_t tag[BACKUP_TAG];
    struct hash body = hash_of(r->b.body.p, r->b.body.n);
    enum err e = head_parse(r->b.head, &r->head);
    if (e || memcmp(r->head.store, r->b.store, sizeof r->b.store) != 0)
        return fault_set(f, ERR_DAMAGED, "backup", SLICE(""), "want.key_backup");
    if ((e = find_master(r, f)))
        return e;
    tag_of(r->master, &body, tag);
    if (memcmp(tag, r->b.tag, sizeof tag) != 0)
        return fault_set(f, ERR_DAMAGED, "backup", SLICE(""), "want.key_backup");
    return now >= r->b.expires ? fault_set(f, ERR_REFUSED, "backup", SLICE(""), "want.backup_not_expired") : OK;
}

static enum err put_file(const char *dir, const char *name, struct slice bytes, struct fault *f)
{
    char path[900];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return file_replace(path, bytes, 0600, f);
}

static enum err put_segment_file(const char *dir, const char *name, struct slice bytes, struct fault *f)
{
    uint8_t mark[SEGMENT_MARK];
    struct buf b;
    buf_init(&b, (size_t)1 << 30);
    segment_mark(bytes.n, mark);
    buf_slice(&b, bytes);
    buf_add(&b, mark, sizeof mark);
    enum err e = b.err ? fault_set(f, b.err, "keys", SLICE(""), "") : put_file(dir, name, buf_view(&b), f);
    buf_free(&b);
    return e;
}

/* The erased list of the store that is there goes on; the backup's is part of it unless the store was lost. */
static enum err put_lists(struct restore *r, const char *fresh, struct fault *f)
{
    char there[560];
    struct buf b, have;
    snprintf(there, sizeof there, "%s/keystore", r->dir);
    buf_init(&b, ERASED_MAX);
    buf_init(&have, ERASED_MAX);
    buf_slice(&b, r->b.erased);
    enum err e = erased_read(there, &have, f);
    if (!e && !(e = erased_lacking(r->b.erased, buf_view(&have), &b, f)))
        e = put_file(fresh, "erased", buf_view(&b), f);
    buf_free(&b);
    buf_free(&have);
    return e ? e : put_file(fresh, "erasing", SLICE(""), f); /* the first who writes does the list again */
}

/* The default file slot's file lies in the folder that is replaced. */
static enum err keep_master(struct restore *r, const char *fresh, struct fault *f)
{
    char path[600];
    struct buf b;
    snprintf(path, sizeof path, "%s/keystore/master", r->dir);
    buf_init(&b, 4096);
    enum err e = file_read(path, &b, f);
    if (!e)
        e = put_file(fresh, "master", buf_view(&b), f);
    else if (e == ERR_NOT_FOUND) {
        e = OK;
        if (f)
            *f = (struct fault){0};
    }
    if (b.p)
        seal_wipe(b.p, b.n);
    buf_free(&b);
    return e;
}

static enum err put_store(struct restore *r, const char *fresh, struct fault *f)
{
    struct slice rest = r->b.files;
    struct backup_file file;
    enum err e = put_file(fresh, "head", r->b.head, f);
    while (!e && backup_next(&rest, &file)) {
        char name[32];
        snprintf(name, sizeof name, "%06u.%u", file.number, file.version);
        e = put_segment_file(fresh, name, file.bytes, f);
    }
    if (!e && !(e = put_lists(r, fresh, f)))
        e = r->shares ? unlock_head(fresh, r->share, r->shares, f) : keep_master(r, fresh, f);
    return e;
}

/* The folder that holds the store: where DIR/keystore leads to when it is a link (store.h, key folders), else DIR. */
static void folder_of(const char *dir, char out[600])
{
    char link[600];
    snprintf(link, sizeof link, "%s/keystore", dir);
    ssize_t n = readlink(link, out, 599);
    out[n > 0 ? n : 0] = 0;
    char *name = strrchr(out, '/');
    if (name && strcmp(name, "/keystore") == 0 && *out == '/')
        *name = 0;
    else
        snprintf(out, 600, "%s", dir);
}

static enum err put_in_place(struct restore *r, struct fault *f)
{
    char folder[600], there[640], fresh[640], old[640];
    folder_of(r->dir, folder);
    snprintf(there, sizeof there, "%s/keystore", folder);
    snprintf(fresh, sizeof fresh, "%s/keystore.new", folder);
    snprintf(old, sizeof old, "%s/keystore.old", folder);
    enum err e = store_remove(folder, "keystore.new", f);
    if (!e && mkdir(fresh, 0700))
        e = fault_sys(f, errno, fresh);
    if (!e)
        e = put_store(r, fresh, f);
    if (!e && !(e = store_remove(folder, "keystore.old", f)) && rename(there, old) && errno != ENOENT)
        e = fault_sys(f, errno, there);
    if (!e && rename(fresh, there))
        e = fault_sys(f, errno, there);
    if (!e && !(e = file_sync_dir(folder, f)))
        e = store_remove(folder, "keystore.old", f);
    return e;
}

/* Another store's backup is not put over this one. */
static enum err same_store(struct restore *r, struct fault *f)
{
    char there[560];
    struct key_head h;
    struct buf b;
    struct fault none = {0};
    snprintf(there, sizeof there, "%s/keystore", r->dir);
    enum err e = read_head(there, &h, &b, &none);
    buf_free(&b);
    return !e && memcmp(h.store, r->b.store, sizeof h.store) != 0 ? fault_set(f, ERR_CONFLICT, "backup", SLICE(""), "want.key_backup") : OK;
}

/* One that was killed between its two renames left the store under its other name: it goes back, with the master file and the list of the erased. */
static enum err undo_half(const char *dir, struct fault *f)
{
    char folder[600], there[640], old[640];
    struct stat st;
    folder_of(dir, folder);
    snprintf(there, sizeof there, "%s/keystore", folder);
    snprintf(old, sizeof old, "%s/keystore.old", folder);
    if (stat(there, &st) == 0 || stat(old, &st))
        return OK;
    return rename(old, there) ? fault_sys(f, errno, old) : file_sync_dir(folder, f);
}

enum err keys_restore(const char *dir, const char *path, int64_t now, const struct share *s, size_t n, struct fault *f)
{
    struct restore r = {.dir = dir, .share = s, .shares = n};
    struct buf b;
    buf_init(&b, KEYS_BACKUP_MAX);
    enum err e = file_read(path, &b, f);
    if (!e && (e = backup_parse(buf_view(&b), &r.b)))
        fault_set(f, e, "backup", slice_str(path), "want.key_backup");
    if (!e && !(e = undo_half(dir, f)) && !(e = same_store(&r, f)) && !(e = judge(&r, now, f)))
        e = put_in_place(&r, f);
    buf_free(&b);
    seal_wipe(r.master, sizeof r.master);
    return e;
}
