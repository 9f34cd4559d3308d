/* Statements of the tables staged and sequenced, which a shared database alone has. */
#include "store/store_inner.h"
#include "base/banned.h"

#define TEXT_OF(n) #n
#define LIMIT(n) TEXT_OF(n)

static const struct statement put_staged = {
    "INSERT INTO staged (batch, number, received, decided, bytes) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (batch, number) DO NOTHING"};
static const struct statement oldest = {
    "SELECT s.batch, s.number, s.received, s.decided, s.bytes, q.first FROM staged s LEFT JOIN sequenced q ON q.batch = s.batch "
    "ORDER BY s.received, s.batch, s.number LIMIT " LIMIT(STAGED_MAX)};
static const struct statement one_staged = {"SELECT number FROM staged LIMIT 1"};
static const struct statement drop_sequenced = {
    "DELETE FROM staged WHERE EXISTS (SELECT 1 FROM sequenced q WHERE q.batch = staged.batch)"};
static const struct statement put_sequenced = {"INSERT INTO sequenced (batch, first, at) VALUES ($1, $2, $3)"};
static const struct statement by_batch = {"SELECT first FROM sequenced WHERE batch = $1"};
static const struct statement prune = {
    "DELETE FROM sequenced WHERE at < $1 AND NOT EXISTS (SELECT 1 FROM staged s WHERE s.batch = sequenced.batch)"};

enum err store_stage(struct store *s, const struct staged *row, struct fault *f)
{
    struct value in[] = {V_BLOB(row->batch, 16), V_INT(row->number), V_INT(row->received), V_INT(row->decided), V_SLICE(row->bytes)};
    if (!s->home.shared)
        return fault_set(f, ERR_REFUSED, "--data", slice_str(s->dir), "want.shared_database");
    return engine_run(s->engine, &put_staged, in, 5, f);
}

static enum err read_staged(struct arena *a, const struct value *v, struct staged *out)
{
    if (v[0].b.n != sizeof out->batch)
        return ERR_DAMAGED;
    *out = (struct staged){.number = (uint64_t)v[1].i, .received = v[2].i, .decided = v[3].i != 0, .bytes = arena_copy(a, v[4].b),
        .done = !v[5].is_null};
    memcpy(out->batch, v[0].b.p, sizeof out->batch);
    return out->bytes.p ? OK : ERR_MEMORY;
}

enum err store_staged(struct store *s, struct arena *a, struct staged *out, size_t *n, struct fault *f)
{
    struct value v[6];
    struct rows *r;
    bool more = true;
    enum err e = s->engine->verbs->start(s->engine, &oldest, NULL, 0, &r, f);
    *n = 0;
    if (e)
        return e;
    while (!(e = s->engine->verbs->next(r, v, 6, &more, f)) && more && *n < STAGED_MAX)
        if ((e = read_staged(a, v, &out[(*n)++]))) {
            fault_set(f, e, "staged", SLICE(""), "");
            break;
        }
    s->engine->verbs->stop(r);
    return e;
}

enum err store_staged_any(struct store *s, bool *out, struct fault *f)
{
    struct value v[1];
    struct rows *r;
    enum err e = engine_one(s->engine, &one_staged, NULL, 0, v, 1, out, &r, f);
    if (!e && *out)
        s->engine->verbs->stop(r);
    return e;
}

enum err store_sequence(struct store *s, const uint8_t batch[16], int64_t first, int64_t at, struct fault *f)
{
    struct value in[] = {V_BLOB(batch, 16), V_INT(first), V_INT(at)};
    return engine_run(s->engine, &put_sequenced, in, 3, f);
}

enum err store_unstage(struct store *s, struct fault *f)
{
    return engine_run(s->engine, &drop_sequenced, NULL, 0, f);
}

enum err store_sequenced(struct store *s, const uint8_t batch[16], int64_t *first, bool *found, struct fault *f)
{
    struct value in[] = {V_BLOB(batch, 16)}, out[1];
    struct rows *r;
    enum err e = engine_one(s->engine, &by_batch, in, 1, out, 1, found, &r, f);
    if (e || !*found)
        return e;
    *first = out[0].i;
    s->engine->verbs->stop(r);
    return OK;
}

enum err store_sequenced_prune(struct store *s, int64_t before, struct fault *f)
{
    struct value in[] = {V_INT(before)};
    return engine_run(s->engine, &prune, in, 1, f);
}
