/* Rows of an INSERT that is run again and again, sent as arrays: INSERT ... SELECT * FROM unnest($1, $2 ...). One statement a few
 * thousand rows costs the server and the wire a tenth of as many statements.
 *
 * The next rows are gathered while the server works at the last ones. A key stands once at most in one batch of an INSERT that
 * updates on conflict, since no statement may touch a row twice. Formats: PostgreSQL array_recv; values big-endian. */
#include "store/pg_inner.h"
#include <stdio.h>
#include "base/banned.h"

#define ARRAY_HEAD 20 /* dimensions, has NULLs, type of elements, length, lower bound */

static Oid array_of(Oid element)
{
    return element == 20 ? 1016 : 1001; /* int8[], bytea[] */
}

void pg_batch_drop(struct pg *p)
{
    struct pg_batch *b = &p->batch;
    b->of = NULL;
    b->rows = b->bytes = 0;
    b->sent = false;
}

enum err pg_drain(struct pg *p, struct fault *f)
{
    enum err e = OK;
    PGresult *r;
    if (!p->batch.sent)
        return OK;
    p->batch.sent = false;
    while ((r = PQgetResult(p->db))) {
        ExecStatusType st = PQresultStatus(r);
        if (!e && st != PGRES_COMMAND_OK && st != PGRES_TUPLES_OK)
            e = pg_fail(p, r, "database", f);
        PQclear(r);
    }
    if (!e && PQstatus(p->db) == CONNECTION_BAD)
        e = pg_fail(p, NULL, "database", f);
    return e;
}

/* "... VALUES ($1, $2) rest" becomes "... SELECT * FROM unnest($1::bytea[], $2::bigint[]) rest". */
static enum err prepare_many(struct pg *p, struct rows *r, struct fault *f)
{
    const char *values = strstr(r->key->sql, "VALUES ("), *rest = strchr(values, ')') + 1;
    char name[16];
    Oid types[PG_COLUMNS];
    struct buf sql;
    enum err e = OK;
    buf_init(&sql, 4096);
    buf_add(&sql, r->key->sql, (size_t)(values - r->key->sql));
    buf_str(&sql, "SELECT * FROM unnest(");
    for (int i = 0; i < r->params; i++) {
        types[i] = array_of(r->type[i]);
        buf_printf(&sql, "%s$%d::%s[]", i ? ", " : "", i + 1, r->type[i] == 20 ? "bigint" : "bytea");
    }
    buf_printf(&sql, ")%s", rest);
    snprintf(name, sizeof name, "b%u", r->number);
    PGresult *res = sql.err ? NULL : PQprepare(p->db, name, sql.p, r->params, types);
    if (PQresultStatus(res) != PGRES_COMMAND_OK)
        e = pg_fail(p, res, "statement", f);
    PQclear(res);
    buf_free(&sql);
    r->ready_many = !e;
    return e;
}

/* The heads of the arrays, now that their lengths are known. */
static void finish_columns(struct pg_batch *b, const struct rows *r, const char *value[], int length[], int format[])
{
    for (int i = 0; i < r->params; i++) {
        const uint32_t head[5] = {1, 1, r->type[i], (uint32_t)b->rows, 1};
        for (int k = 0; k < 5; k++)
            for (int j = 0; j < 4; j++)
                b->column[i].p[4 * k + j] = (char)(head[k] >> (24 - 8 * j));
        value[i] = b->column[i].p;
        length[i] = (int)b->column[i].n;
        format[i] = 1;
    }
}

static enum err send_batch(struct pg *p, struct fault *f)
{
    struct pg_batch *b = &p->batch;
    struct rows *r = b->of;
    const char *value[PG_COLUMNS];
    int length[PG_COLUMNS], format[PG_COLUMNS];
    char name[16];
    enum err e = pg_drain(p, f);
    if (!e && b->rows && !r->ready_many)
        e = prepare_many(p, r, f);
    if (!e && b->rows) {
        finish_columns(b, r, value, length, format);
        snprintf(name, sizeof name, "b%u", r->number);
        b->sent = PQsendQueryPrepared(p->db, name, r->params, value, length, format, 1);
        e = b->sent ? OK : pg_fail(p, NULL, "database", f);
    }
    b->of = NULL;
    b->rows = b->bytes = 0;
    return e;
}

enum err pg_settle(struct pg *p, struct fault *f)
{
    enum err e = p->batch.rows ? send_batch(p, f) : OK;
    enum err drained = pg_drain(p, e ? NULL : f);
    return e ? e : drained;
}

static void add_value(struct buf *column, const struct value *v)
{
    if (v->is_null)
        buf_u32(column, UINT32_MAX);
    else if (v->is_int) {
        buf_u32(column, 8);
        buf_u64(column, (uint64_t)v->i);
    } else {
        buf_u32(column, (uint32_t)v->b.n);
        buf_slice(column, v->b);
    }
}

/* FNV-1a of the first `keys` values; 0 stands for none. */
static uint64_t key_hash(const struct value *in, int keys)
{
    uint64_t h = 14695981039346656037u;
    for (int i = 0; i < keys; i++) {
        const uint8_t *p = in[i].is_int ? (const uint8_t *)&in[i].i : (const uint8_t *)in[i].b.p;
        size_t n = in[i].is_int ? sizeof in[i].i : in[i].b.n;
        for (size_t k = 0; k < n; k++)
            h = (h ^ p[k]) * 1099511628211u;
        h = (h ^ 0xff) * 1099511628211u;
    }
    return h ? h : 1;
}

/* Is the key in the batch already? Adds it. Two keys of one hash only end the batch early. */
static bool seen_key(struct pg_batch *b, uint64_t hash)
{
    const size_t slots = sizeof b->seen / sizeof b->seen[0];
    size_t at = hash % slots;
    for (; b->seen[at]; at = (at + 1) % slots)
        if (b->seen[at] == hash)
            return true;
    b->seen[at] = hash;
    return false;
}

static void begin_batch(struct pg_batch *b, struct rows *r)
{
    b->of = r;
    memset(b->seen, 0, r->updates ? sizeof b->seen : 0);
    for (int i = 0; i < r->params; i++) {
        buf_reset(&b->column[i]);
        buf_room(&b->column[i], ARRAY_HEAD);
    }
}

enum err pg_batch_add(struct pg *p, struct rows *r, const struct value *in, size_t n, struct fault *f)
{
    struct pg_batch *b = &p->batch;
    uint64_t key = r->updates ? key_hash(in, r->keys) : 0;
    enum err e = OK;
    if ((int)n != r->params)
        return fault_set(f, ERR_BUG, "statement", slice_str(r->key->sql), "");
    if (b->rows && (b->of != r || b->rows == PG_BATCH_ROWS || b->bytes > PG_BATCH_BYTES) && (e = send_batch(p, f)))
        return e;
    if (!b->rows)
        begin_batch(b, r);
    if (key && seen_key(b, key)) {
        if ((e = send_batch(p, f)))
            return e;
        begin_batch(b, r);
        seen_key(b, key);
    }
    for (size_t i = 0; i < n; i++) {
        add_value(&b->column[i], &in[i]);
        b->bytes += in[i].b.n + 12;
        e = b->column[i].err ? b->column[i].err : e;
    }
    b->rows++;
    return e ? fault_set(f, e, "rows", SLICE(""), "") : OK;
}
