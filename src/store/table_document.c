/* Statements of the table document, and what a number is known by. */
#include "store/erase.h"
#include "store/store_inner.h"
#include <stdlib.h>
#include "base/banned.h"

static const struct statement put = {"INSERT INTO document (token, party) VALUES ($1, $2) ON CONFLICT (token, party) DO NOTHING"};
static const struct statement by_token = {"SELECT party FROM document WHERE token = $1 ORDER BY party"};
/* Each run is found behind the one before it, and looked into once. */
static const struct statement by_token_waiting = {"WITH RECURSIVE runs(n) AS (SELECT min(run) FROM document_waiting UNION ALL"
    " SELECT (SELECT min(w.run) FROM document_waiting AS w WHERE w.run > runs.n) FROM runs WHERE runs.n IS NOT NULL)"
    " SELECT party FROM document WHERE token = $1"
    " UNION SELECT w.party FROM runs CROSS JOIN document_waiting AS w ON w.run = runs.n AND w.token = $1 ORDER BY party"};
static const struct statement wait_run = {"SELECT coalesce(max(run), 0) + 1 FROM document_waiting"};
static const struct statement wait_put = {"INSERT INTO document_waiting (token, party, run) VALUES ($1, $2, $3)"};
static const struct statement wait_any = {"SELECT 1 FROM document_waiting LIMIT 1"};
static const struct statement wait_move = {"INSERT INTO document (token, party) SELECT token, party FROM document_waiting WHERE true"
    " ORDER BY token, party ON CONFLICT (token, party) DO NOTHING"};
static const struct statement wait_clear = {"DELETE FROM document_waiting"};
static const struct statement all = {"SELECT token, party FROM document ORDER BY token, party"};
static const struct statement each = {"SELECT token, party FROM document ORDER BY token, party", true};
static const struct statement each_waiting = {"SELECT token, party FROM document UNION SELECT token, party FROM document_waiting ORDER BY token, party", true};
static const struct statement count = {"SELECT count(*) FROM document"};
static const struct statement drop = {"DELETE FROM document WHERE token = $1 AND party = $2"};

bool document_token(const uint8_t blind[SEAL_KEY], struct slice number, uint8_t out[16])
{
    struct hash_key ready;
    hash_key_ready(blind, &ready);
    bool made = document_token_ready(&ready, number, out);
    seal_wipe(&ready, sizeof ready);
    return made;
}

bool document_token_ready(const struct hash_key *blind, struct slice number, uint8_t out[16])
{
    char folded[DOCUMENT_MAX];
    size_t n = 0;
    if (number.n > DOCUMENT_MAX)
        return false;
    for (size_t i = 0; i < number.n; i++) {
        unsigned char c = (unsigned char)number.p[i];
        if (c >= 'a' && c <= 'z')
            c = (unsigned char)(c - 32);
        if (c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'))
            folded[n++] = (char)c;
    }
    if (n)
        keys_token_ready(blind, "document", slice_of(folded, n), SLICE(""), 0, out);
    return n > 0;
}

static int by_row(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct document_row));
}

/* run: of those that wait; 0: of the table itself. */
static enum err add_rows(struct store *s, int64_t run, struct document_row *rows, size_t n, struct fault *f)
{
    enum err e = OK;
    if (n)
        qsort(rows, n, sizeof *rows, by_row);
    for (size_t i = 0; !e && i < n; i++) {
        struct value in[] = {V_BLOB(rows[i].token, 16), V_BLOB(rows[i].party.b, 16), V_INT(run)};
        if (!i || by_row(&rows[i - 1], &rows[i]) != 0)
            e = engine_run(s->engine, run ? &wait_put : &put, in, run ? 3 : 2, f);
    }
    return e;
}

enum err store_documents_add(struct store *s, struct document_row *rows, size_t n, struct fault *f)
{
    return add_rows(s, 0, rows, n, f);
}

/* Only SQLite's write-ahead log holds whole pages. */
static bool may_wait(const struct store *s)
{
    return !s->home.shared;
}

static enum err next_run(struct store *s, int64_t *out, struct fault *f)
{
    struct rows *rows;
    struct value v;
    bool found;
    enum err e = engine_one(s->engine, &wait_run, NULL, 0, &v, 1, &found, &rows, f);
    if (e || !found)
        return e;
    *out = v.i;
    s->engine->verbs->stop(rows);
    return OK;
}

enum err store_documents_wait(struct store *s, struct document_row *rows, size_t n, struct fault *f)
{
    int64_t run = 0;
    enum err e = may_wait(s) && n ? next_run(s, &run, f) : OK;
    return e ? e : add_rows(s, run, rows, n, f);
}

static enum err any_waiting(struct store *s, bool *out, struct fault *f)
{
    struct rows *rows;
    struct value row;
    *out = false;
    if (!may_wait(s))
        return OK;
    enum err e = s->engine->verbs->start(s->engine, &wait_any, NULL, 0, &rows, f);
    if (e)
        return e;
    e = s->engine->verbs->next(rows, &row, 1, out, f);
    s->engine->verbs->stop(rows);
    return e;
}

/* In the caller's transaction. */
static enum err move_waiting(struct store *s, struct fault *f)
{
    if (!may_wait(s))
        return OK;
    enum err e = engine_run(s->engine, &wait_move, NULL, 0, f);
    return e ? e : engine_run(s->engine, &wait_clear, NULL, 0, f);
}

enum err store_documents_settle(struct store *s, struct fault *f)
{
    bool any;
    enum err e = any_waiting(s, &any, f);
    if (e || !any || (e = store_begin(s, f)))
        return e;
    if (!(e = move_waiting(s, f)))
        return store_commit(s, f);
    store_rollback(s);
    return e;
}

enum err store_document(struct store *s, struct slice number, struct subject_id *out, size_t max, size_t *n, struct fault *f)
{
    uint8_t token[16];
    struct rows *rows;
    struct value row;
    bool more;
    *n = 0;
    if (!document_token(s->keys.blind, number, token))
        return OK;
    struct value in = V_BLOB(token, 16);
    enum err e = s->engine->verbs->start(s->engine, may_wait(s) ? &by_token_waiting : &by_token, &in, 1, &rows, f);
    if (e)
        return e;
    while (*n < max && !(e = s->engine->verbs->next(rows, &row, 1, &more, f)) && more)
        if (row.b.n == 16)
            memcpy(out[(*n)++].b, row.b.p, 16);
    s->engine->verbs->stop(rows);
    return e;
}

enum err store_each_document(struct store *s, enum err (*fn)(void *arg, const struct document_row *row, struct fault *f), void *arg, struct fault *f)
{
    struct rows *rows;
    struct value v[2];
    bool more, waiting = false;
    enum err e = any_waiting(s, &waiting, f);
    if (!e)
        e = s->engine->verbs->start(s->engine, waiting ? &each_waiting : &each, NULL, 0, &rows, f);
    if (e)
        return e;
    while (!(e = s->engine->verbs->next(rows, v, 2, &more, f)) && more) {
        struct document_row row;
        if (v[0].b.n != 16 || v[1].b.n != 16) /* damaged: leads nowhere */
            continue;
        memcpy(row.token, v[0].b.p, 16);
        memcpy(row.party.b, v[1].b.p, 16);
        if ((e = fn(arg, &row, f)))
            break;
    }
    s->engine->verbs->stop(rows);
    return e;
}

enum err store_documents_count(struct store *s, uint64_t *out, struct fault *f)
{
    struct rows *rows;
    struct value v;
    bool found;
    enum err e = engine_one(s->engine, &count, NULL, 0, &v, 1, &found, &rows, f);
    if (e || !found)
        return e;
    *out = (uint64_t)v.i;
    s->engine->verbs->stop(rows);
    return OK;
}

struct hits {
    struct document_row *row;
    size_t n, cap;
};

static int by_party(const void *a, const void *b)
{
    return memcmp(a, b, 16);
}

/* Rows of these parties (sorted), by a pass over all: there is no index by party, since only erasing asks. */
static enum err collect(struct store *s, const struct subject_id *party, size_t n, struct hits *out, struct fault *f)
{
    struct rows *rows;
    struct value row[2];
    bool more;
    enum err e = s->engine->verbs->start(s->engine, &all, NULL, 0, &rows, f);
    if (e)
        return e;
    while (!(e = s->engine->verbs->next(rows, row, 2, &more, f)) && more) {
        if (row[0].b.n != 16 || row[1].b.n != 16 || !bsearch(row[1].b.p, party, n, sizeof *party, by_party))
            continue;
        if (!mem_grow(&out->row, &out->cap, out->n + 1, (size_t)1 << 28, sizeof *out->row)) {
            e = fault_set(f, ERR_MEMORY, "document", SLICE(""), "");
            break;
        }
        memcpy(out->row[out->n].token, row[0].b.p, 16);
        memcpy(out->row[out->n++].party.b, row[1].b.p, 16);
    }
    s->engine->verbs->stop(rows);
    return e;
}

enum err documents_drop(struct store *s, const struct key_erased *who, size_t n, struct fault *f)
{
    struct hits hits = {0};
    struct subject_id *party = mem_alloc(n + 1, sizeof *party);
    if (!party)
        return fault_set(f, ERR_MEMORY, "document", SLICE(""), "");
    for (size_t i = 0; i < n; i++)
        party[i] = who[i].party;
    qsort(party, n, sizeof *party, by_party);
    enum err e = move_waiting(s, f);
    if (!e)
        e = collect(s, party, n, &hits, f);
    for (size_t i = 0; !e && i < hits.n; i++) {
        struct value in[] = {V_BLOB(hits.row[i].token, 16), V_BLOB(hits.row[i].party.b, 16)};
        e = engine_run(s->engine, &drop, in, 2, f);
    }
    mem_free(hits.row);
    mem_free(party);
    return e;
}
