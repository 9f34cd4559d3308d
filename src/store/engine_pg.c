/* PostgreSQL, and engines that speak as it does.
 *
 * Not here: what the tables mean, and who may write (store/lease.c). Invariants:
 * 1. A connection belongs to one engine. A transaction whose connection broke is gone: each of its verbs fails with ERR_LOST until
 *    rollback; the next begin connects again. Outside transactions a read is asked again on a new connection, once.
 * 2. An INSERT inside a transaction may wait (pg_batch.c) and its error be told by a later verb, at the latest by commit. All that
 *    waits is sent before any other statement.
 * 3. A writer's transactions are READ COMMITTED: the lease makes writers one at a time. A reader's see one snapshot.
 * 4. A statement marked `many` is read through a cursor, so that no table need fit into memory.
 * 5. No message holds the connection string: it may hold a password. */
#include "store/pg_inner.h"
#include "base/arena.h"
#include "base/time.h"
#include <stdio.h>
#include <time.h>
#include "base/banned.h"

#define FETCH "1000"
#define READER_TRIES 6  /* 50 ms, doubling: a second and a half; a page is waited for */
#define WRITER_TRIES 9  /* 13 seconds: what a server takes to recover */

static struct pg *self(struct engine *e)
{
    return (struct pg *)e;
}

/* ---- errors ---- */

static const struct sqlstate {
    const char *begins;
    enum err code;
    const char *want;
} sqlstates[] = {
    {"40001", ERR_BUSY, "want.try_again"}, {"40P01", ERR_BUSY, "want.try_again"}, {"55P03", ERR_BUSY, "want.try_again"},
    {"53100", ERR_NO_ROOM, "want.room"}, {"53200", ERR_MEMORY, ""}, {"53300", ERR_BUSY, "want.database_connections"},
    {"53", ERR_BUSY, "want.try_again"}, {"57P", ERR_LOST, "want.database_reachable"}, {"08", ERR_LOST, "want.database_reachable"},
    {"28", ERR_REFUSED, "want.database_login"}, {"3D000", ERR_NOT_FOUND, "want.database"}, {"42501", ERR_REFUSED, "want.database_rights"},
    {"25006", ERR_REFUSED, "want.database_writable"}, {"23505", ERR_EXISTS, ""}, {"42P01", ERR_NOT_FOUND, "want.register"},
    {"3F000", ERR_NOT_FOUND, "want.database"}, {"XX001", ERR_DAMAGED, ""}, {"XX002", ERR_DAMAGED, ""}, {"", ERR_IO, ""},
};

enum err pg_fail(struct pg *p, const PGresult *r, const char *what, struct fault *f)
{
    const char *state = r ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL, *said = r ? PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    const struct sqlstate *s = sqlstates;
    if (PQstatus(p->db) == CONNECTION_BAD) {
        p->lost = p->in_tx;
        return fault_set(f, ERR_LOST, "database", SLICE(""), "want.database_reachable");
    }
    if (!state)
        return fault_set(f, ERR_IO, what, SLICE(""), "");
    while (strncmp(state, s->begins, strlen(s->begins)) != 0)
        s++;
    return fault_set(f, s->code, what, slice_str(said ? said : state), s->want);
}

static enum err fail_and_clear(struct pg *p, PGresult *r, const char *what, struct fault *f)
{
    enum err e = pg_fail(p, r, what, f);
    PQclear(r);
    return e;
}

/* ---- connecting ---- */

static void say_nothing(void *arg, const PGresult *r)
{
}

/* A login that fails is told by its state only in the text of the connection. */
static enum err no_connection(PGconn *db, struct fault *f)
{
    const char *said = db ? PQerrorMessage(db) : "", *host = db ? PQhost(db) : "";
    if (strstr(said, "password authentication failed") || strstr(said, "no password supplied") || strstr(said, "no pg_hba.conf entry") ||
        (strstr(said, "role \"") && strstr(said, "does not exist")))
        return fault_set(f, ERR_REFUSED, "database", slice_str(host ? host : ""), "want.database_login");
    if (strstr(said, "database \"") && strstr(said, "does not exist"))
        return fault_set(f, ERR_NOT_FOUND, "database", slice_str(PQdb(db)), "want.database");
    return fault_set(f, ERR_LOST, "database", slice_str(host ? host : ""), "want.database_reachable");
}

static enum err quick(struct pg *p, const char *sql, struct fault *f)
{
    PGresult *r = PQexec(p->db, sql);
    ExecStatusType st = PQresultStatus(r);
    if (st != PGRES_COMMAND_OK && st != PGRES_TUPLES_OK)
        return fail_and_clear(p, r, "database", f);
    PQclear(r);
    return OK;
}

/* A commit is durable when it returns: a server or role set otherwise is overruled, a stricter one (remote_apply) left. A client that
 * vanished frees its row locks within half a minute. */
static enum err greet(struct pg *p, struct fault *f)
{
    static const char both[] = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local');"
        "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; SET client_min_messages = error;";
    PQsetNoticeProcessor(p->db, (PQnoticeProcessor)(void (*)(void))say_nothing, NULL);
    enum err e = quick(p, both, f);
    return e || p->mode == ENGINE_WRITE ? e : quick(p, "SET default_transaction_read_only = on", f);
}

static void nap(long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

static enum err connect_again(struct pg *p, struct fault *f)
{
    enum err e = ERR_LOST;
    int tries = p->mode == ENGINE_WRITE ? WRITER_TRIES : READER_TRIES;
    p->in_tx = p->lost = false;
    pg_batch_drop(p);
    for (size_t i = 0; i < PG_PREPARED; i++)
        p->prepared[i].ready = p->prepared[i].ready_many = false;
    for (int i = 0; i < tries && e == ERR_LOST; i++) {
        if (i)
            nap(25L << i);
        PQreset(p->db);
        e = PQstatus(p->db) == CONNECTION_OK ? greet(p, f) : no_connection(p->db, f);
    }
    return e;
}

static void close_it(struct engine *e)
{
    struct pg *p = self(e);
    for (size_t i = 0; i < PG_PREPARED; i++)
        PQclear(p->prepared[i].result);
    for (size_t i = 0; i < PG_COLUMNS; i++)
        buf_free(&p->batch.column[i]);
    PQfinish(p->db);
    mem_free(p);
}

static enum err open_it(const char *where, enum engine_mode mode, struct engine **out, struct fault *f)
{
    const char *const keys[] = {"dbname", "fallback_application_name", "connect_timeout", "client_encoding", NULL};
    const char *const values[] = {where, "athar", "10", "UTF8", NULL};
    struct pg *p = mem_alloc(1, sizeof *p);
    if (!p)
        return fault_set(f, ERR_MEMORY, "database", SLICE(""), "");
    p->base.verbs = &engine_pg;
    p->mode = mode;
    for (size_t i = 0; i < PG_COLUMNS; i++)
        buf_init(&p->batch.column[i], 64u << 20);
    p->db = PQconnectdbParams(keys, values, 1);
    enum err e = p->db && PQstatus(p->db) == CONNECTION_OK ? greet(p, f) : no_connection(p->db, f);
    if (e) {
        close_it(&p->base);
        return e;
    }
    *out = &p->base;
    return OK;
}

/* ---- transactions ---- */

static enum err script(struct engine *e, const char *sql, struct fault *f)
{
    struct pg *p = self(e);
    enum err err = p->lost ? fault_set(f, ERR_LOST, "database", SLICE(""), "want.database_reachable") : pg_settle(p, f);
    return err ? err : quick(p, sql, f);
}

static enum err begin(struct engine *e, struct fault *f)
{
    struct pg *p = self(e);
    const char *sql = p->mode == ENGINE_WRITE ? "BEGIN ISOLATION LEVEL READ COMMITTED" : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    if (p->in_tx)
        return fault_set(f, ERR_BUG, "begin", SLICE(""), "");
    enum err err = PQstatus(p->db) == CONNECTION_OK ? quick(p, sql, f) : ERR_LOST;
    if (err == ERR_LOST && !(err = connect_again(p, f)))
        err = quick(p, sql, f);
    p->in_tx = !err;
    return err;
}

/* A server answers COMMIT of a transaction that failed with ROLLBACK, and calls it well done. */
static enum err commit(struct engine *e, struct fault *f)
{
    struct pg *p = self(e);
    enum err err = p->lost ? fault_set(f, ERR_LOST, "database", SLICE(""), "want.database_reachable") : pg_settle(p, f);
    if (err)
        return err;
    PGresult *r = PQexec(p->db, "COMMIT");
    if (PQresultStatus(r) != PGRES_COMMAND_OK)
        return fail_and_clear(p, r, "commit", f);
    bool done = strcmp(PQcmdStatus(r), "COMMIT") == 0;
    PQclear(r);
    p->in_tx = false;
    return done ? OK : fault_set(f, ERR_IO, "commit", SLICE(""), "want.try_again");
}

static void rollback(struct engine *e)
{
    struct pg *p = self(e);
    pg_drain(p, NULL);
    pg_batch_drop(p);
    if (p->in_tx && !p->lost)
        quick(p, "ROLLBACK", NULL);
    p->in_tx = p->lost = false;
}

static enum err tend(struct engine *e, bool now, struct fault *f)
{
    return OK; /* the server checkpoints */
}

/* ---- statements ---- */

/* What an INSERT's text says of it. Its conflict columns are its first ones in all tables of ours. */
static void classify(struct rows *r)
{
    const char *sql = r->key->sql, *on = strstr(sql, "ON CONFLICT (");
    r->insert = strncmp(sql, "INSERT", 6) == 0 && strstr(sql, "VALUES ($1") && !strstr(sql, "RETURNING");
    r->updates = on && strstr(on, "DO UPDATE");
    r->keys = on ? 1 : 0;
    for (const char *c = on; c && *c != ')'; c++)
        r->keys += *c == ',';
}

static enum err prepare(struct pg *p, struct rows *r, struct fault *f)
{
    char name[16];
    snprintf(name, sizeof name, "s%u", r->number);
    PGresult *res = PQprepare(p->db, name, r->key->sql, 0, NULL);
    if (PQresultStatus(res) != PGRES_COMMAND_OK)
        return fail_and_clear(p, res, "statement", f);
    PQclear(res);
    res = PQdescribePrepared(p->db, name);
    if (PQresultStatus(res) != PGRES_COMMAND_OK)
        return fail_and_clear(p, res, "statement", f);
    r->params = PQnparams(res);
    for (int i = 0; i < r->params && i < PG_COLUMNS; i++)
        r->type[i] = PQparamtype(res, i);
    PQclear(res);
    r->ready = true;
    return r->params <= PG_COLUMNS ? OK : fault_set(f, ERR_BUG, "statement", slice_str(r->key->sql), "");
}

static struct rows *find(struct pg *p, const struct statement *key)
{
    size_t at = ((uintptr_t)key >> 4) * 2654435761u % PG_PREPARED;
    for (size_t tries = 0; tries < PG_PREPARED; tries++, at = (at + 1) % PG_PREPARED) {
        struct rows *r = &p->prepared[at];
        if (r->key == key)
            return r;
        if (!r->key) {
            *r = (struct rows){.owner = p, .key = key, .number = ++p->numbered};
            classify(r);
            return r;
        }
    }
    return NULL;
}

struct bound {
    const char *value[PG_COLUMNS];
    int length[PG_COLUMNS], format[PG_COLUMNS];
    uint8_t number[PG_COLUMNS][8];
};

static void bind(struct bound *b, const struct value *in, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        b->format[i] = 1;
        b->value[i] = in[i].is_null ? NULL : in[i].is_int ? (const char *)b->number[i] : in[i].b.p ? in[i].b.p : "";
        b->length[i] = in[i].is_int ? 8 : (int)in[i].b.n;
        for (int k = 0; in[i].is_int && k < 8; k++)
            b->number[i][k] = (uint8_t)((uint64_t)in[i].i >> (56 - 8 * k));
    }
}

static enum err fetch(struct rows *r, struct fault *f)
{
    char sql[64];
    PQclear(r->result);
    r->at = 0;
    snprintf(sql, sizeof sql, "FETCH FORWARD " FETCH " FROM c%u", r->number);
    enum err e = pg_settle(r->owner, f);
    r->result = e ? NULL : PQexecParams(r->owner->db, sql, 0, NULL, NULL, NULL, NULL, 1);
    return e ? e : PQresultStatus(r->result) == PGRES_TUPLES_OK ? OK : pg_fail(r->owner, r->result, "database", f);
}

/* Of a table that may be larger than memory: a cursor, in the transaction that there is or one of its own. */
static enum err open_cursor(struct rows *r, const struct bound *b, int n, struct fault *f)
{
    struct pg *p = r->owner;
    struct buf sql;
    enum err e = OK;
    if (!p->in_tx) {
        if ((e = begin(&p->base, f)))
            return e;
        r->own_tx = true;
    }
    buf_init(&sql, 4096);
    buf_printf(&sql, "DECLARE c%u NO SCROLL CURSOR FOR %s", r->number, r->key->sql);
    PGresult *res = sql.err ? NULL : PQexecParams(p->db, sql.p, n, NULL, b->value, b->length, b->format, 1);
    buf_free(&sql);
    if (PQresultStatus(res) != PGRES_COMMAND_OK)
        e = pg_fail(p, res, "statement", f);
    PQclear(res);
    r->cursor = !e;
    return e ? e : fetch(r, f);
}

static enum err ask(struct rows *r, const struct bound *b, int n, struct fault *f)
{
    struct pg *p = r->owner;
    char name[16];
    enum err e = r->ready ? OK : prepare(p, r, f);
    if (e)
        return e;
    if (n != r->params)
        return fault_set(f, ERR_BUG, "statement", slice_str(r->key->sql), "");
    if (r->key->many)
        return open_cursor(r, b, n, f);
    snprintf(name, sizeof name, "s%u", r->number);
    r->result = PQexecPrepared(p->db, name, n, b->value, b->length, b->format, 1);
    ExecStatusType st = PQresultStatus(r->result);
    return st == PGRES_COMMAND_OK || st == PGRES_TUPLES_OK ? OK : pg_fail(p, r->result, "database", f);
}

static void stop(struct rows *r);

static enum err start(struct engine *e, const struct statement *st, const struct value *in, size_t n, struct rows **out,
    struct fault *f)
{
    struct pg *p = self(e);
    struct rows *r = find(p, st);
    struct bound b;
    enum err err;
    if (!r || r->busy || n > PG_COLUMNS)
        return fault_set(f, ERR_BUG, "statement", slice_str(st->sql), "");
    if (p->lost)
        return fault_set(f, ERR_LOST, "database", SLICE(""), "want.database_reachable");
    if (r->insert && p->in_tx && p->mode == ENGINE_WRITE) {
        if ((!r->ready && ((err = pg_settle(p, f)) || (err = prepare(p, r, f)))) || (err = pg_batch_add(p, r, in, n, f)))
            return err;
        r->busy = true;
        *out = r;
        return OK;
    }
    bind(&b, in, n);
    bool again = !p->in_tx;
    if (!(err = pg_settle(p, f)) && (err = ask(r, &b, (int)n, f)) == ERR_LOST && again) {
        stop(r);
        if (!(err = connect_again(p, f)))
            err = ask(r, &b, (int)n, f);
    }
    if (err)
        stop(r);
    else {
        r->busy = true;
        *out = r;
    }
    return err;
}

static enum err read_value(const PGresult *res, int row, int column, struct value *out)
{
    const uint8_t *p = (const uint8_t *)PQgetvalue(res, row, column);
    int n = PQgetlength(res, row, column);
    Oid type = PQftype(res, column);
    if (PQgetisnull(res, row, column))
        *out = V_NULL;
    else if (type == 17)
        *out = V_BLOB(p, (size_t)n);
    else if ((type == 20 && n == 8) || (type == 23 && n == 4)) {
        uint64_t v = p[0] & 0x80 ? UINT64_MAX : 0;
        for (int i = 0; i < n; i++)
            v = v << 8 | p[i];
        *out = V_INT(v);
    } else
        return ERR_BUG;
    return OK;
}

static enum err next(struct rows *r, struct value *out, size_t n, bool *more, struct fault *f)
{
    enum err e = OK;
    *more = false;
    if (r->cursor && r->result && r->at == PQntuples(r->result) && r->at > 0 && (e = fetch(r, f)))
        return e;
    if (!r->result || r->at >= PQntuples(r->result))
        return OK;
    if ((int)n > PQnfields(r->result))
        return fault_set(f, ERR_BUG, "statement", slice_str(r->key->sql), "");
    for (size_t i = 0; !e && i < n; i++)
        e = read_value(r->result, r->at, (int)i, &out[i]);
    if (e)
        return fault_set(f, e, "statement", slice_str(r->key->sql), "");
    r->at++;
    *more = true;
    return OK;
}

static void stop(struct rows *r)
{
    struct pg *p = r->owner;
    char sql[24];
    PQclear(r->result);
    r->result = NULL;
    r->at = 0;
    if (r->own_tx)
        rollback(&p->base);
    else if (r->cursor && p->in_tx && !p->lost && !pg_settle(p, NULL)) {
        snprintf(sql, sizeof sql, "CLOSE c%u", r->number);
        quick(p, sql, NULL);
    }
    r->busy = r->cursor = r->own_tx = false;
}

const struct engine_verbs engine_pg = {open_it, close_it, script, begin, commit, rollback, start, next, stop, tend};
