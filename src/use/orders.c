#include "use/orders.h"
#include <stdlib.h>
#include "base/banned.h"

static int newest_first(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? 1 : x > y ? -1 : 0;
}

struct reading {
    struct desk *desk;
    struct order *order;
    size_t n;
    struct hash *lifted; /* orders that later records lift */
    size_t lifted_n;
};

static bool is_lifted(const struct reading *r, const struct hash *id)
{
    for (size_t i = 0; i < r->lifted_n; i++)
        if (hash_eq(&r->lifted[i], id))
            return true;
    return false;
}

/* A further record of an order over many firearms cites the first as its head. */
static enum err read_one(struct reading *r, uint64_t position, struct fault *f)
{
    struct slice bytes;
    struct record rec;
    int64_t received;
    struct arena *a = &r->desk->arena;
    struct event *ev = arena_alloc(a, sizeof *ev);
    enum err e = ev ? store_read(r->desk->store, a, position, &bytes, &received, f) : ERR_MEMORY;
    if (!e && (e = record_parse(bytes, &rec)))
        return fault_set(f, e, "record", SLICE(""), "");
    if (!e)
        e = store_event(r->desk->store, a, bytes, position, received, SHOW_BODY, ev, NULL, f);
    if (e)
        return e;
    bool set = false, other = false;
    for (size_t i = 0; i < ev->effect_count; i++)
        if (ev->effect[i].what == EFFECT_SUSPEND)
            *(ev->effect[i].set ? &set : &other) = true;
    if (other && rec.h.head_count)
        r->lifted[r->lifted_n++] = rec.h.head[0];
    if (!set || rec.h.head_count || !ev->party_count)
        return OK;
    r->order[r->n++] = (struct order){ev->record, ev->party[0].id, ev->case_no, ev->office, ev->kind, ev->happened, is_lifted(r, &ev->record)};
    return OK;
}

enum err orders_load(struct desk *d, struct order **out, size_t *n, struct fault *f)
{
    struct subject_id list = entry_orders();
    uint64_t *at;
    size_t count = 0;
    struct reading r = {.desk = d};
    enum err e = store_subject_positions(d->store, &d->arena, &list, &at, &count, f);
    r.order = e ? NULL : arena_array(&d->arena, count + 1, sizeof *r.order);
    r.lifted = e ? NULL : arena_array(&d->arena, count + 1, sizeof *r.lifted);
    if (!e && (!r.order || !r.lifted))
        e = fault_set(f, ERR_MEMORY, "orders", SLICE(""), "");
    if (!e && count)
        qsort(at, count, sizeof *at, newest_first);
    for (size_t i = 0; !e && i < count; i++)
        e = read_one(&r, at[i], f);
    *out = r.order;
    *n = r.n;
    return e;
}

enum err orders_against(struct desk *d, const struct subject_id *party, bool *out, struct fault *f)
{
    struct order *o;
    size_t n = 0;
    enum err e = orders_load(d, &o, &n, f);
    *out = false;
    for (size_t i = 0; !e && i < n; i++)
        *out = *out || (!o[i].lifted && subject_eq(&o[i].party, party));
    return e;
}
