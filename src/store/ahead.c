/* Rows derived ahead, by an import that has its events in hand. Invariants:
 * 1. Only committed groups are taken, whole, in the order of the log, from `from` on; `covered` has a bit for each record of
 *    a life that is in.
 * 2. Its rows are those that deriving would come to, provided that no other record speaks of its subjects; ahead_alone looks,
 *    and when one does, all of it is left unused.
 * 3. It can be lost at any time: the log alone counts, the table covered says what the tables hold. */
#include "store/derive.h"
#include <stdlib.h>
#include "base/banned.h"

#define AHEAD_MAX 3000000u /* records; what one batch of deriving holds */

struct ahead {
    struct derived rows;
    uint64_t from, to, count; /* positions of what was taken; count = those covered */
    bool closed;
    uint8_t covered[AHEAD_MAX / 8 + 1];
    struct place *order; /* of items, once asked */
};
struct ahead_part {
    struct derived rows; /* positions: tag << 8 | number of the record in its life */
};

struct ahead *ahead_new(struct store *s)
{
    uint64_t size, derived;
    if (store_size(s, &size, NULL) || store_derived(s, &derived, NULL) || size != derived)
        return NULL;
    struct ahead *h = mem_alloc(1, sizeof *h);
    if (!h)
        return NULL;
    derived_init(&h->rows);
    h->from = h->to = size;
    return h;
}

void ahead_free(struct ahead *h)
{
    if (!h)
        return;
    derived_free(&h->rows);
    mem_free(h->order);
    mem_free(h);
}

struct ahead_part *ahead_part_new(void)
{
    struct ahead_part *p = mem_alloc(1, sizeof *p);
    if (p) {
        derived_init(&p->rows);
        p->rows.to = UINT64_MAX;
    }
    return p;
}

void ahead_part_free(struct ahead_part *p)
{
    if (!p)
        return;
    derived_free(&p->rows);
    mem_free(p);
}

void ahead_part_clear(struct ahead_part *p)
{
    derived_clear(&p->rows);
}

enum err ahead_life(const struct keys *k, struct ahead_part *p, struct arena *a, uint32_t tag, const struct subject_id *subject,
    struct event *events, const struct record_header *headers, const struct body_row *rows, size_t n, struct fault *f)
{
    struct opened o = {.event = events, .header = headers, .row = rows, .n = n};
    if (n > AHEAD_RECORDS)
        return fault_set(f, ERR_BUG, "records", SLICE(""), "");
    for (size_t i = 0; i < n; i++)
        events[i].position = (uint64_t)tag << 8 | i;
    return derive_opened(k, a, &o, subject, SUBJECT_ITEM, &p->rows, f);
}

static uint64_t placed(uint64_t position, const uint64_t *first)
{
    return first[position >> 8] + (position & 255);
}

enum err ahead_take(struct ahead *h, struct ahead_part *p, const uint64_t *first)
{
    struct record_row *r = (struct record_row *)p->rows.record.p;
    struct mark_seen *m = (struct mark_seen *)p->rows.seen.p;
    bool fits = !h->closed;
    for (size_t i = 0; i < p->rows.record.n; i++) {
        r[i].position = placed(r[i].position, first);
        fits = fits && r[i].position >= h->from && r[i].position < h->from + AHEAD_MAX;
    }
    for (size_t i = 0; i < p->rows.seen.n; i++)
        m[i].position = placed(m[i].position, first);
    h->closed = !fits;
    if (fits && !derived_join(&h->rows, &p->rows))
        return ERR_MEMORY;
    for (size_t i = 0; fits && i < p->rows.record.n; i++) {
        uint64_t at = r[i].position - h->from;
        h->covered[at / 8] |= (uint8_t)(1u << at % 8);
        h->count++;
        h->to = r[i].position >= h->to ? r[i].position + 1 : h->to;
    }
    derived_clear(&p->rows);
    return OK;
}

bool ahead_covers(const struct ahead *h, uint64_t position)
{
    if (position < h->from || position >= h->to)
        return false;
    uint64_t at = position - h->from;
    return h->covered[at / 8] >> at % 8 & 1;
}

bool ahead_usable(const struct ahead *h, uint64_t from)
{
    return h && h->count && h->from == from;
}

bool ahead_is_whole(const struct ahead *h, uint64_t from, uint64_t to)
{
    return h->from == from && h->to == to && h->count == to - from;
}

static uint64_t first_bytes(const void *row)
{
    uint64_t v = 0;
    for (int i = 0; i < 8; i++)
        v = v << 8 | ((const uint8_t *)row)[i];
    return v;
}

static int by_subject(const void *a, const void *b)
{
    return memcmp(a, b, 16);
}

static const struct item_out *item_at(const struct ahead *h, size_t i)
{
    return (const struct item_out *)h->rows.item.p + h->order[i].at;
}

static bool has_item(const struct ahead *h, const struct subject_id *id)
{
    size_t low = 0, high = h->rows.item.n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int c = memcmp(item_at(h, mid), id, sizeof *id);
        if (c == 0)
            return true;
        if (c < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return false;
}

/* Has the register none of its firearms yet? */
static enum err unknown_yet(struct ahead *h, struct engine *e, bool *out, struct fault *f)
{
    struct arena a;
    uint64_t all = 0, *at;
    enum err err = item_count(e, &all, f);
    *out = true;
    arena_init(&a, 1u << 20);
    for (size_t i = 0; !err && *out && all && i < h->rows.item.n; i++) {
        size_t n = 0;
        err = item_record_positions(e, &a, &item_at(h, i)->subject, &at, &n, f);
        *out = n == 0;
        arena_reset(&a);
    }
    arena_free(&a);
    return err;
}

enum err ahead_alone(struct ahead *h, struct engine *e, const struct pair *pairs, size_t n, bool *out, struct fault *f)
{
    *out = false;
    if (rowset_order(&h->rows.item, first_bytes, NULL, by_subject, &h->order))
        return fault_set(f, ERR_MEMORY, "rows", SLICE(""), "");
    for (size_t i = 1; i < h->rows.item.n; i++)
        if (by_subject(item_at(h, i - 1), item_at(h, i)) == 0)
            return OK; /* two rows of one firearm */
    for (size_t i = 0; i < n; i++)
        if (has_item(h, &pairs[i].subject))
            return OK;
    return unknown_yet(h, e, out, f);
}

struct derived *ahead_rows(struct ahead *h)
{
    return &h->rows;
}
