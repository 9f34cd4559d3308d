/* Statements of the table record: the log itself. */
#include "store/store_inner.h"
#include "base/banned.h"

static const struct statement insert = {"INSERT INTO record (position, received, id, bytes) VALUES ($1, $2, $3, $4)"};
static const struct statement by_position = {"SELECT received, bytes FROM record WHERE position = $1"};
static const struct statement last = {"SELECT position FROM record ORDER BY position DESC LIMIT 1"};
static const struct statement range = {
    "SELECT position, received, bytes FROM record WHERE position >= $1 AND position < $2 ORDER BY position", .many = true};
static const struct statement rows = {"SELECT position, id, bytes FROM record WHERE position >= $1 AND position < $2 ORDER BY position", .many = true};

enum err record_insert(struct engine *e, uint64_t position, int64_t received, const struct hash *id, struct slice bytes, struct fault *f)
{
    struct value in[] = {V_INT(position), V_INT(received), V_BLOB(id->b, sizeof id->b), V_SLICE(bytes)};
    return engine_run(e, &insert, in, 4, f);
}

enum err record_select(struct engine *e, struct arena *a, uint64_t position, struct slice *bytes, int64_t *received, struct fault *f)
{
    struct value in[] = {V_INT(position)}, out[2];
    struct rows *r;
    bool found;
    enum err err = engine_one(e, &by_position, in, 1, out, 2, &found, &r, f);
    if (err)
        return err;
    if (!found)
        return fault_set(f, ERR_NOT_FOUND, "record", SLICE(""), "");
    if (received)
        *received = out[0].i;
    *bytes = arena_copy(a, out[1].b);
    e->verbs->stop(r);
    return bytes->p ? OK : fault_set(f, ERR_MEMORY, "record", SLICE(""), "");
}

enum err record_count(struct engine *e, uint64_t *count, struct fault *f)
{
    struct value out[1];
    struct rows *r;
    bool found;
    enum err err = engine_one(e, &last, NULL, 0, out, 1, &found, &r, f);
    if (err)
        return err;
    *count = found ? (uint64_t)out[0].i + 1 : 0;
    if (found)
        e->verbs->stop(r);
    return OK;
}

enum err record_each(struct engine *e, uint64_t from, uint64_t to, store_each fn, void *arg, struct fault *f)
{
    struct value in[] = {V_INT(from), V_INT(to)}, out[3];
    struct rows *r;
    bool more = true;
    enum err err = e->verbs->start(e, &range, in, 2, &r, f);
    if (err)
        return err;
    while (!err && !(err = e->verbs->next(r, out, 3, &more, f)) && more)
        err = fn(arg, (uint64_t)out[0].i, out[1].i, out[2].b, f);
    e->verbs->stop(r);
    return err;
}

enum err record_each_row(struct engine *e, uint64_t from, uint64_t to, store_row fn, void *arg, struct fault *f)
{
    struct value in[] = {V_INT(from), V_INT(to)}, out[3];
    struct rows *r;
    struct hash id;
    bool more = true;
    enum err err = e->verbs->start(e, &rows, in, 2, &r, f);
    if (err)
        return err;
    while (!err && !(err = e->verbs->next(r, out, 3, &more, f)) && more) {
        memset(&id, 0, sizeof id);
        memcpy(id.b, out[1].b.p, out[1].b.n < sizeof id.b ? out[1].b.n : sizeof id.b);
        err = fn(arg, (uint64_t)out[0].i, &id, out[2].b, f);
    }
    e->verbs->stop(r);
    return err;
}
