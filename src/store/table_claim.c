/* Statements of the tables claim and external. */
#include "store/store_inner.h"
#include "base/banned.h"

static const struct statement put_claim = {
    "INSERT INTO claim (claim, digest, subject) VALUES ($1, $2, $3) "
    "ON CONFLICT (claim) DO UPDATE SET digest = excluded.digest, subject = excluded.subject "
    "WHERE excluded.subject <= claim.subject"}; /* a row of records about several subjects: the lowest, whoever came first */
static const struct statement all_claims = {"SELECT claim, digest, subject FROM claim ORDER BY claim", .many = true};
static const struct statement one_claim = {"SELECT digest, subject FROM claim WHERE claim = $1"};
static const struct statement put_external = {"INSERT INTO external (token, subject) VALUES ($1, $2) ON CONFLICT (token, subject) DO NOTHING"};
static const struct statement by_token = {"SELECT subject FROM external WHERE token = $1 ORDER BY subject"};

void claim_values(const struct claim_row *c, struct value out[CLAIM_COLUMNS])
{
    out[0] = V_BLOB(c->claim, sizeof c->claim);
    out[1] = V_BLOB(c->digest, sizeof c->digest);
    out[2] = V_BLOB(c->subject.b, sizeof c->subject.b);
}

enum err claim_upsert(struct engine *e, const struct claim_row *c, struct fault *f)
{
    struct value in[CLAIM_COLUMNS];
    claim_values(c, in);
    return engine_run(e, &put_claim, in, CLAIM_COLUMNS, f);
}

static bool bytes16(const struct value *v, uint8_t out[16])
{
    if (v->b.n != 16)
        return false;
    memcpy(out, v->b.p, 16);
    return true;
}

enum err claim_each(struct engine *e, enum err (*fn)(void *arg, const struct claim_row *c), void *arg, struct fault *f)
{
    struct value out[3];
    struct rows *r;
    bool more = true;
    enum err err = e->verbs->start(e, &all_claims, NULL, 0, &r, f);
    if (err)
        return err;
    while (!err && !(err = e->verbs->next(r, out, 3, &more, f)) && more) {
        struct claim_row c;
        bool whole = bytes16(&out[0], c.claim) && bytes16(&out[1], c.digest) && bytes16(&out[2], c.subject.b);
        if ((err = whole ? fn(arg, &c) : ERR_DAMAGED))
            fault_set(f, err, "claim", SLICE(""), "");
    }
    e->verbs->stop(r);
    return err;
}

void external_values(const struct external_row *r, struct value out[EXTERNAL_COLUMNS])
{
    out[0] = V_BLOB(r->token, sizeof r->token);
    out[1] = V_BLOB(r->subject.b, sizeof r->subject.b);
}

enum err external_insert(struct engine *e, const struct external_row *r, struct fault *f)
{
    struct value in[EXTERNAL_COLUMNS];
    external_values(r, in);
    return engine_run(e, &put_external, in, EXTERNAL_COLUMNS, f);
}

enum err external_select(struct engine *e, const uint8_t token[16], struct subject_id *out, size_t max, size_t *n, struct fault *f)
{
    struct value in[] = {V_BLOB(token, 16)}, row[1];
    struct rows *r;
    bool more = true;
    size_t count = 0;
    enum err err = e->verbs->start(e, &by_token, in, 1, &r, f);
    if (err)
        return err;
    while (count < max && !(err = e->verbs->next(r, row, 1, &more, f)) && more)
        if (bytes16(&row[0], out[count].b))
            count++;
    e->verbs->stop(r);
    *n = count;
    return err;
}

enum err store_claim(struct store *s, const uint8_t claim[16], struct claim_row *out, bool *found, struct fault *f)
{
    struct value in[] = {V_BLOB(claim, 16)}, row[2];
    struct rows *r;
    enum err err = engine_one(s->engine, &one_claim, in, 1, row, 2, found, &r, f);
    if (err || !*found)
        return err;
    memcpy(out->claim, claim, 16);
    if (!bytes16(&row[0], out->digest) || !bytes16(&row[1], out->subject.b))
        err = fault_set(f, ERR_DAMAGED, "claim", SLICE(""), "");
    s->engine->verbs->stop(r);
    return err;
}
