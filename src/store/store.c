/* Opening and closing a data directory, the log, and records as events. Invariants:
 * 1. The database commit is the only commit point.
 * 2. Whoever writes holds DIR/lock; readers take no lock and see what was committed.
 * 3. Base tables only grow; derived tables follow them (derive.c).
 * 4. Opening changes nothing that is derived and destroys no key: who writes first compares the log with what was signed of it (ledger/log.h). */
#include "store/derive.h"
#include "store/erase.h"
#include "store/upgrade.h"
#include "base/embed.h"
#include "base/file.h"
#include "base/time.h"
#include "keys/keys_old.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/banned.h"

/* ---- init ---- */

/* A file of DIR, held until *out_fd is closed; it says who holds it. */
static enum err take_lock(const char *dir, const char *name, int *out_fd, struct fault *f)
{
    char path[600], who[32] = "";
    enum err err = path_of(dir, name, path, sizeof path, f);
    if (err)
        return err;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return fault_sys(f, errno, path);
    if (flock(fd, LOCK_EX | LOCK_NB)) {
        ssize_t got = read(fd, who, sizeof who - 1);
        futimens(fd, NULL); /* whoever holds it sees that somebody waits (store_wanted) */
        close(fd);
        return fault_set(f, ERR_BUSY, "--data", slice_of(who, got > 0 ? (size_t)got : 0), "want.other_writer_ended");
    }
    int n = snprintf(who, sizeof who, "process %ld", (long)getpid());
    err = ftruncate(fd, 0) ? fault_sys(f, errno, path) : file_write_all(fd, who, (size_t)n, f);
    if (err)
        close(fd);
    else
        *out_fd = fd;
    return err;
}

enum err store_take_lock(const char *dir, int *out_fd, struct fault *f)
{
    return take_lock(dir, "lock", out_fd, f);
}

/* What came after schema 1. */
static const struct upgrade_step steps[] = {
    {"schema/sqlite-002.sql", "schema/postgres-002.sql"}, /* numbers of documents */
    {"schema/sqlite-003.sql", NULL},                      /* those that wait for their place */
    {"schema/sqlite-004.sql", NULL},                      /* the same in runs */
};

static struct upgrade upgrade_of(bool shared)
{
    return (struct upgrade){steps, sizeof steps / sizeof *steps, "schema", shared, embed_get, meta_select, meta_upsert};
}

/* A new register has all of them from the start. */
static enum err add_later(struct engine *e, bool shared, struct fault *f)
{
    enum err err = OK;
    for (size_t i = 0; !err && i < sizeof steps / sizeof *steps; i++) {
        const char *name = shared ? steps[i].postgres : steps[i].sqlite;
        struct slice sql = name ? embed_get(name) : SLICE("");
        err = !name ? OK : sql.p ? e->verbs->script(e, sql.p, f) : fault_set(f, ERR_BUG, "schema", SLICE(""), "");
    }
    return err;
}

/* shared (or NULL): the lease's row comes first, so that of two who fill one database at the same time the second is
 * refused. */
static enum err fill_new(
    struct engine *e, const struct store_new *n, const char *tables, const struct home *shared, struct fault *f)
{
    struct slice schema = embed_get(tables);
    struct hash h = hash_of(n->profile.p, n->profile.n);
    struct upgrade u = upgrade_of(shared != NULL);
    struct derived none;
    char version[16];
    snprintf(version, sizeof version, "%u", upgrade_known(&u));
    enum err err = schema.p ? e->verbs->script(e, schema.p, f) : fault_set(f, ERR_BUG, "schema", SLICE(""), "");
    if (!err)
        err = add_later(e, shared != NULL, f);
    derived_init(&none);
    if (err || (err = derived_renew(e, &none, f)))
        return err;
    if (shared && (err = lease_create(e, f)) == ERR_EXISTS)
        fault_set(f, err, "--db", slice_str(shared->name), "want.new_database");
    if (!err && !(err = meta_upsert(e, "schema", slice_str(version), f)) &&
        !(err = meta_upsert(e, "origin", n->origin, f)) &&
        !(err = meta_upsert(e, "profile", slice_of((const char *)h.b, sizeof h.b), f)) &&
        !(err = covered_upsert(e, 0, f)) && !(err = profile_insert(e, &h, n->profile, f)))
        return e->verbs->commit(e, f);
    e->verbs->rollback(e);
    return err;
}

/* What an init that was killed left: a write-ahead log beside a new database would be taken for its own. */
static void clear_new(const char *tmp)
{
    static const char *const tails[] = {"", "-wal", "-shm", "-journal"};
    char path[620];
    for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
        snprintf(path, sizeof path, "%s%s", tmp, tails[i]);
        unlink(path);
    }
}

/* The database is made under another name and renamed when it is whole, so that a broken init leaves nothing behind. */
static enum err make(const char *dir, const struct store_new *n, struct fault *f)
{
    char db[600], tmp[600];
    struct engine *e;
    enum err err;
    if (n->join)
        return fault_set(f, ERR_USAGE, "--join", SLICE(""), "want.shared_database");
    if ((err = path_of(dir, "register.db", db, sizeof db, f)) || (err = path_of(dir, "register.new", tmp, sizeof tmp, f)))
        return err;
    if (access(db, F_OK) == 0 || (!path_of(dir, "database", db, sizeof db, NULL) && access(db, F_OK) == 0))
        return fault_set(f, ERR_EXISTS, "--data", slice_str(dir), "want.new_directory");
    if ((err = path_of(dir, "register.db", db, sizeof db, f)))
        return err;
    clear_new(tmp);
    if ((err = key_folder_make(dir, n, f)))
        return err;
    if ((err = engine_sqlite.open(tmp, ENGINE_WRITE, &e, f)))
        return err;
    err = fill_new(e, n, "schema/sqlite-001.sql", NULL, f);
    e->verbs->close(e);
    if (!err && rename(tmp, db))
        err = fault_sys(f, errno, db);
    return err ? err : file_sync_dir(dir, f);
}

/* Has the database a register in it? Tables without rows are what a broken init left. */
static enum err filled(struct engine *e, bool *out, struct fault *f)
{
    struct arena a;
    struct slice schema = {0};
    arena_init(&a, 1u << 16);
    enum err err = meta_select(e, &a, "schema", &schema, f);
    if (err == ERR_NOT_FOUND) /* not even tables */
        err = OK;
    *out = schema.p != NULL;
    arena_free(&a);
    return err;
}

/* In a database of its own: filled in one transaction, after the directory knows where it is. */
static enum err make_shared(const char *dir, const struct store_new *n, struct fault *f)
{
    struct home p;
    char path[600], noted[600];
    struct engine *e;
    bool full = false;
    enum err err;
    if ((err = path_of(dir, "register.db", path, sizeof path, f)) || (err = path_of(dir, "database", noted, sizeof noted, f)) ||
        (err = home_shared(n->db, &p, f)))
        return err;
    if (access(path, F_OK) == 0 || (n->join && access(noted, F_OK) == 0))
        return fault_set(f, ERR_EXISTS, "--data", slice_str(dir), "want.new_directory");
    if ((err = p.verbs->open(p.where, ENGINE_WRITE, &e, f)))
        return err;
    if (!(err = filled(e, &full, f)) && full != n->join)
        err = full ? fault_set(f, ERR_EXISTS, "--db", slice_str(p.name), "want.new_database")
                   : fault_set(f, ERR_NOT_FOUND, "--db", slice_str(p.name), "want.database_of_register");
    if (!err && !(err = key_folder_make(dir, n, f)) && !(err = home_note(dir, &p, f)) && !n->join)
        err = fill_new(e, n, "schema/postgres-001.sql", &p, f);
    e->verbs->close(e);
    return err;
}

enum err store_init(const char *dir, const struct store_new *n, struct fault *f)
{
    int lock = -1;
    struct profile *p = mem_alloc(1, sizeof *p);
    enum err err = p ? n->join ? OK : profile_parse(n->profile, p, f) : fault_set(f, ERR_MEMORY, "profile", SLICE(""), "");
    mem_free(p);
    if (!err && mkdir(dir, 0700) && errno != EEXIST)
        err = fault_sys(f, errno, dir);
    if (!err && !(err = take_lock(dir, "lock", &lock, f)))
        err = n->db.n ? make_shared(dir, n, f) : make(dir, n, f);
    if (lock >= 0)
        close(lock);
    return err;
}

/* ---- open and close ---- */

static enum err load_profile(struct store *s, struct arena *a, struct fault *f)
{
    struct slice hash, bytes;
    struct hash h;
    enum err err = meta_select(s->engine, a, "profile", &hash, f);
    if (err)
        return err;
    if (hash.n != sizeof h.b)
        return fault_set(f, ERR_DAMAGED, "profile", SLICE(""), "");
    memcpy(h.b, hash.p, sizeof h.b);
    if ((err = profile_select(s->engine, a, &h, &bytes, f)))
        return err;
    buf_init(&s->active_bytes, PROFILE_MAX);
    buf_slice(&s->active_bytes, bytes);
    const struct profile *active = NULL;
    if (!(err = store_cited(s, &h, &active, f)))
        s->active = (struct profile *)active;
    return err;
}

/* By somebody who only reads: through a writer, which does it on the way. */
static enum err upgrade_aside(struct store *s, struct fault *f)
{
    struct store *w = NULL;
    enum err err = store_open(s->dir, STORE_WRITE, &w, f);
    store_close(w);
    return err == ERR_BUSY ? fault_set(f, err, "schema", SLICE(""), "want.upgraded") : err;
}

/* An earlier version is brought to this program's (store/upgrade.h); who reads bytes only, as a backup does, takes it
 * as it is. */
static enum err bring_up(struct store *s, struct fault *f)
{
    struct upgrade u = upgrade_of(s->home.shared);
    unsigned version;
    enum err err = upgrade_version(&u, s->engine, &version, f);
    if (err == ERR_NOT_FOUND) /* an init that was broken off */
        return fault_set(f, err, "--data", slice_str(s->dir), "want.register");
    if (err || version == upgrade_known(&u) || s->mode == STORE_BYTES)
        return err;
    return s->lock >= 0 ? upgrade_run(&u, s->engine, f) : upgrade_aside(s, f);
}

static enum err load_names(struct store *s, struct fault *f)
{
    struct arena a;
    struct slice origin;
    arena_init(&a, 4u << 20);
    enum err err = bring_up(s, f);
    if (!err && !(err = meta_select(s->engine, &a, "origin", &origin, f)))
        snprintf(s->origin, sizeof s->origin, SLICE_FMT, SLICE_ARG(origin));
    if (!err)
        err = load_profile(s, &a, f);
    arena_free(&a);
    return err;
}

/* Do the derived tables go with this log? Not there, damaged, or of a longer log than this one (an earlier register.db
 * was put back): no. */
static enum err derived_fit(struct store *s, bool *out, struct fault *f)
{
    uint64_t covered, size;
    enum err err = covered_select(s->engine, &covered, f);
    *out = false;
    if (err == ERR_NOT_FOUND || (err == ERR_DAMAGED && !s->home.shared))
        return OK;
    if (!err && !(err = record_count(s->engine, &size, f)))
        *out = covered <= size || s->mode == STORE_CHECK;
    return err;
}

/* Empty tables in their place: what the log holds is derived again. */
static enum err begin_derived(struct store *s, struct fault *f)
{
    struct derived none;
    derived_init(&none);
    enum err err = derived_renew(s->engine, &none, f);
    if (!err && !(err = covered_upsert(s->engine, 0, f)))
        return store_commit(s, f);
    store_rollback(s);
    return err;
}

void store_as_is(struct store *s)
{
    s->as_is = true;
}

enum err store_heal(struct store *s, struct fault *f)
{
    bool fit = false;
    if (s->healed)
        return OK;
    enum err err = derived_fit(s, &fit, f);
    if (!err && !fit)
        err = begin_derived(s, f);
    else if (!err && s->mode != STORE_CHECK && !s->as_is)
        err = stamp_heal(s, f);
    if (!err && s->mode == STORE_WRITE)
        err = store_erase_finish(s, f);
    if (!err && s->mode == STORE_WRITE)
        err = store_documents_settle(s, f);
    s->healed = !err;
    return err;
}

/* A register of before the key store: each person that its log names gets his key in one. Done once, by the first who
 * writes. */
static enum err add_persons(void *arg, uint64_t position, int64_t received, struct slice bytes, struct fault *f)
{
    struct record r;
    enum err err = record_parse(bytes, &r);
    if (err)
        return fault_set(f, err, "record", SLICE(""), "");
    for (size_t i = 0; !err && i < r.section_count; i++) {
        struct subject_id party;
        memcpy(party.b, r.section[i].key.b, sizeof party.b);
        if (r.section[i].kind == SECTION_PERSON)
            err = keys_upgrade_person(arg, &party, f);
    }
    return err;
}

static enum err upgrade_keys(struct store *s, struct fault *f)
{
    struct key_store *fresh;
    uint64_t size;
    enum err err = record_count(s->engine, &size, f);
    if (err || (err = keys_upgrade_begin(s->dir, &fresh, f)))
        return err;
    if (!(err = record_each(s->engine, 0, size, add_persons, fresh, f)))
        return keys_upgrade_end(fresh, f);
    keys_close(fresh);
    return err;
}

static enum err load_keys(struct store *s, struct fault *f)
{
    enum err err = OK;
    if (!s->key_store) {
        s->own_keys = true;
        if (s->mode == STORE_WRITE && keys_old_is(s->dir))
            err = upgrade_keys(s, f);
        if (!err)
            err = keys_open(
                s->dir, s->mode == STORE_WRITE || s->mode == STORE_STAGE ? KEYS_WRITE : KEYS_READ, &s->key_store, f);
    } else
        err = s->mode == STORE_WRITE ? keys_resume(s->key_store, f) : keys_look(s->key_store, f);
    if (!err)
        keys_copy(s->key_store, &s->keys);
    return err;
}

enum err store_open(const char *dir, enum store_mode mode, struct store **out, struct fault *f)
{
    return store_open_with(dir, mode, NULL, out, f);
}

enum err store_open_with(
    const char *dir, enum store_mode mode, struct key_store *keys, struct store **out, struct fault *f)
{
    struct store *s = mem_alloc(1, sizeof *s);
    if (!s)
        return fault_set(f, ERR_MEMORY, "--data", SLICE(""), "");
    s->mode = mode;
    s->lock = -1;
    s->key_store = keys;
    enum err err = OK;
    if (snprintf(s->dir, sizeof s->dir, "%s", dir) >= (int)sizeof s->dir)
        err = fault_set(f, ERR_TOO_LONG, "--data", slice_str(dir), "want.short_path");
    if (!err)
        err = home_find(dir, &s->home, f);
    if (!err && mode == STORE_BYTES && !s->home.shared)
        s->home.verbs = &engine_file; /* nothing derived is looked at: it may be missing, or damaged */
    if (!err && (mode == STORE_STAGE || mode == STORE_SEQUENCE) && !s->home.shared)
        err = fault_set(f, ERR_REFUSED, "--data", slice_str(dir), "want.shared_database");
    if (!err && (mode == STORE_WRITE || mode == STORE_SEQUENCE || mode == STORE_CHECK))
        err = take_lock(s->dir, mode == STORE_SEQUENCE ? "sequencer" : "lock", &s->lock, f);
    if (!err &&
        !(err = s->home.verbs->open(
              s->home.where, mode == STORE_READ || mode == STORE_BYTES ? ENGINE_READ : ENGINE_WRITE, &s->engine, f)) &&
        mode != STORE_BYTES)
        err = load_keys(s, f);
    if (!err)
        err = load_names(s, f);
    if (!err && s->home.shared && s->lock >= 0)
        err = lease_take(s->engine, &s->home, s->lock, mode == STORE_SEQUENCE, &s->lease, f);
    if (err) {
        store_close(s);
        return err;
    }
    *out = s;
    return OK;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    if (s->engine) {
        s->engine->verbs->rollback(s->engine);
        lease_leave(s->engine, &s->lease);
        s->engine->verbs->close(s->engine);
    }
    for (size_t i = 0; i < s->profile_count; i++)
        mem_free(s->profile[i]);
    buf_free(&s->active_bytes);
    window_free(&s->window);
    if (s->own_keys)
        keys_close(s->key_store);
    if (s->lock >= 0)
        close(s->lock);
    seal_wipe(&s->keys, sizeof s->keys);
    mem_free(s);
}

const struct keys *store_keys(const struct store *s)
{
    return &s->keys;
}
struct key_store *store_key_store(struct store *s)
{
    return s->key_store;
}
struct key_store *store_take_keys(struct store *s)
{
    s->own_keys = false;
    return s->key_store;
}
const struct profile *store_profile(const struct store *s)
{
    return s->active;
}
struct slice store_profile_bytes(const struct store *s)
{
    return buf_view(&s->active_bytes);
}
struct slice store_origin(const struct store *s)
{
    return slice_str(s->origin);
}
const char *store_dir(const struct store *s)
{
    return s->dir;
}
bool store_shared(const struct store *s)
{
    return s->home.shared;
}
enum err store_wanted(struct store *s, bool *out, struct fault *f)
{
    struct stat st;
    *out = !s->lease.gives_way && s->lock >= 0 && !fstat(s->lock, &st) && (st.st_mtim.tv_sec != s->locked_at.tv_sec || st.st_mtim.tv_nsec != s->locked_at.tv_nsec);
    return *out || !s->lease.epoch ? OK : lease_wanted(s->engine, out, f);
}

void store_expect(struct store *s)
{
    struct stat st;
    if (s->lock >= 0 && !fstat(s->lock, &st))
        s->locked_at = st.st_mtim;
}
struct engine *store_engine(struct store *s)
{
    return s->engine;
}

/* ---- transactions and the log ---- */

enum err store_begin(struct store *s, struct fault *f)
{
    enum err err = s->engine->verbs->begin(s->engine, f);
    if (!err && s->lease.epoch && (err = lease_touch(s->engine, &s->lease, f)))
        store_rollback(s);
    return err;
}
enum err store_commit(struct store *s, struct fault *f)
{
    enum err e = s->mode == STORE_WRITE || s->mode == STORE_STAGE ? keys_flush(s->key_store, f) : OK;
    return e ? e : s->engine->verbs->commit(s->engine, f);
}
void store_rollback(struct store *s)
{
    s->engine->verbs->rollback(s->engine);
}
enum err store_tend(struct store *s, struct fault *f)
{
    return s->engine->verbs->tend(s->engine, false, f);
}
enum err store_settle(struct store *s, struct fault *f)
{
    return s->engine->verbs->tend(s->engine, true, f);
}
enum err store_size(struct store *s, uint64_t *out, struct fault *f)
{
    return record_count(s->engine, out, f);
}
enum err store_append(
    struct store *s, uint64_t position, int64_t received, const struct hash *id, struct slice bytes, struct fault *f)
{
    return record_insert(s->engine, position, received, id, bytes, f);
}
enum err store_read(
    struct store *s, struct arena *a, uint64_t position, struct slice *bytes, int64_t *received, struct fault *f)
{
    return record_select(s->engine, a, position, bytes, received, f);
}
enum err store_meta(struct store *s, struct arena *a, const char *name, struct slice *out, struct fault *f)
{
    return meta_select(s->engine, a, name, out, f);
}
enum err store_meta_set(struct store *s, const char *name, struct slice value, struct fault *f)
{
    return meta_upsert(s->engine, name, value, f);
}
enum err store_scan(struct store *s, uint64_t from, uint64_t to, store_each fn, void *arg, struct fault *f)
{
    return record_each(s->engine, from, to, fn, arg, f);
}

enum err store_each_row(struct store *s, uint64_t from, uint64_t to, store_row fn, void *arg, struct fault *f)
{
    return record_each_row(s->engine, from, to, fn, arg, f);
}

enum err store_each_profile(struct store *s,
    enum err (*fn)(void *arg, const struct hash *h, struct slice bytes, struct fault *f), void *arg, struct fault *f)
{
    return profile_each(s->engine, fn, arg, f);
}

enum err store_put_profile(struct store *s, const struct hash *h, struct slice bytes, struct fault *f)
{
    return profile_insert(s->engine, h, bytes, f);
}

/* ---- questions ---- */

enum err store_item(struct store *s, const struct subject_id *id, struct item_row *out, bool *found, struct fault *f)
{
    return item_select(s->engine, id, out, found, f);
}
enum err store_item_standing(struct store *s, const struct subject_id *id, struct item_standing *out, bool *found, struct fault *f)
{
    return item_standing_select(s->engine, id, out, found, f);
}
enum err store_subject_positions(
    struct store *s, struct arena *a, const struct subject_id *id, uint64_t **out, size_t *n, struct fault *f)
{
    return item_record_positions(s->engine, a, id, out, n, f);
}
void store_blind(const struct keys *k, struct slice number, uint8_t out[16])
{
    keys_token(k->blind, "external", slice_trim(number), SLICE(""), 0, out);
}
enum err store_external(
    struct store *s, struct slice number, struct subject_id *out, size_t max, size_t *n, struct fault *f)
{
    uint8_t token[16];
    store_blind(&s->keys, number, token);
    return external_select(s->engine, token, out, max, n, f);
}
enum err store_find(struct store *s, const struct hash *id, uint64_t *out, bool *found, struct fault *f)
{
    uint64_t at[8];
    size_t n;
    struct arena a;
    *found = false;
    enum err e = record_at_select(s->engine, record_prefix(id), at, 8, &n, f);
    arena_init(&a, 1u << 20);
    for (size_t i = 0; !e && !*found && i < n; i++) {
        struct slice bytes;
        if ((e = record_select(s->engine, &a, at[i], &bytes, NULL, f)))
            break;
        struct hash h = record_id(bytes);
        if (hash_eq(&h, id)) {
            *out = at[i];
            *found = true;
        }
    }
    arena_free(&a);
    return e;
}
enum err store_claims(struct store *s, enum err (*fn)(void *arg, const struct claim_row *c), void *arg, struct fault *f)
{
    return claim_each(s->engine, fn, arg, f);
}
enum err store_count(struct store *s, uint64_t *items, struct fault *f)
{
    return item_count(s->engine, items, f);
}
