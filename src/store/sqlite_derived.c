/* The derived tables, in a file of their own beside the log's: DIR/derived-N.db, attached, named in the base's table meta. Invariants:
 * 1. The file that the base names is whole: a new one is synced before its name is committed; that commit shows it to readers.
 * 2. A reader fixes its snapshot of the derived tables before that of the log, and looks at the name in the latter: what it reads of the
 *    log is never behind what is derived of it.
 * 3. Files that are not named are nobody's: a writer removes them when it first writes. Readers that still have one open keep it until they begin
 *    their next transaction.
 * 4. Both files are in WAL mode under the rules of engine_sqlite.c. A transaction changes rows of one of them, so that SQLite's commit,
 *    which is atomic in each file only, is enough. */
#include "base/embed.h"
#include "base/file.h"
#include "store/sqlite_build.h"
#include "store/sqlite_inner.h"
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/banned.h"

#define TRIES 20 /* of a reader that meets one renewal after the other */

static const struct statement seen = {"SELECT value FROM covered"};
static const struct statement named = {"SELECT value FROM main.meta WHERE name = CAST('derived_file' AS BLOB)"};
static const struct statement name_it = {"INSERT INTO main.meta (name, value) VALUES (CAST('derived_file' AS BLOB), $1) "
    "ON CONFLICT (name) DO UPDATE SET value = excluded.value"};
static const struct statement attach_it = {"ATTACH $1 AS derived"};

/* ---- names ---- */

static enum err path_to(const struct sqlite *s, const char *name, char *out, size_t size, struct fault *f)
{
    int n = snprintf(out, size, "%s/%s", s->dir, name);
    return n < 0 || (size_t)n >= size ? fault_set(f, ERR_TOO_LONG, "--data", slice_str(s->dir), "want.short_path") : OK;
}

/* The number of "derived-N.db" or of a file that belongs to it; 0 for other names. */
static unsigned long number_of(const char *name)
{
    char *end;
    if (strncmp(name, "derived-", 8) != 0)
        return 0;
    unsigned long n = strtoul(name + 8, &end, 10);
    return n <= UINT32_MAX && strncmp(end, ".db", 3) == 0 ? n : 0;
}

static void remove_file(const struct sqlite *s, const char *name)
{
    static const char *const tails[] = {"", "-wal", "-shm", "-journal"};
    char path[600];
    for (size_t i = 0; *name && i < sizeof tails / sizeof tails[0]; i++)
        if (snprintf(path, sizeof path, "%s/%s%s", s->dir, name, tails[i]) < (int)sizeof path)
            unlink(path);
}

void sqlite_derived_sweep(struct sqlite *s)
{
    unsigned long mine = number_of(s->derived);
    if (!mine || s->swept)
        return;
    s->swept = true;
    char path[800];
    struct dirent *d;
    DIR *dir = opendir(s->dir);
    while (dir && (d = readdir(dir)))
        if (number_of(d->d_name) && number_of(d->d_name) != mine && snprintf(path, sizeof path, "%s/%s", s->dir, d->d_name) < (int)sizeof path)
            unlink(path);
    if (dir)
        closedir(dir);
}

/* ---- attaching ---- */

static enum err read_name(struct sqlite *s, char out[DERIVED_NAME], struct fault *f)
{
    struct value v[1];
    struct rows *r;
    bool found;
    enum err e = engine_one(&s->base, &named, NULL, 0, v, 1, &found, &r, f);
    out[0] = 0;
    if (e || !found)
        return e;
    if (v[0].b.n < DERIVED_NAME) {
        memcpy(out, v[0].b.p, v[0].b.n);
        out[v[0].b.n] = 0;
    }
    s->base.verbs->stop(r);
    return number_of(out) ? OK : fault_set(f, ERR_DAMAGED, "derived_file", SLICE(""), "");
}

static enum err detach(struct sqlite *s, struct fault *f)
{
    sqlite_forget(s);
    enum err e = *s->derived ? sqlite_script(s, "DETACH derived", f) : OK;
    if (!e)
        s->derived[0] = 0;
    return e;
}

/* A writer alone changes the file's mode, which is WAL from the start; losing the newest rows in a power cut is no harm: they are derived again. */
static enum err attach(struct sqlite *s, const char *name, struct fault *f)
{
    char path[600];
    enum err e = path_to(s, name, path, sizeof path, f);
    if (!e && access(path, F_OK) != 0)
        e = fault_set(f, ERR_NOT_FOUND, name, slice_str(s->dir), "want.rebuild");
    struct value in[] = {V_SLICE(slice_str(path))};
    if (!e && s->mode == ENGINE_WRITE)
        e = sqlite_may_write(path, f);
    if (!e && !(e = engine_run(&s->base, &attach_it, in, 1, f)))
        e = sqlite_script(s, s->mode == ENGINE_WRITE ? "PRAGMA derived.journal_mode=WAL; PRAGMA derived.synchronous=NORMAL; PRAGMA derived.cache_size=-262144"
                                                     : "PRAGMA derived.cache_size=-32768", f);
    if (!e)
        snprintf(s->derived, sizeof s->derived, "%s", name);
    return e;
}

/* The file that is named now: one that is gone when it is opened has been renewed meanwhile. */
static enum err attach_named(struct sqlite *s, struct fault *f)
{
    char name[DERIVED_NAME];
    enum err e = ERR_NOT_FOUND;
    for (int i = 0; i < TRIES && e == ERR_NOT_FOUND; i++) {
        if ((e = read_name(s, name, f)))
            return e;
        if (!*name)
            return fault_set(f, ERR_DAMAGED, "schema", SLICE(""), "want.schema");
        e = attach(s, name, f);
    }
    return e;
}

/* A register of before this file: what was derived lies in the base, and goes when the file is made. */
static enum err drop_old(struct sqlite *s, struct fault *f)
{
    return sqlite_script(s, "BEGIN IMMEDIATE; DROP TABLE IF EXISTS item; DROP TABLE IF EXISTS item_record; DROP TABLE IF EXISTS record_at;"
        "DROP TABLE IF EXISTS holding; DROP TABLE IF EXISTS claim; DROP TABLE IF EXISTS external; DROP TABLE IF EXISTS permit;"
        "DELETE FROM meta WHERE name = CAST('derived' AS BLOB); COMMIT", f);
}

enum err sqlite_derived_open(struct sqlite *s, struct fault *f)
{
    char name[DERIVED_NAME];
    enum err e = read_name(s, name, f);
    if (e == ERR_NOT_FOUND && s->mode == ENGINE_WRITE) /* no tables at all yet */
        return OK;
    if (!e && !*name && s->mode == ENGINE_WRITE) /* the caller renews it */
        return OK;
    if (!e)
        e = attach_named(s, f);
    if (e == ERR_DAMAGED && s->mode == ENGINE_WRITE) { /* as good as thrown away */
        sqlite_forget(s);
        sqlite_script(s, "DETACH derived", NULL);
        s->derived[0] = 0;
        return OK;
    }
    return e == ERR_NOT_FOUND && s->mode == ENGINE_WRITE ? OK : e; /* thrown away: the caller renews it */
}

/* ---- readers ---- */

static enum err fix_snapshots(struct sqlite *s, char name[DERIVED_NAME], struct fault *f)
{
    static const struct statement begin = {"BEGIN"};
    struct value v[1];
    struct rows *r;
    bool found;
    enum err e = engine_run(&s->base, &begin, NULL, 0, f);
    if (e || (e = engine_one(&s->base, &seen, NULL, 0, v, 1, &found, &r, f)))
        return e;
    if (found)
        s->base.verbs->stop(r);
    return read_name(s, name, f);
}

enum err sqlite_derived_begin(struct sqlite *s, struct fault *f)
{
    char name[DERIVED_NAME];
    enum err e = *s->derived ? OK : attach_named(s, f);
    for (int i = 0; !e && i < TRIES; i++) {
        if (!(e = fix_snapshots(s, name, f)) && strcmp(name, s->derived) == 0)
            return OK;
        s->base.verbs->rollback(&s->base);
        if (!e && !(e = detach(s, f)))
            e = attach_named(s, f);
    }
    return e ? e : fault_set(f, ERR_BUSY, "database", SLICE(""), "want.try_again");
}

/* ---- renewal ---- */

static int root_of(sqlite3 *db, const char *table, uint32_t *out)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(db, "SELECT rootpage FROM sqlite_master WHERE type = 'table' AND name = ?1", -1, &st, NULL);
    if (!rc)
        rc = sqlite3_bind_text(st, 1, table, -1, SQLITE_STATIC);
    if (!rc && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        *out = (uint32_t)sqlite3_column_int64(st, 0);
        rc = SQLITE_OK;
    }
    sqlite3_finalize(st);
    return rc;
}

/* An empty file with the tables, made by SQLite; where their rows begin. */
static enum err make_empty(const char *path, struct build_table *tables, size_t n, struct fault *f)
{
    struct sqlite s = {0};
    struct slice schema = embed_get("schema/sqlite-001-derived.sql");
    if (!schema.p)
        return fault_set(f, ERR_BUG, "schema", SLICE(""), "");
    int rc = sqlite3_open_v2(path, &s.db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (!rc)
        rc = sqlite3_exec(s.db, "PRAGMA page_size=16384; PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; BEGIN", NULL, NULL, NULL);
    if (!rc && !(rc = sqlite3_exec(s.db, schema.p, NULL, NULL, NULL)))
        rc = sqlite3_exec(s.db, "COMMIT", NULL, NULL, NULL);
    for (size_t i = 0; !rc && i < n; i++)
        rc = root_of(s.db, tables[i].rows->table, &tables[i].root);
    enum err e = rc ? sqlite_fail(&s, rc, path, f) : OK;
    if (sqlite3_close(s.db) && !e)
        e = fault_set(f, ERR_IO, path, SLICE(""), "");
    return e;
}

static void *move_log(void *engine)
{
    engine_sqlite.tend(engine, true, NULL); /* what it could not do is done at the next turn */
    return NULL;
}

/* The new file; meanwhile another thread moves recent commits into the base, which this connection has no other use for now. */
static enum err make_file(struct sqlite *s, const char *name, const struct load *tables, size_t n, struct fault *f)
{
    struct build_table t[SQLITE_BUILD_TABLES];
    char path[600];
    pthread_t mover;
    if (n > SQLITE_BUILD_TABLES)
        return fault_set(f, ERR_BUG, "tables", SLICE(""), "");
    for (size_t i = 0; i < n; i++)
        t[i] = (struct build_table){&tables[i], 0};
    remove_file(s, name);
    bool moving = pthread_create(&mover, NULL, move_log, s) == 0;
    enum err e = path_to(s, name, path, sizeof path, f);
    if (!e && !(e = make_empty(path, t, n, f)) && !(e = sqlite_build(path, t, n, f)))
        e = file_sync_dir(s->dir, f);
    if (moving)
        pthread_join(mover, NULL);
    return e;
}

enum err sqlite_renew(struct engine *e, const struct load *tables, size_t n, struct fault *f)
{
    struct sqlite *s = (struct sqlite *)e;
    char name[DERIVED_NAME];
    enum err err = OK;
    if (!*s->derived && (err = read_name(s, s->kept, f)) && err != ERR_NOT_FOUND)
        return err;
    if (!err && !*s->derived && !*s->kept && (err = drop_old(s, f)))
        return err;
    if (*s->derived)
        memcpy(s->kept, s->derived, sizeof s->kept);
    s->renewing = true;
    snprintf(name, sizeof name, "derived-%lu.db", number_of(s->kept) + 1);
    if (!(err = make_file(s, name, tables, n, f)) && !(err = detach(s, f)) && !(err = attach(s, name, f)))
        err = sqlite_script(s, "BEGIN IMMEDIATE", f);
    if (err) {
        sqlite_not_renewed(s);
        remove_file(s, name);
    }
    return err;
}

enum err sqlite_renewed(struct sqlite *s, struct fault *f)
{
    int rc = sqlite3_wal_checkpoint_v2(s->db, "derived", SQLITE_CHECKPOINT_FULL, NULL, NULL);
    struct value in[] = {V_SLICE(slice_str(s->derived))};
    enum err e = rc ? sqlite_fail(s, rc, "checkpoint", f) : engine_run(&s->base, &name_it, in, 1, f);
    if (e) {
        sqlite_not_renewed(s);
        return e;
    }
    s->renewing = false;
    remove_file(s, s->kept);
    return OK;
}

void sqlite_not_renewed(struct sqlite *s)
{
    char failed[DERIVED_NAME];
    char path[600];
    bool same = strcmp(s->derived, s->kept) == 0;
    memcpy(failed, s->derived, sizeof failed);
    s->renewing = false;
    if (same || detach(s, NULL))
        return;
    remove_file(s, failed);
    if (*s->kept && !path_to(s, s->kept, path, sizeof path, NULL) && access(path, F_OK) == 0)
        attach(s, s->kept, NULL);
}
