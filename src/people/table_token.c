/* Statements of the table token. */
#include "people/box.h"
#include "base/banned.h"

#define V_ID(id) V_BLOB((id)->b, sizeof (id)->b)

static const struct statement insert = {"INSERT INTO token (hash, id, account, used) VALUES ($1, $2, $3, $4)"};
static const struct statement by_hash = {"SELECT id, account, used FROM token WHERE hash = $1"};
static const struct statement by_account = {"SELECT id, used FROM token WHERE account = $1 ORDER BY id"};
static const struct statement set_used = {"UPDATE token SET used = $1 WHERE hash = $2"};
static const struct statement delete_one = {"DELETE FROM token WHERE account = $1 AND id = $2"};
static const struct statement delete_all = {"DELETE FROM token WHERE account = $1"};

static void copy_id(struct subject_id *out, struct slice s)
{
    if (s.n == sizeof out->b)
        memcpy(out->b, s.p, s.n);
}

enum err token_put(struct engine *e, const struct token_row *t, struct fault *f)
{
    struct value in[] = {V_BLOB(t->hash, 32), V_ID(&t->id), V_ID(&t->account), V_INT(t->used)};
    return engine_run(e, &insert, in, 4, f);
}

enum err token_get(struct engine *e, const uint8_t hash[32], struct token_row *out, bool *found, struct fault *f)
{
    struct value in[] = {V_BLOB(hash, 32)}, row[3];
    struct rows *r;
    enum err err = engine_one(e, &by_hash, in, 1, row, 3, found, &r, f);
    if (err || !*found)
        return err;
    *out = (struct token_row){.used = row[2].i};
    memcpy(out->hash, hash, 32);
    copy_id(&out->id, row[0].b);
    copy_id(&out->account, row[1].b);
    e->verbs->stop(r);
    return OK;
}

enum err token_list(struct engine *e, const struct subject_id *account, struct token_row *out, size_t max, size_t *n, struct fault *f)
{
    struct value in[] = {V_ID(account)}, row[2];
    struct rows *r;
    bool more = true;
    *n = 0;
    enum err err = e->verbs->start(e, &by_account, in, 1, &r, f);
    if (err)
        return err;
    while (*n < max && !(err = e->verbs->next(r, row, 2, &more, f)) && more) {
        out[*n] = (struct token_row){.account = *account, .used = row[1].i};
        copy_id(&out[(*n)++].id, row[0].b);
    }
    e->verbs->stop(r);
    return err;
}

enum err token_used(struct engine *e, const uint8_t hash[32], int64_t now, struct fault *f)
{
    struct value in[] = {V_INT(now), V_BLOB(hash, 32)};
    return engine_run(e, &set_used, in, 2, f);
}

enum err token_drop(struct engine *e, const struct subject_id *account, const struct subject_id *id, struct fault *f)
{
    struct value in[] = {V_ID(account), V_ID(id)};
    return engine_run(e, &delete_one, in, 2, f);
}

enum err token_clear(struct engine *e, const struct subject_id *account, struct fault *f)
{
    struct value in[] = {V_ID(account)};
    return engine_run(e, &delete_all, in, 1, f);
}
