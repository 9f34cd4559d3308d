/* Derived rows collected in memory, then written in key order. */
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
    int64_t x = record_prefix(&((const struct record_row *)a)->record), y = record_prefix(&((const struct record_row *)b)->record);
    return x < y ? -1 : x > y;
}
static int by_32(const void *a, const void *b)
{
    return memcmp(a, b, 32);
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

static uint64_t first_bytes(const void *row)
{
    uint64_t v = 0;
    for (int i = 0; i < 8; i++)
        v = v << 8 | ((const uint8_t *)row)[i];
    return v;
}
static uint64_t place_bytes(const void *row) /* signed order as unsigned */
{
    return (uint64_t)record_prefix(&((const struct record_row *)row)->record) ^ (uint64_t)1 << 63;
}

static enum err sort(const struct rowset *r, uint64_t (*key)(const void *), int (*order)(const void *, const void *), struct place **out,
    struct fault *f)
{
    mem_free(*out);
    *out = NULL;
    return rowset_order(r, key, order, out) ? fault_set(f, ERR_MEMORY, "rows", SLICE(""), "") : OK;
}

#define ROW(set, i, type) ((const type *)((set)->p + at[i].at * sizeof(type)))

static enum err write_items(struct engine *e, struct derived *d, struct fault *f)
{
    struct place *at = NULL;
    enum err err = sort(&d->item, first_bytes, by_16, &at, f);
    for (size_t i = 0; !err && i < d->item.n; i++)
        err = item_upsert(e, ROW(&d->item, i, struct item_out), (const struct hash *)d->head.p, f);
    if (!err)
        err = sort(&d->record, first_bytes, by_record, &at, f);
    for (size_t i = 0; !err && i < d->record.n; i++) {
        const struct record_row *r = ROW(&d->record, i, struct record_row);
        err = item_record_insert(e, &r->subject, &r->record, r->position, f);
    }
    if (!err)
        err = sort(&d->record, place_bytes, by_place, &at, f);
    for (size_t i = 0; !err && i < d->record.n; i++) {
        const struct record_row *r = ROW(&d->record, i, struct record_row);
        err = record_at_insert(e, record_prefix(&r->record), r->position, f);
    }
    for (size_t i = 0; !err && i < d->permit.n; i++)
        err = permit_upsert(e, (const struct permit_row *)d->permit.p + i, f);
    mem_free(at);
    return err;
}

/* One row a (party, subject, role): the earliest known beginning, and whether it is so now. When all that said so was struck,
 * the row that an earlier batch wrote goes. */
static enum err write_holdings(struct engine *e, struct derived *d, struct fault *f)
{
    struct place *at = NULL;
    enum err err = sort(&d->holding, first_bytes, by_holding, &at, f);
    for (size_t i = 0, k; !err && i < d->holding.n; i = k) {
        struct holding_row h = *ROW(&d->holding, i, struct holding_row);
        for (k = i + 1; k < d->holding.n; k++) {
            const struct holding_row *n = ROW(&d->holding, k, struct holding_row);
            if (memcmp(n, &h, 32) != 0 || n->role != h.role)
                break;
            if (h.since == TIME_UNKNOWN && !n->gone)
                h.since = n->since;
        }
        err = h.gone ? holding_delete(e, &h, f) : holding_upsert(e, &h, f);
    }
    mem_free(at);
    return err;
}

enum err derived_write(struct engine *e, struct derived *d, struct fault *f)
{
    enum err err = write_items(e, d, f);
    if (!err)
        err = write_holdings(e, d, f);
    struct place *at = NULL;
    if (!err)
        err = sort(&d->claim, first_bytes, by_16, &at, f);
    for (size_t i = 0; !err && i < d->claim.n; i++)
        err = claim_upsert(e, ROW(&d->claim, i, struct claim_row), f);
    if (!err)
        err = sort(&d->external, first_bytes, by_32, &at, f);
    for (size_t i = 0; !err && i < d->external.n; i++) {
        const struct external_row *x = ROW(&d->external, i, struct external_row);
        if (i && by_32(x, ROW(&d->external, i - 1, struct external_row)) == 0)
            continue;
        err = external_insert(e, x->token, &x->subject, f);
    }
    mem_free(at);
    return err;
}
