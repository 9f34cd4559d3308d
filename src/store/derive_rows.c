/* Derived rows collected in memory, then written in key order: over those that are there, or as whole tables that the engine makes anew. */
#include "store/derive.h"
#include <stdlib.h>
#include "base/banned.h"

#define ROWS_MAX ((size_t)1 << 28)

#define TAKE_OVER 65536 /* records: a set of fewer is copied, so that its memory is used again */

void *rowset_add(struct rowset *r)
{
    if (r->n == r->cap && !mem_grow_raw(&r->p, &r->cap, r->n + 1, ROWS_MAX, r->size))
        return NULL;
    void *at = r->p + r->n++ * r->size;
    memset(at, 0, r->size);
    return at;
}

void derived_init(struct derived *d)
{
    *d = (struct derived){.item.size = sizeof(struct item_out), .head.size = sizeof(struct hash), .record.size = sizeof(struct record_row),
        .holding.size = sizeof(struct holding_row), .claim.size = sizeof(struct claim_row),
        .external.size = sizeof(struct external_row), .permit.size = sizeof(struct permit_row),
        .seen.size = sizeof(struct mark_seen)};
}

void derived_clear(struct derived *d)
{
    struct rowset *all[] = {&d->item, &d->head, &d->record, &d->holding, &d->claim, &d->external, &d->permit, &d->seen};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        all[i]->n = 0;
}

/* An empty set takes the other's memory over: the first of a large batch is not copied. */
static bool rowset_join(struct rowset *to, struct rowset *from, bool take)
{
    if (!from->n)
        return true;
    if (take && !to->n) {
        struct rowset swap = *to;
        *to = *from;
        *from = swap;
        return true;
    }
    if (!mem_grow_raw(&to->p, &to->cap, to->n + from->n, ROWS_MAX, to->size))
        return false;
    memcpy(to->p + to->n * to->size, from->p, from->n * from->size);
    to->n += from->n;
    return true;
}

bool derived_join(struct derived *to, struct derived *from)
{
    struct rowset *all[][2] = {{&to->item, &from->item}, {&to->head, &from->head}, {&to->record, &from->record}, {&to->holding, &from->holding},
        {&to->claim, &from->claim}, {&to->external, &from->external}, {&to->permit, &from->permit}, {&to->seen, &from->seen}};
    bool whole = !to->record.n && from->record.n > TAKE_OVER, fine = true;
    for (size_t i = 0; i < from->item.n; i++)
        ((struct item_out *)from->item.p)[i].head_at += (uint32_t)to->head.n;
    for (size_t i = 0; fine && i < sizeof all / sizeof all[0]; i++)
        fine = rowset_join(all[i][0], all[i][1], whole);
    return fine;
}

void derived_free(struct derived *d)
{
    struct rowset *all[] = {&d->item, &d->head, &d->record, &d->holding, &d->claim, &d->external, &d->permit, &d->seen};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        mem_free(all[i]->p);
}

/* ---- in key order, none twice ---- */

static int by_16(const void *a, const void *b)
{
    return memcmp(a, b, 16);
}
static int by_record(const void *a, const void *b)
{
    return memcmp(a, b, 48);
}
static int by_place(const void *a, const void *b)
{
    const struct record_row *r = a, *s = b;
    int64_t x = record_prefix(&r->record), y = record_prefix(&s->record);
    return x != y ? (x < y ? -1 : 1) : r->position < s->position ? -1 : r->position > s->position;
}
static int by_32(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}
static int by_claim(const void *a, const void *b) /* of two subjects that claim one row the lower comes first */
{
    const struct claim_row *x = a, *y = b;
    int c = memcmp(x->claim, y->claim, sizeof x->claim);
    return c ? c : memcmp(x->subject.b, y->subject.b, sizeof x->subject.b);
}
static int by_holding(const void *a, const void *b)
{
    const struct holding_row *x = a, *y = b;
    int c = memcmp(x, y, 32);
    if (!c)
        c = x->role - y->role;
    if (!c)
        c = x->gone - y->gone; /* what is in effect first */
    return c ? c : x->since < y->since ? -1 : x->since > y->since;
}
static int same_holding(const void *a, const void *b)
{
    const struct holding_row *x = a, *y = b;
    int c = memcmp(x, y, 32);
    return c ? c : x->role - y->role;
}

static uint64_t first_bytes(const void *row)
{
    uint64_t v = 0;
    for (int i = 0; i < 8; i++)
        v = v << 8 | ((const uint8_t *)row)[i];
    return v;
}
static uint64_t bytes_of_subject(const void *row)
{
    return first_bytes(((const struct holding_row *)row)->subject.b);
}
static uint64_t place_bytes(const void *row) /* signed order as unsigned */
{
    return (uint64_t)record_prefix(&((const struct record_row *)row)->record) ^ (uint64_t)1 << 63;
}

struct sorted { /* a set on its way to its table */
    const struct rowset *rows;
    const struct table *table;
    const struct hash *heads; /* of items */
    struct place *order;
    size_t at;
    struct holding_row holding; /* joined */
};

static const void *row_at(const struct sorted *s, size_t i)
{
    return s->rows->p + s->order[i].at * s->rows->size;
}

#define SOON 12 /* rows: they lie all over memory, and fetching one takes as long as writing a few */

static void fetch_soon(const struct sorted *s)
{
    if (s->at + SOON < s->rows->n) {
        const char *row = row_at(s, s->at + SOON);
        for (size_t i = 0; i < s->rows->size; i += 64)
            __builtin_prefetch(row + i);
        __builtin_prefetch(row + s->rows->size - 1);
    }
}

/* One row a (party, subject, role): the earliest known beginning, and whether it is so now. */
static void join_holding(struct sorted *s, const struct holding_row *next)
{
    if (s->holding.since == TIME_UNKNOWN && !next->gone)
        s->holding.since = next->since;
}

/* ---- the tables ---- */

static void values_item(const struct sorted *s, const void *row, struct value *out)
{
    item_values(row, s->heads, out);
}
static void values_item_record(const struct sorted *s, const void *row, struct value *out)
{
    item_record_values(row, out);
}
static void values_record_at(const struct sorted *s, const void *row, struct value *out)
{
    record_at_values(row, out);
}
static void values_holding(const struct sorted *s, const void *row, struct value *out)
{
    holding_values(row, out);
}
static void values_claim(const struct sorted *s, const void *row, struct value *out)
{
    claim_values(row, out);
}
static void values_external(const struct sorted *s, const void *row, struct value *out)
{
    external_values(row, out);
}
static void values_permit(const struct sorted *s, const void *row, struct value *out)
{
    permit_values(row, out);
}

static enum err put_item(struct engine *e, const struct sorted *s, const void *row, struct fault *f)
{
    return item_upsert(e, row, s->heads, f);
}
static enum err put_item_record(struct engine *e, const struct sorted *s, const void *row, struct fault *f)
{
    return item_record_insert(e, row, f);
}
static enum err put_record_at(struct engine *e, const struct sorted *s, const void *row, struct fault *f)
{
    return record_at_insert(e, row, f);
}
/* When all that said so was struck, the row that an earlier batch wrote goes. */
static enum err put_holding(struct engine *e, const struct sorted *s, const void *row, struct fault *f)
{
    return ((const struct holding_row *)row)->gone ? holding_delete(e, row, f) : holding_upsert(e, row, f);
}
static enum err put_claim(struct engine *e, const struct sorted *s, const void *row, struct fault *f)
{
    return claim_upsert(e, row, f);
}
static enum err put_external(struct engine *e, const struct sorted *s, const void *row, struct fault *f)
{
    return external_insert(e, row, f);
}
static enum err put_permit(struct engine *e, const struct sorted *s, const void *row, struct fault *f)
{
    return permit_upsert(e, row, f);
}

static const struct table {
    const char *name;
    size_t set; /* offset in struct derived */
    uint64_t (*key)(const void *row), (*then)(const void *row); /* see rowset_order */
    int (*order)(const void *, const void *);
    int (*same)(const void *, const void *); /* 0: one row of the table */
    size_t columns;
    void (*values)(const struct sorted *s, const void *row, struct value *out);
    enum err (*put)(struct engine *e, const struct sorted *s, const void *row, struct fault *f);
} tables[] = { /* large ones first: two at a time are made anew */
    {"item_record", offsetof(struct derived, record), first_bytes, NULL, by_record, by_record, ITEM_RECORD_COLUMNS, values_item_record, put_item_record},
    {"holding", offsetof(struct derived, holding), first_bytes, bytes_of_subject, by_holding, same_holding, HOLDING_COLUMNS, values_holding, put_holding},
    {"item", offsetof(struct derived, item), first_bytes, NULL, by_16, by_16, ITEM_COLUMNS, values_item, put_item},
    {"record_at", offsetof(struct derived, record), place_bytes, NULL, by_place, by_place, RECORD_AT_COLUMNS, values_record_at, put_record_at},
    {"claim", offsetof(struct derived, claim), first_bytes, NULL, by_claim, by_16, CLAIM_COLUMNS, values_claim, put_claim},
    {"external", offsetof(struct derived, external), first_bytes, NULL, by_32, by_32, EXTERNAL_COLUMNS, values_external, put_external},
    {"permit", offsetof(struct derived, permit), first_bytes, NULL, by_16, by_16, PERMIT_COLUMNS, values_permit, put_permit},
};
#define TABLES (sizeof tables / sizeof tables[0])

static void sorted_init(struct sorted *s, const struct derived *d, const struct table *t)
{
    *s = (struct sorted){.rows = (const struct rowset *)((const char *)d + t->set), .table = t, .heads = (const struct hash *)d->head.p};
}

static enum err sorted_begin(void *arg)
{
    struct sorted *s = arg;
    return rowset_order(s->rows, s->table->key, s->table->then, s->table->order, &s->order);
}

/* The next row; of several that are one row of the table the first, holdings joined. NULL at the end. */
static const void *sorted_next(struct sorted *s)
{
    if (s->at == s->rows->n)
        return NULL;
    fetch_soon(s);
    const void *row = row_at(s, s->at++);
    bool holding = s->table->put == put_holding;
    if (holding)
        row = memcpy(&s->holding, row, sizeof s->holding);
    for (; s->at < s->rows->n && s->table->same(row, row_at(s, s->at)) == 0; s->at++)
        if (holding)
            join_holding(s, row_at(s, s->at));
    return row;
}

/* ---- writing ---- */

enum err derived_write(struct engine *e, struct derived *d, struct fault *f)
{
    enum err err = OK;
    for (size_t i = 0; !err && i < TABLES; i++) {
        struct sorted s;
        const void *row;
        sorted_init(&s, d, &tables[i]);
        if ((err = sorted_begin(&s)))
            return fault_set(f, err, "rows", SLICE(""), "");
        while (!err && (row = sorted_next(&s)))
            err = tables[i].put(e, &s, row, f);
        mem_free(s.order);
    }
    return err;
}

static bool next_values(void *arg, struct value *out)
{
    struct sorted *s = arg;
    const void *row;
    do
        row = sorted_next(s);
    while (row && s->table->put == put_holding && s->holding.gone); /* there is no row that it would take away */
    if (row)
        s->table->values(s, row, out);
    return row != NULL;
}

static enum err renew(struct engine *e, struct derived *d, struct fault *f)
{
    struct sorted s[TABLES];
    struct load load[TABLES];
    for (size_t i = 0; i < TABLES; i++) {
        sorted_init(&s[i], d, &tables[i]);
        load[i] = (struct load){tables[i].name, tables[i].columns, sorted_begin, next_values, &s[i]};
    }
    enum err err = e->verbs->renew(e, load, TABLES, f);
    for (size_t i = 0; i < TABLES; i++)
        mem_free(s[i].order);
    return err;
}

static enum err begin_empty(struct engine *e, struct derived *d, struct fault *f)
{
    enum err err = e->verbs->begin(e, f);
    if (err)
        return err;
    err = e->verbs->script(e, "DELETE FROM item; DELETE FROM item_record; DELETE FROM record_at; DELETE FROM holding; DELETE FROM claim;"
        "DELETE FROM external; DELETE FROM permit; DELETE FROM covered;", f);
    if (!err)
        err = derived_write(e, d, f);
    if (err)
        e->verbs->rollback(e);
    return err;
}

enum err derived_renew(struct engine *e, struct derived *d, struct fault *f)
{
    enum err err = e->verbs->renew ? renew(e, d, f) : begin_empty(e, d, f);
    if (!err && (err = stamp_put(e, f)))
        e->verbs->rollback(e);
    return err;
}
