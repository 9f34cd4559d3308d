/* Statements of the tables item and item_record. */
#include "store/store_inner.h"
#include <stdlib.h>
#include "base/banned.h"

static const struct statement put_item = {
    "INSERT INTO item (subject, status, owner, possessor, custodian, make, calibre, type, country, year, model, flags, first_at, "
    "last_at, heads) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) "
    "ON CONFLICT (subject) DO UPDATE SET status = excluded.status, owner = excluded.owner, possessor = excluded.possessor, "
    "custodian = excluded.custodian, make = excluded.make, calibre = excluded.calibre, type = excluded.type, "
    "country = excluded.country, year = excluded.year, model = excluded.model, flags = excluded.flags, "
    "first_at = excluded.first_at, last_at = excluded.last_at, heads = excluded.heads"};
static const struct statement item_by_subject = {
    "SELECT status, owner, possessor, custodian, make, calibre, type, country, year, flags, first_at, last_at, heads FROM item "
    "WHERE subject = $1"};
static const struct statement standing_of = {"SELECT status, flags FROM item WHERE subject = $1"};
static const struct statement count_items = {"SELECT count(*) FROM item"};
static const struct statement put_item_record = {
    "INSERT INTO item_record (subject, record, position) VALUES ($1, $2, $3) ON CONFLICT (subject, record) DO NOTHING"};
static const struct statement put_record_at = {"INSERT INTO record_at (prefix, position) VALUES ($1, $2) ON CONFLICT (prefix, position) DO NOTHING"};
static const struct statement places_of = {"SELECT position FROM record_at WHERE prefix = $1 ORDER BY position"};
static const struct statement any_record = {"SELECT position FROM item_record LIMIT 1"};
static const struct statement records_of = {"SELECT position FROM item_record WHERE subject = $1"};

enum { FLAG_STATE_OWNED = 1, FLAG_CONTRADICTION = 2, FLAG_STATE_HANDS = 4, FLAG_ABROAD = 8 };

static struct value id_or_null(const struct subject_id *id)
{
    return subject_none(id) ? V_NULL : V_BLOB(id->b, sizeof id->b);
}

static int64_t flags_of(const struct item_state *s)
{
    return (s->state_owned ? FLAG_STATE_OWNED : 0) | (s->contradictions ? FLAG_CONTRADICTION : 0) |
        (s->state_hands ? FLAG_STATE_HANDS : 0) | (s->abroad ? FLAG_ABROAD : 0);
}

void item_pack(const struct subject_id *subject, const struct item_state *s, struct item_out *out)
{
    const struct item_description *d = &s->description;
    *out = (struct item_out){.subject = *subject, .owner = s->owner, .possessor = s->possessor, .custodian = s->custodian,
        .first_at = s->first_happened, .last_at = s->last_happened, .make = d->make.number, .calibre = d->calibre.number,
        .model = term_model_hash(d->model), .year = (uint16_t)d->year, .type = (uint8_t)d->type.number,
        .country = (uint8_t)d->country.number, .status = (uint8_t)s->status, .flags = (uint8_t)flags_of(s)};
}

void item_values(const struct item_out *r, const struct hash *heads, struct value out[ITEM_COLUMNS])
{
    const struct value row[ITEM_COLUMNS] = {V_BLOB(r->subject.b, sizeof r->subject.b), V_INT(r->status), id_or_null(&r->owner),
        id_or_null(&r->possessor), id_or_null(&r->custodian), V_INT(r->make), V_INT(r->calibre), V_INT(r->type), V_INT(r->country),
        V_INT(r->year), V_INT(r->model), V_INT(r->flags), V_INT(r->first_at), V_INT(r->last_at),
        V_BLOB(heads + r->head_at, r->head_count * sizeof *heads)};
    memcpy(out, row, sizeof row);
}

enum err item_upsert(struct engine *e, const struct item_out *r, const struct hash *heads, struct fault *f)
{
    struct value in[ITEM_COLUMNS];
    item_values(r, heads, in);
    return engine_run(e, &put_item, in, ITEM_COLUMNS, f);
}

static void read_id(const struct value *v, struct subject_id *out)
{
    if (!v->is_null && v->b.n == sizeof out->b)
        memcpy(out->b, v->b.p, sizeof out->b);
}

enum err item_select(struct engine *e, const struct subject_id *id, struct item_row *out, bool *found, struct fault *f)
{
    struct value in[] = {V_BLOB(id->b, sizeof id->b)}, v[13];
    struct rows *r;
    enum err err = engine_one(e, &item_by_subject, in, 1, v, 13, found, &r, f);
    if (err || !*found)
        return err;
    *out = (struct item_row){.subject = *id};
    struct item_state *s = &out->state;
    s->status = (enum item_status)v[0].i;
    read_id(&v[1], &s->owner);
    read_id(&v[2], &s->possessor);
    read_id(&v[3], &s->custodian);
    s->description.make.number = (uint16_t)v[4].i;
    s->description.calibre.number = (uint16_t)v[5].i;
    s->description.type.number = (uint16_t)v[6].i;
    s->description.country.number = (uint16_t)v[7].i;
    s->description.year = (int)v[8].i;
    s->state_owned = v[9].i & FLAG_STATE_OWNED;
    s->contradictions = v[9].i & FLAG_CONTRADICTION ? 1 : 0;
    s->state_hands = v[9].i & FLAG_STATE_HANDS;
    s->abroad = v[9].i & FLAG_ABROAD;
    s->first_happened = v[10].i;
    s->last_happened = v[11].i;
    size_t n = v[12].b.n / sizeof out->head[0];
    out->head_count = n < RECORD_HEADS ? n : RECORD_HEADS;
    if (n)
        memcpy(out->head, v[12].b.p, out->head_count * sizeof out->head[0]);
    e->verbs->stop(r);
    return OK;
}

enum err item_standing_select(struct engine *e, const struct subject_id *id, struct item_standing *out, bool *found, struct fault *f)
{
    struct value in[] = {V_BLOB(id->b, sizeof id->b)}, v[2];
    struct rows *r;
    enum err err = engine_one(e, &standing_of, in, 1, v, 2, found, &r, f);
    if (err || !*found)
        return err;
    *out = (struct item_standing){(enum item_status)v[0].i, v[1].i & FLAG_CONTRADICTION, v[1].i & FLAG_STATE_OWNED};
    e->verbs->stop(r);
    return OK;
}

enum err item_record_any(struct engine *e, bool *out, struct fault *f)
{
    struct value v[1];
    struct rows *r;
    enum err err = engine_one(e, &any_record, NULL, 0, v, 1, out, &r, f);
    if (!err && *out)
        e->verbs->stop(r);
    return err;
}

enum err item_count(struct engine *e, uint64_t *out, struct fault *f)
{
    struct value v[1];
    struct rows *r;
    bool found;
    enum err err = engine_one(e, &count_items, NULL, 0, v, 1, &found, &r, f);
    if (err)
        return err;
    *out = found ? (uint64_t)v[0].i : 0;
    if (found)
        e->verbs->stop(r);
    return OK;
}

void item_record_values(const struct record_row *r, struct value out[ITEM_RECORD_COLUMNS])
{
    out[0] = V_BLOB(r->subject.b, sizeof r->subject.b);
    out[1] = V_BLOB(r->record.b, sizeof r->record.b);
    out[2] = V_INT(r->position);
}

enum err item_record_insert(struct engine *e, const struct record_row *r, struct fault *f)
{
    struct value in[ITEM_RECORD_COLUMNS];
    item_record_values(r, in);
    return engine_run(e, &put_item_record, in, ITEM_RECORD_COLUMNS, f);
}

int64_t record_prefix(const struct hash *id)
{
    uint64_t v = 0;
    for (int i = 0; i < 8; i++)
        v = v << 8 | id->b[i];
    return (int64_t)v;
}

void record_at_values(const struct record_row *r, struct value out[RECORD_AT_COLUMNS])
{
    out[0] = V_INT(record_prefix(&r->record));
    out[1] = V_INT(r->position);
}

enum err record_at_insert(struct engine *e, const struct record_row *r, struct fault *f)
{
    struct value in[RECORD_AT_COLUMNS];
    record_at_values(r, in);
    return engine_run(e, &put_record_at, in, RECORD_AT_COLUMNS, f);
}

enum err record_at_select(struct engine *e, int64_t prefix, uint64_t *out, size_t max, size_t *n, struct fault *f)
{
    struct value in[] = {V_INT(prefix)}, v[1];
    struct rows *r;
    bool more = true;
    size_t count = 0;
    enum err err = e->verbs->start(e, &places_of, in, 1, &r, f);
    if (err)
        return err;
    while (count < max && !(err = e->verbs->next(r, v, 1, &more, f)) && more)
        out[count++] = (uint64_t)v[0].i;
    e->verbs->stop(r);
    *n = count;
    return err;
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

enum err item_record_positions(struct engine *e, struct arena *a, const struct subject_id *s, uint64_t **out, size_t *n, struct fault *f)
{
    struct value in[] = {V_BLOB(s->b, sizeof s->b)}, v[1];
    struct rows *r;
    bool more = true;
    size_t count = 0, cap = 8;
    uint64_t *at = arena_array(a, cap, sizeof *at);
    enum err err = at ? e->verbs->start(e, &records_of, in, 1, &r, f) : ERR_MEMORY;
    if (err)
        return err;
    while (!(err = e->verbs->next(r, v, 1, &more, f)) && more) {
        if (count == cap) {
            uint64_t *wider = arena_array(a, cap * 2, sizeof *at);
            if (!wider) {
                err = fault_set(f, ERR_MEMORY, "records", SLICE(""), "");
                break;
            }
            memcpy(wider, at, cap * sizeof *at);
            at = wider;
            cap *= 2;
        }
        at[count++] = (uint64_t)v[0].i;
    }
    e->verbs->stop(r);
    qsort(at, count, sizeof *at, by_number);
    *out = at;
    *n = count;
    return err;
}
