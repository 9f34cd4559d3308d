/* Statements of the tables meta and profile. */
#include "store/store_inner.h"
#include "base/banned.h"

static const struct statement meta_by_name = {"SELECT value FROM meta WHERE name = $1"};
static const struct statement meta_put = {
    "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value"};
static const struct statement profile_put = {"INSERT INTO profile (hash, bytes) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING"};
static const struct statement profile_by_hash = {"SELECT bytes FROM profile WHERE hash = $1"};

static const struct statement profiles = {"SELECT hash, bytes FROM profile ORDER BY hash"};

static enum err select_blob(struct engine *e, struct arena *a, const struct statement *s, struct slice key, struct slice *out,
    struct fault *f)
{
    struct value in[] = {V_SLICE(key)}, row[1];
    struct rows *r;
    bool found;
    enum err err = engine_one(e, s, in, 1, row, 1, &found, &r, f);
    *out = slice_of(NULL, 0);
    if (err || !found)
        return err;
    *out = arena_copy(a, row[0].b);
    e->verbs->stop(r);
    return out->p ? OK : ERR_MEMORY;
}

enum err meta_select(struct engine *e, struct arena *a, const char *name, struct slice *out, struct fault *f)
{
    return select_blob(e, a, &meta_by_name, slice_str(name), out, f);
}

enum err meta_upsert(struct engine *e, const char *name, struct slice value, struct fault *f)
{
    struct value in[] = {V_SLICE(slice_str(name)), V_SLICE(value)};
    return engine_run(e, &meta_put, in, 2, f);
}

enum err profile_insert(struct engine *e, const struct hash *h, struct slice bytes, struct fault *f)
{
    struct value in[] = {V_BLOB(h->b, sizeof h->b), V_SLICE(bytes)};
    return engine_run(e, &profile_put, in, 2, f);
}

enum err profile_select(struct engine *e, struct arena *a, const struct hash *h, struct slice *out, struct fault *f)
{
    return select_blob(e, a, &profile_by_hash, slice_of((const char *)h->b, sizeof h->b), out, f);
}

enum err profile_each(struct engine *e, enum err (*fn)(void *arg, const struct hash *h, struct slice bytes, struct fault *f), void *arg,
    struct fault *f)
{
    struct value out[2];
    struct rows *r;
    struct hash h;
    bool more = true;
    enum err err = e->verbs->start(e, &profiles, NULL, 0, &r, f);
    if (err)
        return err;
    while (!err && !(err = e->verbs->next(r, out, 2, &more, f)) && more) {
        if (out[0].b.n != sizeof h.b) {
            err = fault_set(f, ERR_DAMAGED, "profile", SLICE(""), "");
            break;
        }
        memcpy(h.b, out[0].b.p, sizeof h.b);
        err = fn(arg, &h, out[1].b, f);
    }
    e->verbs->stop(r);
    return err;
}
