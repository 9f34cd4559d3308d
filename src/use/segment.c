/* Invariants:
 * 1. Nothing of a segment is taken before all of it has been verified against a key that was given.
 * 2. meta 'from ORIGIN' counts the records of that office that are in this log; it moves in the transaction that appends them.
 * 3. The copy in DIR/origins may lag behind that count, never the other way round: its checkpoint is written last. */
#include "use/segment.h"
#include "base/file.h"
#include "ledger/folder.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/banned.h"

#define GROUP 8192

static enum err put_file(const char *folder, const char *name, struct slice bytes, struct fault *f)
{
    char path[TILES_PATH + 8];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return file_replace(path, bytes, 0600, f);
}

static enum err get_file(const char *folder, const char *name, struct buf *out, struct fault *f)
{
    char path[TILES_PATH + 8];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return file_read(path, out, f);
}

static enum err make_folder(const char *path, struct fault *f)
{
    return mkdir(path, 0700) && errno != EEXIST ? fault_sys(f, errno, path) : OK;
}

void use_origin_folder(const char *dir, const char *origin, char out[TILES_DIR])
{
    char hex[33];
    struct hash h = hash_of(origin, strlen(origin));
    hex_of(h.b, 16, hex);
    hex[32] = 0;
    snprintf(out, TILES_DIR, "%s/origins/%s", dir, hex);
}

/* What a folder's checkpoint says; nothing when there is none. */
static enum err size_of(const char *folder, const struct note_key *key, struct checkpoint *c, struct buf *note, struct fault *f)
{
    bool found;
    buf_reset(note);
    *c = (struct checkpoint){.root = hash_of("", 0)};
    return publish_read(folder, "checkpoint", key, note, c, &found, f);
}

/* ---- export ---- */

static enum err put_profile(void *arg, const struct hash *h, struct slice bytes, struct fault *f)
{
    char name[80] = "profile/", hex[65];
    hex_of(h->b, sizeof h->b, hex);
    hex[64] = 0;
    snprintf(name, sizeof name, "profile/%s", hex);
    return put_file(arg, name, bytes, f);
}

static enum err export_profiles(struct app *app, const char *folder, struct fault *f)
{
    char path[TILES_PATH];
    struct store *s = NULL;
    snprintf(path, sizeof path, "%s/profile", folder);
    enum err e = make_folder(path, f);
    if (!e && !(e = store_open(app->dir, STORE_BYTES, &s, f)))
        e = store_each_profile(s, put_profile, (void *)(uintptr_t)folder, f);
    store_close(s);
    return e;
}

enum err use_segment_export(struct app *app, const char *folder, struct use_segment_out *out, struct fault *f)
{
    char log[TILES_DIR];
    struct note_key key;
    struct checkpoint c;
    struct buf b;
    *out = (struct use_segment_out){0};
    buf_init(&b, NOTE_MAX);
    log_folder(app->dir, log);
    enum err e = strlen(folder) < TILES_DIR - 40 ? make_folder(folder, f) : fault_set(f, ERR_TOO_LONG, "FOLDER", slice_str(folder), "want.short_path");
    if (!e && !(e = folder_vkey(log, &key, f)) && !(e = get_file(log, "vkey", &b, f)) && !(e = put_file(folder, "vkey", buf_view(&b), f)) &&
        !(e = export_profiles(app, folder, f)) && !(e = folder_copy(log, folder, &key, NULL, NULL, f)) && !(e = size_of(folder, &key, &c, &b, f))) {
        out->size = c.size;
        snprintf(out->origin, sizeof out->origin, "%s", key.name);
    }
    buf_free(&b);
    return e;
}

/* ---- import ---- */

struct taking {
    struct app *app;
    struct store *store;
    struct log log;
    struct arena arena;
    const char *folder;
    char name[NOTE_NAME + 8]; /* of the count */
    uint64_t at, to;
    bool stopped;             /* at a record whose key is not here */
    struct use_segment_out *out;
};

static enum err read_count(struct taking *t, struct fault *f)
{
    struct slice text;
    arena_reset(&t->arena);
    enum err e = store_meta(t->store, &t->arena, t->name, &text, f);
    if (!e && text.p && !slice_u64(text, INT64_MAX, &t->at))
        e = fault_set(f, ERR_DAMAGED, t->name, text, "");
    return e;
}

static enum err write_count(struct taking *t, struct fault *f)
{
    char text[24];
    int n = snprintf(text, sizeof text, "%llu", (unsigned long long)t->at);
    return store_meta_set(t->store, t->name, slice_of(text, (size_t)n), f);
}

/* One that cannot be opened could not be derived either: it waits for its key, and those after it with it. */
static enum err append(void *arg, struct slice bytes, struct fault *f)
{
    struct taking *t = arg;
    struct event ev;
    if (t->stopped)
        return OK;
    int64_t now = t->app->clock(t->app->arg);
    struct hash id = record_id(bytes);
    arena_reset(&t->arena);
    enum err e = store_event(t->store, &t->arena, bytes, t->log.tree.size, now, SHOW_BODY, &ev, NULL, NULL);
    if (e == ERR_KEY) {
        t->stopped = true;
        return OK;
    }
    if (e)
        return fault_set(f, e, "record", slice_str(t->name), "want.segment_record");
    if (!(e = log_append(&t->log, bytes, &id, now, NULL, f)))
        t->at++;
    return e;
}

static enum err take_group(struct taking *t, struct fault *f)
{
    uint64_t from = t->at, to = t->to - from > GROUP ? from + GROUP : t->to;
    enum err e = log_begin(&t->log, f);
    if (e)
        return e;
    if (!(e = folder_each(t->folder, from, to, t->to, append, t, f)) && !(e = write_count(t, f)))
        e = log_commit(&t->log, f);
    else
        log_rollback(&t->log);
    if (!e)
        t->out->added += t->at - from;
    return e;
}

static enum err take_profile(struct taking *t, const char *name, struct fault *f)
{
    char path[80];
    struct hash want, got;
    struct buf b;
    if (!hex_to(slice_str(name), want.b, sizeof want.b))
        return OK; /* no profile's file */
    buf_init(&b, PROFILE_MAX);
    snprintf(path, sizeof path, "profile/%.64s", name);
    enum err e = get_file(t->folder, path, &b, f);
    got = hash_of(b.p, b.n);
    if (!e && !hash_eq(&got, &want))
        e = fault_set(f, ERR_DAMAGED, "profile", slice_str(name), "want.segment_record");
    if (!e)
        e = store_put_profile(t->store, &want, buf_view(&b), f);
    buf_free(&b);
    return e;
}

static enum err take_profiles(struct taking *t, struct fault *f)
{
    char path[TILES_PATH];
    snprintf(path, sizeof path, "%s/profile", t->folder);
    DIR *d = opendir(path);
    enum err e = d ? store_begin(t->store, f) : OK;
    for (struct dirent *x; !e && d && (x = readdir(d));)
        e = take_profile(t, x->d_name, f);
    if (d)
        closedir(d);
    if (!d)
        return e;
    if (!e)
        return store_commit(t->store, f);
    store_rollback(t->store);
    return e;
}

static enum err take_all(struct taking *t, struct fault *f)
{
    enum err e = take_profiles(t, f);
    if (!e && !(e = log_open(&t->log, t->store, f)) && !(e = log_publish(&t->log, f)))
        e = read_count(t, f);
    while (!e && !t->stopped && t->at < t->to)
        e = take_group(t, f);
    enum err published = log_close(&t->log, e ? NULL : f);
    uint64_t derived = 0;
    if (!e && !(e = published) && !(e = store_derived(t->store, &derived, f)) && derived < t->log.tree.size)
        e = app_settle(t->app, t->store, false, NULL, f);
    t->out->waiting = t->to > t->at ? t->to - t->at : 0;
    return e;
}

/* The key that was given, or the one that an earlier segment of this office was taken with. */
static enum err find_key(struct app *app, const char *folder, struct slice given, struct note_key *out, struct fault *f)
{
    char kept[TILES_DIR];
    struct note_key said, before;
    enum err e = folder_vkey(folder, &said, f);
    if (e)
        return e;
    use_origin_folder(app->dir, said.name, kept);
    bool known = folder_vkey(kept, &before, NULL) == OK;
    if (given.n && (note_key_parse(slice_trim(given), out) || out->type != NOTE_ED25519))
        return fault_set(f, ERR_FORMAT, "--key", given, "want.vkey");
    if (!given.n && !known)
        return fault_set(f, ERR_MISSING, "--key", SLICE(""), "want.vkey");
    if (given.n && known && (before.id != out->id || memcmp(before.pub, out->pub, sizeof before.pub) != 0))
        return fault_set(f, ERR_KEY, "--key", given, "want.segment_key");
    if (!given.n)
        *out = before;
    return OK;
}

static void on_found(void *arg, const struct verify_found *found)
{
    const struct use_verify_in *in = arg;
    in->found(in->arg, verify_key(found->what), found->where, found->position);
}

static enum err keep_copy(struct app *app, const char *folder, const struct note_key *key, struct fault *f)
{
    char kept[TILES_DIR], origins[TILES_DIR];
    struct buf vkey;
    buf_init(&vkey, 1024);
    note_key_write(key, &vkey);
    buf_byte(&vkey, '\n');
    use_origin_folder(app->dir, key->name, kept);
    snprintf(origins, sizeof origins, "%s/origins", app->dir);
    enum err e = vkey.err;
    if (!e && !(e = make_folder(origins, f)) && !(e = make_folder(kept, f)) && !(e = put_file(kept, "vkey", buf_view(&vkey), f)))
        e = folder_copy(folder, kept, key, NULL, NULL, f);
    buf_free(&vkey);
    return e;
}

/* Does it continue what was taken? Asked before anything is written. */
static enum err continues(struct app *app, const char *folder, const struct note_key *key, uint64_t size, struct fault *f)
{
    char kept[TILES_DIR];
    struct checkpoint has;
    struct hash before;
    struct buf note;
    struct tiles *t = tiles_new(folder, size);
    buf_init(&note, NOTE_MAX);
    use_origin_folder(app->dir, key->name, kept);
    enum err e = t ? size_of(kept, key, &has, &note, f) : fault_set(f, ERR_MEMORY, "log", SLICE(""), "");
    if (!e && (size < has.size || proof_root(has.size, tiles_node, t, &before) || !hash_eq(&before, &has.root)))
        e = fault_set(f, ERR_REFUSED, "log", slice_str(key->name), "want.segment_continues");
    buf_free(&note);
    mem_free(t);
    return e;
}

enum err use_segment_import(struct app *app, const char *folder, struct slice given, const struct use_verify_in *found, struct use_segment_out *out,
    struct fault *f)
{
    struct note_key key;
    struct verify_result r;
    *out = (struct use_segment_out){0};
    enum err e = strlen(folder) < TILES_DIR - 40 ? find_key(app, folder, given, &key, f) : fault_set(f, ERR_TOO_LONG, "FOLDER", SLICE(""), "want.short_path");
    if (e)
        return e;
    const struct verify v = {.dir = folder, .key = &key, .threads = found->threads, .entries = true, .found = on_found, .arg = (void *)(uintptr_t)found};
    if ((e = verify_run(&v, &r, f)))
        return e;
    snprintf(out->origin, sizeof out->origin, "%s", key.name);
    out->size = r.size;
    if ((out->wrong = r.wrong) || (e = continues(app, folder, &key, r.size, f)))
        return e;
    struct taking t = {.app = app, .folder = folder, .to = r.size, .out = out};
    arena_init(&t.arena, 64u << 20);
    snprintf(t.name, sizeof t.name, "from %s", key.name);
    if (!(e = store_open(app->dir, STORE_WRITE, &t.store, f))) {
        if (slice_is(store_origin(t.store), key.name))
            e = fault_set(f, ERR_REFUSED, "log", slice_str(key.name), "want.segment_other");
        else if (!(e = take_all(&t, f)))
            e = keep_copy(app, folder, &key, f);
    }
    store_close(t.store);
    arena_free(&t.arena);
    return e;
}
