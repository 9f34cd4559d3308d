/* Derived rows collected in memory, then written in key order. */
#include "store/derive.h"
#include <stdlib.h>
#include "base/banned.h"

#define ROWS_MAX ((size_t)1 << 28)

void *rowset_add(struct rowset *r)
{
    if (r->n == r->cap && !mem_grow(&r->p, &r->cap, r->n + 1, ROWS_MAX, r->size))
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

static void sort(struct rowset *r, int (*order)(const void *, const void *))
{
    if (r->n)
        qsort(r->p, r->n, r->size, order);
}

#define ROW(set, i, type) ((const type *)((set)->p + (i) * sizeof(type)))

static enum err write_items(struct engine *e, struct derived *d, struct fault *f)
{
    enum err err = OK;
    sort(&d->item, by_16);
    for (size_t i = 0; !err && i < d->item.n; i++)
        err = item_upsert(e, ROW(&d->item, i, struct item_out), (const struct hash *)d->head.p, f);
    sort(&d->record, by_record);
    for (size_t i = 0; !err && i < d->record.n; i++) {
        const struct record_row *r = ROW(&d->record, i, struct record_row);
        err = item_record_insert(e, &r->subject, &r->record, r->position, f);
    }
    sort(&d->record, by_place);
    for (size_t i = 0; !err && i < d->record.n; i++) {
        const struct record_row *r = ROW(&d->record, i, struct record_row);
        err = record_at_insert(e, record_prefix(&r->record), r->position, f);
    }
    for (size_t i = 0; !err && i < d->permit.n; i++)
        err = permit_upsert(e, ROW(&d->permit, i, struct permit_row), f);
    return err;
}

/* One row a (party, subject, role): the earliest known beginning, and whether it is so now. When all that said so was struck,
 * the row that an earlier batch wrote goes. */
static enum err write_holdings(struct engine *e, struct derived *d, struct fault *f)
{
    enum err err = OK;
    sort(&d->holding, by_holding);
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
    return err;
}

enum err derived_write(struct engine *e, struct derived *d, struct fault *f)
{
    enum err err = write_items(e, d, f);
    if (!err)
        err = write_holdings(e, d, f);
    sort(&d->claim, by_16);
    for (size_t i = 0; !err && i < d->claim.n; i++)
        err = claim_upsert(e, ROW(&d->claim, i, struct claim_row), f);
    sort(&d->external, by_32);
    for (size_t i = 0; !err && i < d->external.n; i++) {
        const struct external_row *x = ROW(&d->external, i, struct external_row);
        if (i && by_32(x, ROW(&d->external, i - 1, struct external_row)) == 0)
            continue;
        err = external_insert(e, x->token, &x->subject, f);
    }
    return err;
}
