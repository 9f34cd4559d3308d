/* Statements of the tables holding and permit. */
#include "store/erase.h"
#include "store/store_inner.h"
#include "base/banned.h"

static const struct statement put_holding = {
    "INSERT INTO holding (party, subject, role, since, current) VALUES ($1, $2, $3, $4, $5) "
    "ON CONFLICT (party, subject, role) DO UPDATE SET since = excluded.since, current = excluded.current"};
static const struct statement drop_holding = {"DELETE FROM holding WHERE party = $1 AND subject = $2 AND role = $3"};
static const struct statement put_permit = {
    "INSERT INTO permit (subject, holder, state, granted, ended) VALUES ($1, $2, $3, $4, $5) "
    "ON CONFLICT (subject) DO UPDATE SET holder = excluded.holder, state = excluded.state, granted = excluded.granted, "
    "ended = excluded.ended"};

static const struct statement get_permit = {"SELECT holder, state, granted, ended FROM permit WHERE subject = $1"};

static const struct statement current = {"SELECT party, subject FROM holding WHERE current = 1 AND role <= 2 ORDER BY party, subject", .many = true};

void holding_values(const struct holding_row *r, struct value out[HOLDING_COLUMNS])
{
    out[0] = V_BLOB(r->party.b, sizeof r->party.b);
    out[1] = V_BLOB(r->subject.b, sizeof r->subject.b);
    out[2] = V_INT(r->role);
    out[3] = V_INT(r->since);
    out[4] = V_INT(r->current);
}

enum err holding_upsert(struct engine *e, const struct holding_row *r, struct fault *f)
{
    struct value in[HOLDING_COLUMNS];
    holding_values(r, in);
    return engine_run(e, &put_holding, in, HOLDING_COLUMNS, f);
}

enum err holding_delete(struct engine *e, const struct holding_row *r, struct fault *f)
{
    struct value in[] = {V_BLOB(r->party.b, sizeof r->party.b), V_BLOB(r->subject.b, sizeof r->subject.b), V_INT(r->role)};
    return engine_run(e, &drop_holding, in, 3, f);
}

void permit_values(const struct permit_row *p, struct value out[PERMIT_COLUMNS])
{
    out[0] = V_BLOB(p->subject.b, sizeof p->subject.b);
    out[1] = subject_none(&p->holder) ? V_NULL : V_BLOB(p->holder.b, sizeof p->holder.b);
    out[2] = V_INT(p->state);
    out[3] = V_INT(p->granted);
    out[4] = V_INT(p->ended);
}

enum err permit_upsert(struct engine *e, const struct permit_row *p, struct fault *f)
{
    struct value in[PERMIT_COLUMNS];
    permit_values(p, in);
    return engine_run(e, &put_permit, in, PERMIT_COLUMNS, f);
}

enum err store_permit(struct store *s, const struct subject_id *id, struct permit_seen *out, bool *found, struct fault *f)
{
    struct value in[] = {V_BLOB(id->b, sizeof id->b)}, row[4];
    struct rows *r;
    enum err err = engine_one(s->engine, &get_permit, in, 1, row, 4, found, &r, f);
    if (err || !*found)
        return err;
    *out = (struct permit_seen){.state = (enum permit_state)row[1].i, .granted = row[2].i, .ended = row[3].i};
    if (!row[0].is_null && row[0].b.n == 16)
        memcpy(out->holder.b, row[0].b.p, 16);
    s->engine->verbs->stop(r);
    return OK;
}

enum err store_each_holder(struct store *s, enum err (*fn)(void *arg, const struct subject_id *party, const struct subject_id *subject), void *arg,
    struct fault *f)
{
    struct value row[2];
    struct rows *r;
    struct subject_id party, subject;
    bool more = true;
    enum err err = s->engine->verbs->start(s->engine, &current, NULL, 0, &r, f);
    if (err)
        return err;
    while (!err && !(err = s->engine->verbs->next(r, row, 2, &more, f)) && more)
        if (row[0].b.n == 16 && row[1].b.n == 16) {
            memcpy(party.b, row[0].b.p, 16);
            memcpy(subject.b, row[1].b.p, 16);
            err = fn(arg, &party, &subject);
        }
    s->engine->verbs->stop(r);
    return err;
}
