#include "base/file.h"
#include "ledger/folder.h"
#include "people/box.h"
#include "use/erase.h"
#include "use/fill.h"
#include "use/keys.h"
#include "use/restore_in.h"
#include "use/segment.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/banned.h"

static enum err make_folder(const char *path, struct fault *f)
{
    return mkdir(path, 0700) && errno != EEXIST ? fault_sys(f, errno, path) : OK;
}

static void forget(struct fault *f)
{
    if (f)
        *f = (struct fault){0};
}

/* ---- keys ---- */

/* Not there: OK. */
static enum err bring_file(const char *from_dir, const char *name, const char *to_dir, struct fault *f)
{
    char from[1200], to[1200];
    struct buf b;
    buf_init(&b, (size_t)256 << 20);
    snprintf(from, sizeof from, "%s/%s", from_dir, name);
    snprintf(to, sizeof to, "%s/%s", to_dir, name);
    enum err e = file_read(from, &b, f);
    if (!e)
        e = file_replace(to, buf_view(&b), 0600, f);
    else if (e == ERR_NOT_FOUND)
        forget(f), e = OK;
    if (b.p)
        seal_wipe(b.p, b.cap);
    buf_free(&b);
    return e;
}

/* Of the store that is there its list of who was erased, which no backup may undo, its mark, and the default slot's file. */
static enum err bring_lists(struct restoring *r, const char *to, struct fault *f)
{
    char from[600], path[600];
    struct buf master;
    snprintf(from, sizeof from, "%s/keystore", r->app->dir);
    enum err e = bring_file(from, "erased", to, f);
    if (!e && !(e = bring_file(from, "head", to, f)))
        e = bring_file(from, "master", to, f);
    if (e || !r->in->master)
        return e;
    buf_init(&master, 4096);
    snprintf(path, sizeof path, "%s/master", to);
    if (!(e = file_read(r->in->master, &master, f)))
        e = file_replace(path, buf_view(&master), 0600, f);
    if (master.p)
        seal_wipe(master.p, master.cap);
    buf_free(&master);
    return e;
}

static enum err bring_keys(struct restoring *r, struct fault *f)
{
    char to[600], there[600];
    struct share share[SHARES_MAX];
    size_t n = 0;
    snprintf(to, sizeof to, "%s/keystore", r->dir);
    snprintf(there, sizeof there, "%s/keystore", r->app->dir);
    if (!r->in->keys)
        return access(there, F_OK) ? fault_set(f, ERR_MISSING, "--keys", SLICE(""), "want.keys_backup") : keys_duplicate(r->app->dir, r->dir, f);
    enum err e = use_shares_read(r->in->shares, share, &n, f);
    if (!e && !(e = make_folder(to, f)) && !(e = bring_lists(r, to, f)))
        e = keys_restore(r->dir, r->in->keys, r->app->clock(r->app->arg), share, n, f);
    if (e == ERR_NOT_FOUND && access(r->in->keys, F_OK) == 0) /* the file of a slot lay on the disk that is lost */
        e = fault_set(f, ERR_KEY, "keys", SLICE(""), "want.restore_master");
    seal_wipe(share, sizeof share);
    return e;
}

static enum err open_log_key(struct restoring *r, const char *path, struct fault *f)
{
    struct key_store *k = NULL;
    struct keys keys;
    struct buf sealed, plain;
    buf_init(&sealed, 8192);
    buf_init(&plain, 4096);
    enum err e = chest_get(&r->chest, "log.key.sealed", &sealed, f);
    if (!e && !(e = keys_open(r->dir, KEYS_READ, &k, f))) {
        keys_copy(k, &keys);
        if ((e = backup_open_key(&keys, buf_view(&sealed), &plain)))
            fault_set(f, e, "log.key", SLICE(""), "want.log_key");
        seal_wipe(&keys, sizeof keys);
    }
    if (!e)
        e = file_replace(path, buf_view(&plain), 0600, f);
    if (plain.p)
        seal_wipe(plain.p, plain.cap);
    buf_free(&plain);
    buf_free(&sealed);
    keys_close(k);
    return e;
}

/* The key that is there, if it is the log's; else the sealed one. */
static enum err bring_log_key(struct restoring *r, struct fault *f)
{
    char to[600], there[600];
    struct log_key key;
    log_key_path(r->dir, to);
    log_key_path(r->app->dir, there);
    bool good = log_key_load(there, &key, NULL) == OK && memcmp(key.name.pub, r->out->key.pub, sizeof key.name.pub) == 0;
    enum err e = good ? bring_file(r->app->dir, "log.key", r->dir, f) : open_log_key(r, to, f);
    if (!e && !(e = log_key_load(to, &key, f)) && memcmp(key.name.pub, r->out->key.pub, sizeof key.name.pub) != 0)
        e = fault_set(f, ERR_KEY, "log.key", SLICE(""), "want.log_key");
    log_key_forget(&key);
    return e;
}

/* ---- the records of the backup ---- */

struct entries {
    struct restoring *r;
    uint64_t position;
    store_each fn;
    void *arg;
};

/* What the backup has no time of (its log is newer than its page) says itself when it was recorded. */
static enum err time_of(struct restoring *r, uint64_t position, struct slice bytes, int64_t *out, struct fault *f)
{
    char name[32];
    struct record rec;
    size_t at = 8 * (size_t)(position % RECEIVED_BLOCK);
    if (position / RECEIVED_BLOCK != r->block) {
        r->block = position / RECEIVED_BLOCK;
        buf_reset(&r->times);
        received_name(r->block, name);
        enum err e = list_find(&r->chest.list, slice_str(name)) ? chest_get(&r->chest, name, &r->times, f) : OK;
        if (e)
            return e;
    }
    if (at + 8 <= r->times.n) {
        uint64_t v = 0;
        for (size_t i = 0; i < 8; i++)
            v = v << 8 | (uint8_t)r->times.p[at + i];
        *out = (int64_t)v;
        return OK;
    }
    if (record_parse(bytes, &rec))
        return fault_set(f, ERR_DAMAGED, "record", SLICE(""), "");
    *out = rec.h.recorded;
    return OK;
}

static enum err one(void *arg, struct slice bytes, struct fault *f)
{
    struct entries *x = arg;
    int64_t received;
    enum err e = time_of(x->r, x->position, bytes, &received, f);
    return e ? e : x->fn(x->arg, x->position++, received, bytes, f);
}

static enum err scan(void *arg, uint64_t from, uint64_t to, store_each fn, void *fn_arg, struct fault *f)
{
    struct restoring *r = arg;
    struct entries x = {r, from, fn, fn_arg};
    return folder_each(r->log, from, to, r->out->size, one, &x, f);
}

static enum err root_at(void *arg, uint64_t size, struct hash *out, struct fault *f)
{
    struct restoring *r = arg;
    enum err e = proof_root(size, tiles_node, r->tiles, out);
    return e ? fault_set(f, e, "log", slice_str(r->in->target), "want.backup_whole") : OK;
}

/* ---- the register ---- */

static enum err get_profile(struct restoring *r, const char *hex, struct buf *out, struct fault *f)
{
    char name[80];
    buf_reset(out);
    snprintf(name, sizeof name, "profile/%.64s", hex);
    return chest_get(&r->chest, name, out, f);
}

static enum err make_register(struct restoring *r, struct fault *f)
{
    struct buf active, profile;
    buf_init(&active, 128);
    buf_init(&profile, PROFILE_MAX);
    enum err e = chest_get(&r->chest, "profile/active", &active, f);
    if (!e)
        e = get_profile(r, active.p ? active.p : "", &profile, f);
    struct store_new n = {.origin = slice_str(r->out->key.name), .profile = buf_view(&profile), .db = r->in->db, .random = r->app->random,
        .arg = r->app->arg};
    if (!e)
        e = store_init(r->dir, &n, f);
    buf_free(&active);
    buf_free(&profile);
    return e;
}

static enum err open_register(struct restoring *r, struct store **out, struct fault *f)
{
    enum err e = store_open(r->dir, STORE_WRITE, out, f);
    if (e != ERR_NOT_FOUND)
        return e;
    forget(f);
    e = make_register(r, f);
    return e ? e : store_open(r->dir, STORE_WRITE, out, f);
}

static enum err put_profiles(struct restoring *r, struct store *s, struct fault *f)
{
    struct buf b;
    buf_init(&b, PROFILE_MAX);
    enum err e = store_begin(s, f);
    for (size_t i = 0; !e && i < r->chest.list.n; i++) {
        struct slice name = r->chest.list.file[i].name;
        struct hash h;
        char hex[65];
        if (!slice_starts(name, "profile/") || !hex_to(slice_of(name.p + 8, name.n - 8), h.b, sizeof h.b))
            continue;
        snprintf(hex, sizeof hex, "%.64s", name.p + 8);
        if (!(e = get_profile(r, hex, &b, f)))
            e = store_put_profile(s, &h, buf_view(&b), f);
    }
    buf_free(&b);
    if (!e)
        return store_commit(s, f);
    store_rollback(s);
    return e;
}

static enum err bring_records(struct restoring *r, const struct fill *fill, struct fault *f)
{
    struct store *s = NULL;
    struct log l = {0};
    enum err e = open_register(r, &s, f);
    if (!e && !(e = put_profiles(r, s, f)) && !(e = log_open(&l, s, f)) && !(e = log_publish(&l, f)))
        e = fill_log(fill, &l, f);
    enum err published = log_close(&l, e ? NULL : f);
    store_close(s);
    return e ? e : published;
}

static enum err bring_beside(struct restoring *r, const struct fill *fill, struct fault *f)
{
    struct store *s = NULL;
    enum err e = store_open(r->dir, STORE_WRITE, &s, f);
    if (!e)
        e = fill_beside(fill, s, f);
    store_close(s);
    return e;
}

/* ---- files ---- */

static enum err make_parents(const char *dir, const char *path, struct fault *f)
{
    char folder[1200];
    enum err e = OK;
    for (size_t i = strlen(dir) + 1; !e && path[i]; i++)
        if (path[i] == '/') {
            snprintf(folder, sizeof folder, "%.*s", (int)i, path);
            e = make_folder(folder, f);
        }
    return e;
}

/* Blocks of times, profiles and the key were taken in otherwise. */
static enum err bring_one(struct restoring *r, const struct list_file *file, struct fault *f)
{
    char path[1200];
    if (slice_starts(file->name, "received/") || slice_starts(file->name, "profile/") || slice_is(file->name, "log.key.sealed"))
        return OK;
    snprintf(path, sizeof path, "%s/" SLICE_FMT, r->dir, SLICE_ARG(file->name));
    enum err e = make_parents(r->dir, path, f);
    if (!e && !(e = chest_get_file(&r->chest, file, path, f)) && slice_is(file->name, "accounts.db"))
        e = box_restored(path, f);
    return e;
}

static enum err bring_files(struct restoring *r, struct fault *f)
{
    enum err e = OK;
    for (size_t i = 0; !e && i < r->chest.list.n; i++)
        e = bring_one(r, &r->chest.list.file[i], f);
    return e;
}

static enum err bring_origins(struct restoring *r, struct fault *f)
{
    char from[TILES_DIR + 300], to[TILES_DIR + 300], origins[TILES_DIR];
    struct note_key key;
    struct dirent *x;
    enum err e = OK;
    snprintf(origins, sizeof origins, "%s/origins", r->in->target);
    DIR *d = opendir(origins);
    snprintf(to, sizeof to, "%s/origins", r->dir);
    if (d)
        e = make_folder(to, f);
    while (!e && d && (x = readdir(d)))
        if (x->d_name[0] != '.') {
            snprintf(from, sizeof from, "%s/%s", origins, x->d_name);
            snprintf(to, sizeof to, "%s/origins/%s", r->dir, x->d_name);
            if (strlen(to) >= TILES_DIR - 40)
                e = fault_set(f, ERR_TOO_LONG, "--data", slice_str(to), "want.short_path");
            else if (!(e = make_folder(to, f)) && !(e = folder_vkey(from, &key, f)))
                e = folder_copy(from, to, &key, NULL, NULL, f);
        }
    if (d)
        closedir(d);
    return e;
}

/* ---- the whole ---- */

/* Who was erased is erased again, before anything is made of what his sections say. */
static enum err make_all(struct restoring *r, struct fault *f)
{
    const struct fill fill = {.scan = scan, .root_at = root_at, .arg = r, .size = r->out->size, .root = r->out->root, .progress = r->in->progress,
        .stop = r->in->stop, .watch = r->in->arg, .again = "want.again_goes_on"};
    enum err e = bring_keys(r, f);
    if (!e && !(e = bring_log_key(r, f)) && !(e = bring_records(r, &fill, f)) && !(e = bring_origins(r, f)) && !(e = bring_files(r, f)) &&
        !(e = use_erase_again(r->made, &r->out->erased, f)))
        e = bring_beside(r, &fill, f);
    return e;
}

enum err restore_make(struct restoring *r, struct fault *f)
{
    r->block = UINT64_MAX;
    buf_init(&r->times, 8 * RECEIVED_BLOCK);
    enum err e = make_folder(r->dir, f);
    if (!e && !(e = app_open(r->dir, &r->made, f)))
        e = make_all(r, f);
    buf_free(&r->times);
    return e;
}
