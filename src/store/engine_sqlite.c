/* SQLite: the embedded engine. The log lies in one file, the derived tables in another (sqlite_derived.c), attached:
 * statements name tables and need not know.
 *
 * Not here: what the tables mean. Invariants:
 * 1. One connection of the process that holds the data directory's lock writes; it opens first, and it alone
 * checkpoints (wal_autocheckpoint=0, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE for readers): this side-steps the WAL-reset race
 * of SQLite before 3.51.3.
 * 2. synchronous=FULL: a commit that returned is on disk.
 * 3. Readers open read-only, see one snapshot a transaction, and read the file through memory maps (a page fetched by
 * pread costs a system call and a copy: a fifth of a search page). */
#include "store/sqlite_inner.h"
#include "base/arena.h"
#include <errno.h>
#include <stdio.h>
#include "base/banned.h"

static struct sqlite *self(struct engine *e)
{
    return (struct sqlite *)e;
}

/* errno of the last write that failed, in the file itself or in the log of recent commits. */
static int write_errno(struct sqlite *s)
{
    static const char *const files[] = {"main", "derived"};
    int sys = sqlite3_system_errno(s->db);
    for (size_t i = 0; !sys && i < 2; i++) {
        sqlite3_file *wal = NULL;
        sqlite3_file_control(s->db, files[i], SQLITE_FCNTL_LAST_ERRNO, &sys);
        if (!sys && sqlite3_file_control(s->db, files[i], SQLITE_FCNTL_JOURNAL_POINTER, &wal) == SQLITE_OK && wal &&
            wal->pMethods)
            wal->pMethods->xFileControl(wal, SQLITE_FCNTL_LAST_ERRNO, &sys);
    }
    return sys;
}

/* A write that met a quota or a limit is an IOERR to SQLite; to people it is a full disk. */
static bool no_room(struct sqlite *s, int rc)
{
    int sys = s->db && (rc & 0xff) == SQLITE_IOERR ? write_errno(s) : 0;
    return rc == SQLITE_FULL || sys == ENOSPC || sys == EDQUOT || sys == EFBIG;
}

enum err sqlite_fail(struct sqlite *s, int rc, const char *what, struct fault *f)
{
    const char *why = s->db ? sqlite3_errmsg(s->db) : sqlite3_errstr(rc);
    enum err code = ERR_IO;
    if (no_room(s, rc))
        return fault_set(f, ERR_NO_ROOM, what, slice_str(why), "want.room");
    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        code = ERR_BUSY;
        break;
    case SQLITE_NOMEM:
        code = ERR_MEMORY;
        break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return fault_set(f, ERR_DAMAGED, what, slice_str(why), "want.mend");
    case SQLITE_CONSTRAINT:
        code = ERR_EXISTS;
        break;
    case SQLITE_CANTOPEN:
        code = ERR_NOT_FOUND;
        break;
    default:
        break;
    }
    return fault_set(f, code, what, slice_str(why), "");
}

void sqlite_forget(struct sqlite *s)
{
    for (size_t i = 0; i < PREPARED_MAX; i++)
        sqlite3_finalize(s->prepared[i].st);
    memset(s->prepared, 0, sizeof s->prepared);
}

static void close_it(struct engine *e)
{
    struct sqlite *s = self(e);
    if (s->renewing)
        e->verbs->rollback(e);
    sqlite_forget(s);
    sqlite3_close(s->db);
    mem_free(s);
}

enum err sqlite_script(struct sqlite *s, const char *sql, struct fault *f)
{
    int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
    return rc ? sqlite_fail(s, rc, "database", f) : OK;
}

static enum err script(struct engine *e, const char *sql, struct fault *f)
{
    return sqlite_script(self(e), sql, f);
}

static enum err set_dir(struct sqlite *s, const char *where, struct fault *f)
{
    const char *slash = strrchr(where, '/');
    int n = snprintf(s->dir, sizeof s->dir, "%.*s", slash ? (int)(slash - where) : 1, slash ? where : ".");
    return n < (int)sizeof s->dir ? OK : fault_set(f, ERR_TOO_LONG, "--data", slice_str(where), "want.short_path");
}

#define RECENT_MANY 4096 /* pages: 64 MB, about what one hash table of the log of commits finds (SQLite, WAL-index: 4,062 frames) */

static int note_commit(void *arg, sqlite3 *db, const char *name, int pages)
{
    struct sqlite *s = arg;
    s->recent[strcmp(name, "main") != 0] = pages;
    return SQLITE_OK;
}

static enum err open_db(
    const char *where, enum engine_mode mode, bool with_derived, struct engine **out, struct fault *f)
{
    struct sqlite *s = mem_alloc(1, sizeof *s);
    if (!s)
        return fault_set(f, ERR_MEMORY, "database", SLICE(""), "");
    s->base.verbs = with_derived ? &engine_sqlite : &engine_file;
    s->mode = mode;
    int flags = mode == ENGINE_WRITE ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    enum err e = mode == ENGINE_WRITE ? sqlite_may_write(where, f) : OK;
    int rc = e ? SQLITE_OK : sqlite3_open_v2(where, &s->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (!e)
        e = rc ? sqlite_fail(s, rc, where, f) : set_dir(s, where, f);
    if (!e)
        sqlite3_busy_timeout(s->db, 5000);
    if (!e && mode == ENGINE_WRITE)
        e = script(&s->base,
            "PRAGMA page_size=16384; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0;"
            "PRAGMA cache_size=-262144; PRAGMA secure_delete=ON; PRAGMA trusted_schema=OFF; PRAGMA temp_store=MEMORY;",
            f);
    if (!e && mode == ENGINE_WRITE)
        sqlite3_wal_hook(s->db, note_commit, s);
    else if (!e) {
        sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
        e = script(&s->base,
            "PRAGMA query_only=ON; PRAGMA mmap_size=4294967296; PRAGMA cache_size=-32768; PRAGMA trusted_schema=OFF;",
            f);
    }
    if (!e && with_derived)
        e = sqlite_derived_open(s, f);
    if (e) {
        close_it(&s->base);
        return e;
    }
    *out = &s->base;
    return OK;
}

static enum err open_it(const char *where, enum engine_mode mode, struct engine **out, struct fault *f)
{
    return open_db(where, mode, true, out, f);
}

static enum err open_file(const char *where, enum engine_mode mode, struct engine **out, struct fault *f)
{
    return open_db(where, mode, false, out, f);
}

static const struct statement end_reading = {"ROLLBACK"}; /* of every request: prepared once, as all others */

static enum err begin(struct engine *e, struct fault *f)
{
    if (self(e)->mode != ENGINE_WRITE)
        return sqlite_derived_begin(self(e), f);
    sqlite_derived_sweep(self(e));
    return script(e, "BEGIN IMMEDIATE", f);
}

static enum err begin_file(struct engine *e, struct fault *f)
{
    return script(e, self(e)->mode == ENGINE_WRITE ? "BEGIN IMMEDIATE" : "BEGIN", f);
}

static enum err commit(struct engine *e, struct fault *f)
{
    enum err err = script(e, "COMMIT", f);
    return err || !self(e)->renewing ? err : sqlite_renewed(self(e), f);
}

static void rollback(struct engine *e)
{
    struct sqlite *s = self(e);
    struct fault f;
    if (!sqlite3_get_autocommit(s->db) && s->mode != ENGINE_WRITE)
        engine_run(e, &end_reading, NULL, 0, &f);
    else if (!sqlite3_get_autocommit(s->db))
        script(e, "ROLLBACK", NULL);
    if (s->renewing)
        sqlite_not_renewed(s);
}

/* The statement's slot: prepared already, or prepared now with $n rewritten to ?n (SQLite counts $n by first use). */
static enum err prepare(struct sqlite *s, const struct statement *key, struct rows **out, struct fault *f)
{
    size_t at = ((uintptr_t)key >> 4) * 2654435761u % PREPARED_MAX;
    for (size_t tries = 0; tries < PREPARED_MAX; tries++, at = (at + 1) % PREPARED_MAX) {
        struct rows *r = &s->prepared[at];
        if (r->key == key) {
            *out = r;
            return OK;
        }
        if (r->key)
            continue;
        char sql[2048];
        size_t n = strlen(key->sql);
        if (n >= sizeof sql)
            return fault_set(f, ERR_BUG, "statement", slice_str(key->sql), "");
        memcpy(sql, key->sql, n + 1);
        for (size_t i = 0; i < n; i++)
            if (sql[i] == '$')
                sql[i] = '?';
        int rc = sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &r->st, NULL);
        if (rc == SQLITE_ERROR) /* statements are constant: what is wrong is that their table is not there */
            return fault_set(f, ERR_NOT_FOUND, "database", slice_str(sqlite3_errmsg(s->db)), "want.register");
        if (rc)
            return sqlite_fail(s, rc, "statement", f);
        *r = (struct rows){.owner = s, .key = key, .st = r->st};
        *out = r;
        return OK;
    }
    return fault_set(f, ERR_BUG, "statement", SLICE("too many"), "");
}

static int bind(sqlite3_stmt *st, int at, const struct value *v)
{
    if (v->is_null)
        return sqlite3_bind_null(st, at);
    if (v->is_int)
        return sqlite3_bind_int64(st, at, v->i);
    return sqlite3_bind_blob64(st, at, v->b.p ? v->b.p : "", v->b.n, SQLITE_STATIC);
}

static enum err start(
    struct engine *e, const struct statement *st, const struct value *in, size_t n, struct rows **out, struct fault *f)
{
    struct rows *r;
    enum err err = prepare(self(e), st, &r, f);
    if (err)
        return err;
    if (r->busy)
        return fault_set(f, ERR_BUG, "statement", slice_str(st->sql), "");
    for (size_t i = 0; i < n; i++) {
        int rc = bind(r->st, (int)i + 1, &in[i]);
        if (rc)
            return sqlite_fail(self(e), rc, "statement", f);
    }
    r->busy = true;
    *out = r;
    return OK;
}

static enum err next(struct rows *r, struct value *out, size_t n, bool *more, struct fault *f)
{
    int rc = sqlite3_step(r->st);
    *more = rc == SQLITE_ROW;
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return sqlite_fail(r->owner, rc, "database", f);
    for (size_t i = 0; *more && i < n; i++) {
        int type = sqlite3_column_type(r->st, (int)i);
        out[i] = type == SQLITE_NULL ? V_NULL
                 : type == SQLITE_INTEGER
                     ? V_INT(sqlite3_column_int64(r->st, (int)i))
                     : V_BLOB(sqlite3_column_blob(r->st, (int)i), (size_t)sqlite3_column_bytes(r->st, (int)i));
    }
    return OK;
}

static void stop(struct rows *r)
{
    sqlite3_reset(r->st);
    sqlite3_clear_bindings(r->st);
    r->busy = false;
}

/* Moves the log of recent commits into the file, as far as readers let it (writer only). */
static enum err tend(struct engine *e, bool now, struct fault *f)
{
    static const char *const name[] = {"main", "derived"};
    struct sqlite *s = self(e);
    int rc = 0;
    for (int i = 0; s->mode == ENGINE_WRITE && i < 2 && !rc; i++) {
        if ((i && !*s->derived) || !(now || s->recent[i] >= RECENT_MANY))
            continue;
        rc = sqlite3_wal_checkpoint_v2(s->db, name[i], SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
        rc = (rc & 0xff) == SQLITE_BUSY ? 0 : rc;
        s->recent[i] = 0;
    }
    return rc ? sqlite_fail(s, rc, "checkpoint", f) : OK;
}

const struct engine_verbs engine_sqlite = {
    open_it, close_it, script, begin, commit, rollback, start, next, stop, tend, sqlite_renew};

const struct engine_verbs engine_file = {
    open_file, close_it, script, begin_file, commit, rollback, start, next, stop, tend, NULL};
