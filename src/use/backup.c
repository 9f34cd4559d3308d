/* In this order: other offices' logs, the own log, what lies beside it, the page (backup/chest.h), the keys. Whatever is counted in the own log of
 * another office's is then in the copy of that office's. */
#include "use/backup.h"
#include "base/file.h"
#include "ledger/folder.h"
#include "store/file_copy.h"
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/banned.h"

#define DAY_MS 86400000
#define DEPTH 8 /* of folders in DIR */
#define STAMP "athar-backed-up 1\n"

struct backing {
    struct app *app;
    const struct use_backup_in *in;
    struct use_backup_out *out;
    struct chest chest;
    struct store *store;
    struct log_key key;
    const char *what; /* of the progress */
};

/* ---- what of DIR is not a file to copy: derived, secret, in the way of a restore, or brought over by other means ---- */

static const char *const other_means[] = {
    "register.*", "derived-*", "index.snap*",       /* from the log, made anew */
    "keystore*", "keys", "log.key",                 /* apart, or sealed */
    "database",                                     /* a connection string, perhaps with a password */
    "log/checkpoint", "log/tile*", "log/under-way", /* folder_copy */
    "origins/*/checkpoint", "origins/*/tile*", "origins/*/under-way",
    "imports/*-rejected.csv",                       /* rows as they came, with names: erasing cleans them here, and could not there */
    "accounts.db*",                                 /* as of one moment, below */
    "lock", "*.lock", "sequencer", "backed-up", "*.tmp", "*.new"};

static bool by_other_means(const char *name)
{
    for (size_t i = 0; i < sizeof other_means / sizeof *other_means; i++)
        if (fnmatch(other_means[i], name, 0) == 0)
            return true;
    return false;
}

static enum err put_folder(struct backing *b, const char *name, int depth, struct fault *f);

static enum err put_entry(struct backing *b, const char *name, int depth, struct fault *f)
{
    char path[1200];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", b->app->dir, name);
    if (by_other_means(name) || lstat(path, &st))
        return OK; /* gone meanwhile */
    if (S_ISDIR(st.st_mode))
        return put_folder(b, name, depth + 1, f);
    if (!S_ISREG(st.st_mode) || !list_name_holds(slice_str(name))) {
        b->out->left += !S_ISSOCK(st.st_mode);
        return OK;
    }
    b->out->files++;
    return chest_put_file(&b->chest, path, name, true, f);
}

static enum err put_folder(struct backing *b, const char *name, int depth, struct fault *f)
{
    char path[1200], inside[512];
    struct dirent *x;
    enum err e = OK;
    snprintf(path, sizeof path, "%s/%s", b->app->dir, name);
    DIR *d = depth < DEPTH ? opendir(path) : NULL;
    if (!d)
        return depth < DEPTH ? fault_sys(f, errno, path) : fault_set(f, ERR_TOO_LONG, "--data", slice_str(name), "want.short_path");
    while (!e && (x = readdir(d))) {
        if (x->d_name[0] == '.')
            continue;
        if (snprintf(inside, sizeof inside, "%s%s%s", name, *name ? "/" : "", x->d_name) < (int)sizeof inside)
            e = put_entry(b, inside, depth, f);
        else
            b->out->left++;
    }
    closedir(d);
    return e;
}

/* ---- logs ---- */

static void on_log(void *arg, uint64_t done, uint64_t all)
{
    const struct backing *b = arg;
    if (b->in->progress)
        b->in->progress(b->in->arg, b->what, done, all);
}

static bool on_stop(void *arg)
{
    const struct backing *b = arg;
    return b->in->stop && b->in->stop(b->in->arg);
}

/* What is committed and not yet published, after a kill: whoever writes meanwhile publishes it himself. */
static enum err bring_up(struct app *app, struct fault *f)
{
    struct store *s = NULL;
    struct log l = {0};
    enum err e = store_open(app->dir, STORE_WRITE, &s, f);
    if (!e)
        store_as_is(s);
    if (!e && !(e = log_open(&l, s, f)))
        e = log_publish(&l, f);
    enum err published = log_close(&l, e ? NULL : f);
    store_close(s);
    e = e ? e : published;
    return e == ERR_BUSY || e == ERR_LOCKED || e == ERR_KEY || e == ERR_CONFLICT ? OK : e;
}

static enum err published(struct backing *b, uint64_t *size, struct fault *f)
{
    char folder[TILES_DIR];
    struct buf note;
    struct checkpoint c = {0};
    bool found;
    buf_init(&note, NOTE_MAX);
    log_folder(b->app->dir, folder);
    enum err e = publish_read(folder, "checkpoint", &b->key.name, &note, &c, &found, f);
    *size = c.size;
    buf_free(&note);
    return e;
}

static enum err put_vkey(const struct note_key *key, const char *to, struct fault *f)
{
    char path[TILES_PATH + 8];
    struct buf text;
    buf_init(&text, 1024);
    note_key_write(key, &text);
    buf_byte(&text, '\n');
    snprintf(path, sizeof path, "%s/vkey", to);
    enum err e = file_replace(path, buf_view(&text), 0600, f);
    buf_free(&text);
    return e;
}

static enum err copy_log(struct backing *b, const char *from, const char *name, const struct note_key *key, uint64_t *size, struct fault *f)
{
    char to[TILES_DIR];
    const struct folder_watch w = {on_log, b->in->anew, on_stop, b};
    if (snprintf(to, sizeof to, "%s/%s", b->chest.dir, name) >= (int)sizeof to)
        return fault_set(f, ERR_TOO_LONG, "TARGET", slice_str(b->chest.dir), "want.short_path");
    if (mkdir(to, 0700) && errno != EEXIST)
        return fault_sys(f, errno, to);
    enum err e = folder_copy(from, to, key, &w, size, f);
    if (e == ERR_REFUSED)
        fault_set(f, e, "TARGET", slice_str(b->chest.dir), "want.backup_continues");
    return e ? e : put_vkey(key, to, f);
}

static enum err copy_origins(struct backing *b, struct fault *f)
{
    char origins[TILES_DIR], from[TILES_DIR + 300], name[300], to[TILES_DIR];
    struct note_key key;
    struct dirent *x;
    enum err e = OK;
    snprintf(origins, sizeof origins, "%s/origins", b->app->dir);
    DIR *d = opendir(origins);
    if (!d)
        return OK;
    snprintf(to, sizeof to, "%s/origins", b->chest.dir);
    if (mkdir(to, 0700) && errno != EEXIST)
        e = fault_sys(f, errno, to);
    while (!e && (x = readdir(d)))
        if (x->d_name[0] != '.') {
            snprintf(from, sizeof from, "%s/%s", origins, x->d_name);
            snprintf(name, sizeof name, "origins/%s", x->d_name);
            if (!(e = folder_vkey(from, &key, f)))
                e = copy_log(b, from, name, &key, NULL, f);
        }
    closedir(d);
    return e;
}

static enum err copy_own(struct backing *b, struct fault *f)
{
    char from[TILES_DIR];
    uint64_t all = 0;
    log_folder(b->app->dir, from);
    b->what = "records";
    enum err e = copy_log(b, from, "log", &b->key.name, &b->out->size, f);
    if (!e && !(e = store_size(b->store, &all, f)))
        b->out->waiting = all > b->out->size ? all - b->out->size : 0;
    return e;
}

/* ---- beside the log ---- */

void received_name(uint64_t block, char out[32])
{
    snprintf(out, 32, "received/%06llu", (unsigned long long)block);
}

static enum err note_time(void *arg, uint64_t position, int64_t received, struct slice bytes, struct fault *f)
{
    buf_u64(arg, (uint64_t)received);
    return OK;
}

/* When each record came: an own one says it itself, another office's does not. A full block never changes. */
static enum err put_times(struct backing *b, struct fault *f)
{
    struct buf times;
    char name[32];
    bool kept = false;
    enum err e = OK;
    buf_init(&times, 8 * RECEIVED_BLOCK);
    for (uint64_t from = 0; !e && from < b->out->size; from += RECEIVED_BLOCK) {
        bool whole = b->out->size - from >= RECEIVED_BLOCK;
        received_name(from / RECEIVED_BLOCK, name);
        const struct list_file *had = list_find(&b->chest.list, slice_str(name));
        if (whole && had && had->bytes == 8 * RECEIVED_BLOCK && (e = chest_keep(&b->chest, name, &kept, f)))
            break;
        if (whole && had && had->bytes == 8 * RECEIVED_BLOCK && kept)
            continue;
        buf_reset(&times);
        e = store_scan(b->store, from, whole ? from + RECEIVED_BLOCK : b->out->size, note_time, &times, f);
        if (!e)
            e = times.err ? fault_set(f, times.err, "backup", SLICE(""), "") : chest_put(&b->chest, name, buf_view(&times), f);
        on_log(b, from, b->out->size);
    }
    buf_free(&times);
    return e;
}

static enum err put_profile(void *arg, const struct hash *h, struct slice bytes, struct fault *f)
{
    char name[80], hex[65] = "";
    hex_of(h->b, sizeof h->b, hex);
    snprintf(name, sizeof name, "profile/%.64s", hex);
    return chest_put(arg, name, bytes, f);
}

static enum err put_profiles(struct backing *b, struct fault *f)
{
    struct slice active = store_profile_bytes(b->store);
    struct hash h = hash_of(active.p, active.n);
    char hex[65] = "";
    hex_of(h.b, sizeof h.b, hex);
    enum err e = store_each_profile(b->store, put_profile, &b->chest, f);
    return e ? e : chest_put(&b->chest, "profile/active", slice_of(hex, 64), f);
}

static enum err put_accounts(struct backing *b, struct fault *f)
{
    char from[600], tmp[600];
    snprintf(from, sizeof from, "%s/accounts.db", b->app->dir);
    snprintf(tmp, sizeof tmp, "%s/accounts.new", b->chest.dir);
    if (access(from, F_OK) != 0)
        return OK;
    enum err e = store_file_copy(from, tmp, f);
    if (!e)
        e = chest_put_file(&b->chest, tmp, "accounts.db", false, f);
    unlink(tmp);
    b->out->files++;
    return e;
}

/* ---- the key of the log ---- */

static void key_of_key(const struct keys *k, uint8_t out[SEAL_KEY])
{
    static const char label[] = "athar backup log key";
    hash_hmac(k->blind, label, sizeof label, out);
}

/* The nonce is made of what is sealed: one text, one box. */
enum err backup_seal_key(const struct keys *k, struct slice plain, struct buf *out)
{
    uint8_t key[SEAL_KEY], mac[32];
    key_of_key(k, key);
    hash_hmac(key, plain.p, plain.n, mac);
    buf_add(out, mac, SEAL_NONCE);
    uint8_t *room = buf_room(out, plain.n + SEAL_TAG);
    if (room)
        seal_box(key, mac, SLICE("log.key"), plain, room);
    seal_wipe(key, sizeof key);
    return out->err;
}

enum err backup_open_key(const struct keys *k, struct slice sealed, struct buf *out)
{
    uint8_t key[SEAL_KEY];
    if (sealed.n < SEAL_NONCE + SEAL_TAG)
        return ERR_DAMAGED;
    uint8_t *room = buf_room(out, sealed.n - SEAL_NONCE - SEAL_TAG);
    if (!room)
        return ERR_MEMORY;
    key_of_key(k, key);
    enum err e = seal_open(key, (const uint8_t *)sealed.p, SLICE("log.key"), slice_of(sealed.p + SEAL_NONCE, sealed.n - SEAL_NONCE), room);
    seal_wipe(key, sizeof key);
    return e;
}

static void wipe(struct buf *b)
{
    if (b->p)
        seal_wipe(b->p, b->cap);
    buf_free(b);
}

/* Sealed by whoever has the keys; while they are locked the one of the last backup stays. */
static enum err put_log_key(struct backing *b, struct key_store *k, struct fault *f)
{
    char path[600];
    struct buf plain, sealed;
    struct keys keys;
    if (!k)
        return chest_keep(&b->chest, "log.key.sealed", &b->out->key_sealed, f);
    buf_init(&plain, 4096);
    buf_init(&sealed, 8192);
    keys_copy(k, &keys);
    log_key_path(b->app->dir, path);
    enum err e = file_read(path, &plain, f);
    if (!e && (e = backup_seal_key(&keys, buf_view(&plain), &sealed)))
        fault_set(f, e, "log.key", SLICE(""), "");
    if (!e && !(e = chest_put(&b->chest, "log.key.sealed", buf_view(&sealed), f)))
        b->out->key_sealed = true;
    seal_wipe(&keys, sizeof keys);
    wipe(&plain);
    buf_free(&sealed);
    return e;
}

static enum err put_beside(struct backing *b, struct key_store *k, struct fault *f)
{
    enum err e = put_profiles(b, f);
    if (!e && !(e = put_times(b, f)) && !(e = put_accounts(b, f)) && !(e = put_folder(b, "", 0, f)))
        e = put_log_key(b, k, f);
    return e;
}

/* ---- the whole ---- */

static bool lies_in(const char *inner, const char *outer)
{
    size_t n = strlen(outer);
    return strncmp(inner, outer, n) == 0 && (inner[n] == 0 || inner[n] == '/');
}

/* As it will be once it is made: of a path that is not there yet its folder is. */
static bool real_path(const char *path, char out[PATH_MAX])
{
    char parent[PATH_MAX], real[PATH_MAX];
    if (realpath(path, out))
        return true;
    if (snprintf(parent, sizeof parent, "%s", path) >= (int)sizeof parent)
        return false;
    char *slash = strrchr(parent, '/');
    const char *name = slash ? slash + 1 : path;
    if (slash)
        *slash = 0;
    return realpath(slash ? (*parent ? parent : "/") : ".", real) && snprintf(out, PATH_MAX, "%s/%.255s", real, name) < PATH_MAX;
}

/* Keys beside the data they open, or a backup inside of what it is to save, would be none. */
static enum err apart(struct app *app, const struct use_backup_in *in, struct fault *f)
{
    char dir[PATH_MAX], target[PATH_MAX], keys[PATH_MAX];
    if (!real_path(app->dir, dir) || !real_path(in->target, target))
        return fault_set(f, ERR_NOT_FOUND, "TARGET", slice_str(in->target), "want.backup_folder");
    if (lies_in(target, dir) || lies_in(dir, target))
        return fault_set(f, ERR_REFUSED, "TARGET", slice_str(in->target), "want.backup_elsewhere");
    if (!in->keys)
        return OK;
    if (!real_path(in->keys, keys))
        return fault_set(f, ERR_NOT_FOUND, "--keys", slice_str(in->keys), "want.backup_folder");
    return lies_in(keys, dir) || lies_in(keys, target) ? fault_set(f, ERR_REFUSED, "--keys", slice_str(in->keys), "want.keys_elsewhere") : OK;
}

static enum err put_keys(struct backing *b, struct key_store *k, uint64_t days, struct fault *f)
{
    int64_t until = b->out->made + (int64_t)days * DAY_MS;
    enum err e = keys_backup(k, b->in->keys, b->out->made, until, f);
    if (!e)
        b->out->keys_expire = until;
    return e;
}

static void put_stamp(const struct backing *b)
{
    char path[600], text[128];
    snprintf(path, sizeof path, "%s/backed-up", b->app->dir);
    int n = snprintf(text, sizeof text, STAMP "%lld\n%llu\n%lld\n", (long long)b->out->made, (unsigned long long)b->out->size,
        (long long)b->out->keys_expire);
    file_replace(path, slice_of(text, (size_t)n), 0600, NULL); /* a reader of DIR may have no right to it: the backup is made all the same */
}

static enum err copy_all(struct backing *b, struct key_store *k, struct fault *f)
{
    b->what = "other offices";
    b->out->before = b->chest.found ? b->chest.page.size : 0;
    enum err e = copy_origins(b, f);
    if (!e && !(e = copy_own(b, f)) && !(e = put_beside(b, k, f)))
        e = chest_seal(&b->chest, &b->key, b->out->made, b->out->size, f);
    b->out->bytes = b->chest.added;
    return e;
}

static enum err begin(struct backing *b, struct fault *f)
{
    char path[600];
    uint64_t all, signed_size;
    log_key_path(b->app->dir, path);
    enum err e = log_key_load(path, &b->key, f);
    if (!e && !(e = store_open(b->app->dir, STORE_BYTES, &b->store, f)) && !(e = store_size(b->store, &all, f)) &&
        !(e = published(b, &signed_size, f)) && signed_size < all)
        e = bring_up(b->app, f);
    return e ? e : chest_begin(b->in->target, &b->key.name, &b->chest, f);
}

enum err use_backup(struct app *app, const struct use_backup_in *in, struct use_backup_out *out, struct fault *f)
{
    struct backing b = {.app = app, .in = in, .out = out, .chest = {.lock = -1}};
    struct key_store *k = NULL;
    uint64_t days = 0;
    *out = (struct use_backup_out){.made = app->clock(app->arg)};
    if (in->keys && (!slice_u64(in->days, 3650, &days) || !days))
        return fault_set(f, ERR_RANGE, "--days", in->days, "want.backup_days");
    enum err e = apart(app, in, f);
    if (!e && (e = keys_open(app->dir, KEYS_READ, &k, f)) && !in->keys && (e == ERR_LOCKED || e == ERR_KEY))
        e = OK; /* without keys the data can be saved all the same */
    if (!e && !(e = begin(&b, f)) && !(e = copy_all(&b, k, f)) && in->keys)
        e = put_keys(&b, k, days, f);
    if (!e)
        put_stamp(&b);
    chest_close(&b.chest);
    store_close(b.store);
    log_key_forget(&b.key);
    keys_close(k);
    return e;
}

void use_backed_up(const char *dir, struct backed_up *out)
{
    char path[600];
    struct buf text;
    long long made, keys;
    unsigned long long size;
    buf_init(&text, 256);
    *out = (struct backed_up){0};
    snprintf(path, sizeof path, "%s/backed-up", dir);
    if (!file_read(path, &text, NULL) && text.p && sscanf(text.p, STAMP "%lld %llu %lld", &made, &size, &keys) == 3)
        *out = (struct backed_up){size, made, keys};
    buf_free(&text);
}
