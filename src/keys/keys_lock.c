/* Slots changed; the store locked and opened again. Locking needs no key: it takes the other slots away and overwrites what they stood
 * in, so that it works also for one who has only the machine and half a minute. */
#include "base/file.h"
#include "keys/keys_in.h"
#include "keys/keys_old.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include "base/banned.h"

enum err store_remove(const char *dir, const char *name, struct fault *f)
{
    char where[560], path[900];
    snprintf(where, sizeof where, "%s/%s", dir, name);
    DIR *d = opendir(where);
    if (!d)
        return errno == ENOENT ? OK : fault_sys(f, errno, where);
    enum err e = OK;
    for (struct dirent *x; !e && (x = readdir(d));)
        if (x->d_name[0] != '.') {
            snprintf(path, sizeof path, "%s/%s", where, x->d_name);
            e = file_shred(path, f);
        }
    closedir(d);
    return e ? e : rmdir(where) ? fault_sys(f, errno, where) : OK;
}

/* ---- slots ---- */

static enum err shred_slot(const char *dir, const struct key_slot *s, struct fault *f)
{
    char path[600];
    if (s->type != KEY_SLOT_FILE)
        return OK;
    slot_path(dir, s, path, sizeof path);
    return file_shred(path, f);
}

static bool same_file(const char *dir, const struct key_slot *a, const struct key_slot *b)
{
    char x[600], y[600];
    if (a->type != KEY_SLOT_FILE || b->type != KEY_SLOT_FILE)
        return false;
    slot_path(dir, a, x, sizeof x);
    slot_path(dir, b, y, sizeof y);
    return strcmp(x, y) == 0;
}

static bool is_quorum(const struct key_slot *s)
{
    return s->type == KEY_SLOT_QUORUM;
}

static bool is_master(const struct key_slot *s)
{
    return !is_quorum(s);
}

/* The default one: its file lies in the store's own folder, and there is one file. */
static bool is_own_file(const struct key_slot *s)
{
    return s->type == KEY_SLOT_FILE && s->n && s->data[0] == 0;
}

/* Takes those out that `gone` says, and gives their number; out (may be NULL) gets them. */
static size_t drop_slots(struct key_head *h, bool (*gone)(const struct key_slot *s), struct key_slot out[KEY_SLOTS])
{
    size_t kept = 0, n = 0;
    for (size_t i = 0; i < h->slot_count; i++)
        if (!gone(&h->slot[i]))
            h->slot[kept++] = h->slot[i];
        else if (out)
            out[n++] = h->slot[i];
        else
            n++;
    h->slot_count = kept;
    return n;
}

/* Quorums behind all others. */
static enum err add_slot(struct key_head *h, const struct key_slot *slot, struct fault *f)
{
    size_t at = is_quorum(slot) ? h->slot_count : 0;
    if (h->slot_count == KEY_SLOTS)
        return fault_set(f, ERR_TOO_LONG, "keys", SLICE(""), "want.fewer_share_sets");
    memmove(&h->slot[at + 1], &h->slot[at], (h->slot_count - at) * sizeof h->slot[0]);
    h->slot[at] = *slot;
    h->slot_count++;
    return OK;
}

/* In one step this slot is there and those that `gone` says are not; then what they stood in is overwritten. */
static enum err put_slot(struct key_store *k, const struct key_slot *slot, bool (*gone)(const struct key_slot *s), struct fault *f)
{
    struct key_slot old[KEY_SLOTS];
    int fd;
    enum err e = files_lock(k->dir, &fd, f);
    if (e)
        return e;
    if (!(e = store_refresh(k, f))) {
        size_t n = gone ? drop_slots(&k->head, gone, old) : 0;
        if (!(e = add_slot(&k->head, slot, f)))
            e = head_save(k, false, f);
        for (size_t i = 0; !e && i < n; i++)
            if (!same_file(k->dir, &old[i], slot))
                e = shred_slot(k->dir, &old[i], f);
        k->seen.st_ino = 0; /* the secret half of the new slot is not known yet: it is opened at the next use. After a failure the head is read anew */
    }
    close(fd);
    return e;
}

enum err keys_set_master(struct key_store *k, const struct key_slot *slot, struct fault *f)
{
    pthread_mutex_lock(&k->mutex);
    enum err e = put_slot(k, slot, is_master, f);
    pthread_mutex_unlock(&k->mutex);
    return e;
}

enum err keys_add_quorum(struct key_store *k, const struct key_slot *slot, bool only, struct fault *f)
{
    pthread_mutex_lock(&k->mutex);
    enum err e = store_refresh(k, f);
    if (!e && !only && k->head.slot_count + 1 >= KEY_SLOTS) /* room is kept for the slot that unlocking makes */
        e = fault_set(f, ERR_TOO_LONG, "keys", SLICE(""), "want.fewer_share_sets");
    if (!e)
        e = put_slot(k, slot, only ? is_quorum : NULL, f);
    pthread_mutex_unlock(&k->mutex);
    return e;
}

/* ---- what it is ---- */

static void say_slot(const char *dir, const struct key_slot *s, size_t i, struct keys_status *out)
{
    out->slot[i].type = s->type;
    if (s->type == KEY_SLOT_FILE)
        slot_path(dir, s, out->slot[i].where, sizeof out->slot[i].where);
    if (s->type == KEY_SLOT_TOKEN && s->n > 2) { /* the label stands behind the module's path */
        size_t at = 1u + s->data[0], n = at < s->n ? s->data[at] : 0;
        if (at + 1 + n <= s->n)
            snprintf(out->slot[i].where, sizeof out->slot[i].where, "%.*s", (int)n, (const char *)s->data + at + 1);
    }
    if (s->type == KEY_SLOT_QUORUM && s->n == 6) {
        hex_of(s->data, 4, out->slot[i].where);
        out->slot[i].need = s->data[4];
        out->slot[i].of = s->data[5];
    }
}

static enum err count_files(const char *dir, struct keys_status *out, struct fault *f)
{
    char path[900];
    struct stat st;
    DIR *d = opendir(dir);
    if (!d)
        return fault_sys(f, errno, dir);
    for (struct dirent *x; (x = readdir(d));) {
        snprintf(path, sizeof path, "%s/%s", dir, x->d_name);
        if (x->d_name[0] == '.' || stat(path, &st))
            continue;
        out->bytes += (uint64_t)st.st_size;
        out->segments += x->d_name[0] >= '0' && x->d_name[0] <= '9';
        if (strcmp(x->d_name, "erased") == 0)
            out->erased = (uint64_t)st.st_size / ERASED_BYTES;
    }
    closedir(d);
    return OK;
}

static enum err count_person(void *arg, const struct subject_id *party)
{
    ++*(uint64_t *)arg;
    return OK;
}

enum err keys_status(const char *dir, struct key_store *k, struct keys_status *out, struct fault *f)
{
    char where[560];
    struct key_head h;
    struct buf bytes;
    *out = (struct keys_status){.old = keys_old_is(dir)};
    if (out->old)
        return OK;
    snprintf(where, sizeof where, "%s/keystore", dir);
    enum err e = read_head(where, &h, &bytes, f);
    if (!e) {
        out->generation = h.generation;
        out->locked = h.locked;
        out->slot_count = h.slot_count;
        for (size_t i = 0; i < h.slot_count; i++)
            say_slot(where, &h.slot[i], i, out);
        e = count_files(where, out, f);
    }
    buf_free(&bytes);
    return e || !k ? e : keys_each(k, count_person, &out->persons, f);
}

/* ---- lock, unlock ---- */

static enum err lock_head(const char *where, struct fault *f)
{
    struct key_head h;
    struct key_slot gone[KEY_SLOTS];
    struct buf bytes;
    size_t n = 0;
    enum err e = read_head(where, &h, &bytes, f);
    if (!e)
        n = drop_slots(&h, is_master, gone);
    if (!e && !h.slot_count)
        e = fault_set(f, ERR_REFUSED, "lock", SLICE("no share set"), "want.share_set");
    if (!e) {
        h.locked = true;
        h.generation++;
        e = head_replace(where, &h, f);
    }
    for (size_t i = 0; !e && i < n; i++)
        e = shred_slot(where, &gone[i], f);
    buf_free(&bytes);
    return e;
}

enum err keys_lock(const char *dir, struct fault *f)
{
    char where[560];
    int fd;
    if (keys_old_is(dir))
        return fault_set(f, ERR_REFUSED, "lock", SLICE("no share set"), "want.share_set");
    snprintf(where, sizeof where, "%s/keystore", dir);
    enum err e = files_lock(where, &fd, f);
    if (e)
        return e;
    e = lock_head(where, f);
    close(fd);
    return e;
}

/* The master key that this quorum has, and which slot it opened. */
enum err quorum_master(const struct key_head *h, const struct share *s, size_t n, uint8_t master[SEAL_KEY], struct fault *f)
{
    uint8_t secret[SHARE_SECRET];
    enum err e = share_join(s, n, secret, f);
    bool found = false;
    for (size_t i = 0; !e && !found && i < h->slot_count; i++)
        found = slot_is_set(&h->slot[i], s[0].set) && !slot_master(&h->slot[i], secret, master);
    seal_wipe(secret, sizeof secret);
    return e || found ? e : fault_set(f, ERR_KEY, "shares", SLICE(""), "want.shares_of_this_store");
}

enum err unlock_head(const char *where, const struct share *s, size_t n, struct fault *f)
{
    struct key_head h;
    struct buf bytes;
    uint8_t master[SEAL_KEY];
    enum err e = read_head(where, &h, &bytes, f);
    if (!e)
        e = quorum_master(&h, s, n, master, f);
    if (!e) {
        drop_slots(&h, is_own_file, NULL); /* whose file is made anew here: an earlier one, on a lost disk, opens nothing any more */
        h.locked = false;
        h.generation++;
        if (!(e = add_slot(&h, &(struct key_slot){0}, f)) && !(e = slot_file(where, SLICE(""), master, &h.slot[0], f)))
            e = head_replace(where, &h, f);
    }
    seal_wipe(master, sizeof master);
    buf_free(&bytes);
    return e;
}

enum err keys_unlock(const char *dir, const struct share *s, size_t n, struct fault *f)
{
    char where[560];
    int fd;
    snprintf(where, sizeof where, "%s/keystore", dir);
    enum err e = files_lock(where, &fd, f);
    if (e)
        return e;
    e = unlock_head(where, s, n, f);
    close(fd);
    return e;
}
