/* The two orders of a part: records sorted by characters, and the numbers of the records sorted from the last character
 * back. Radix sort of the first ten characters (60 bits), then of the rest inside the ties. */
#include "marks/index_part.h"
#include "base/arena.h"
#include <stdlib.h>
#include "base/banned.h"

#define DIGIT_BITS 11
#define DIGITS (1u << DIGIT_BITS)
#define KEY_BITS 60

struct item {
    uint32_t hi, mid; /* the 60 bits in two words: 12 bytes an item */
    uint32_t at;
};

static uint64_t item_key(const struct item *i)
{
    return (uint64_t)i->hi << 32 | i->mid;
}

/* Eight folded bytes, first in the lowest byte, to 48 bits, first highest. */
static uint64_t squeeze(uint64_t w)
{
    w = __builtin_bswap64(w) >> 2 & UINT64_C(0x3F3F3F3F3F3F3F3F);
    w = (w & UINT64_C(0x003F003F003F003F)) | (w & UINT64_C(0x3F003F003F003F00)) >> 2;
    w = (w & UINT64_C(0x00000FFF00000FFF)) | (w & UINT64_C(0x0FFF00000FFF0000)) >> 4;
    return (w & UINT64_C(0xFFFFFF)) | (w & UINT64_C(0x00FFFFFF00000000)) >> 8;
}

static void reversed_chars(const uint8_t key[16], uint8_t out[16])
{
    unsigned n = key[0] & 15;
    memset(out, 0, 16);
    for (unsigned i = 0; i < n; i++)
        out[i] = key[n - i];
}

struct order_key order_key(const uint8_t key[16], bool reversed)
{
    uint8_t c[16] = {0};
    uint64_t w[2];
    if (reversed)
        reversed_chars(key, c);
    else
        memcpy(c, key + 1, 15);
    memcpy(w, c, 16);
    uint64_t a = squeeze(w[0]), b = squeeze(w[1]); /* characters 1-8, and 9-15 with six empty bits */
    return (struct order_key){a << 12 | b >> 36, (uint32_t)(b >> 6 & 0x3FFFFFFF)};
}

/* ---- radix sort ---- */

static void count_digits(const struct item *a, size_t n, uint32_t (*counts)[DIGITS], unsigned passes)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t k = item_key(&a[i]);
        for (unsigned d = 0; d < passes; d++)
            counts[d][k >> (d * DIGIT_BITS) & (DIGITS - 1)]++;
    }
}

static bool all_alike(const uint32_t counts[DIGITS], size_t n)
{
    for (size_t i = 0; i < DIGITS; i++)
        if (counts[i])
            return counts[i] == n;
    return true;
}

static void scatter(const struct item *from, struct item *to, size_t n, uint32_t counts[DIGITS], unsigned shift)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < DIGITS; i++) {
        uint32_t c = counts[i];
        counts[i] = sum;
        sum += c;
    }
    for (size_t i = 0; i < n; i++)
        to[counts[item_key(&from[i]) >> shift & (DIGITS - 1)]++] = from[i];
}

/* Sorts by the 60 bits, stable; the result is in *a (the two buffers may have changed places). */
static bool radix(struct item **a, struct item **b, size_t n)
{
    enum { PASSES = (KEY_BITS + DIGIT_BITS - 1) / DIGIT_BITS };
    uint32_t(*counts)[DIGITS] = mem_alloc(PASSES, sizeof *counts);
    if (!counts)
        return false;
    count_digits(*a, n, counts, PASSES);
    for (unsigned d = 0; d < PASSES; d++) {
        if (all_alike(counts[d], n))
            continue;
        scatter(*a, *b, n, counts[d], d * DIGIT_BITS);
        struct item *t = *a;
        *a = *b;
        *b = t;
    }
    mem_free(counts);
    return true;
}

struct order {
    const struct index_entry *e;
    size_t n;
    struct item *item, *spare;
    bool reversed, ok;
};

static int cmp_item(const void *x, const void *y)
{
    const struct item *a = x, *b = y;
    if (a->hi != b->hi)
        return a->hi < b->hi ? -1 : 1;
    return a->at < b->at ? -1 : a->at > b->at;
}

/* Ties in ten characters are parted by the last five. */
static void sort_ties(struct order *o)
{
    for (size_t from = 0; from < o->n;) {
        size_t to = from + 1;
        uint64_t k = item_key(&o->item[from]);
        while (to < o->n && item_key(&o->item[to]) == k)
            to++;
        bool any = false;
        for (size_t i = from; i < to && to - from > 1 && (k & 63); i++)
            any |= order_key(o->e[o->item[i].at].key.b, o->reversed).lo != 0;
        if (any) {
            for (size_t i = from; i < to; i++)
                o->item[i].hi = order_key(o->e[o->item[i].at].key.b, o->reversed).lo;
            qsort(o->item + from, to - from, sizeof *o->item, cmp_item);
            for (size_t i = from; i < to; i++)
                o->item[i].hi = (uint32_t)(k >> 32);
        }
        from = to;
    }
}

static void sort_order(struct order *o)
{
    o->ok = false;
    for (size_t i = 0; i < o->n; i++) {
        uint64_t k = order_key(o->e[i].key.b, o->reversed).hi;
        o->item[i] = (struct item){(uint32_t)(k >> 32), (uint32_t)k, (uint32_t)i};
    }
    if (!radix(&o->item, &o->spare, o->n))
        return;
    sort_ties(o);
    o->ok = true;
}

static void sort_one(void *arg, int i)
{
    struct order *o = arg;
    sort_order(&o[i]);
}

/* ---- records ---- */

struct gather {
    struct part *p;
    const struct index_entry *e;
    const struct item *forward;
    uint32_t *place; /* entry -> record */
    const struct item *back;
    int threads;
};

static void slice_bounds(size_t n, int threads, int i, size_t *from, size_t *to)
{
    *from = n * (size_t)i / (size_t)threads;
    *to = n * (size_t)(i + 1) / (size_t)threads;
}

#define AHEAD 16

static void gather_records(void *arg, int t)
{
    struct gather *g = arg;
    size_t i, to;
    slice_bounds(g->p->n, g->threads, t, &i, &to);
    for (; i < to; i++) {
        if (i + AHEAD < to) {
            __builtin_prefetch(&g->e[g->forward[i + AHEAD].at]);
            __builtin_prefetch(&g->place[g->forward[i + AHEAD].at], 1);
        }
        const struct index_entry *e = &g->e[g->forward[i].at];
        struct record *r = &g->p->rec[i];
        memcpy(r->key, e->key.b, 16);
        r->attr = e->attr;
        r->row = e->row;
        g->place[g->forward[i].at] = (uint32_t)i;
    }
}

static void gather_back(void *arg, int t)
{
    struct gather *g = arg;
    size_t i, to;
    slice_bounds(g->p->n, g->threads, t, &i, &to);
    for (; i < to; i++) {
        if (i + AHEAD < to)
            __builtin_prefetch(&g->place[g->back[i + AHEAD].at]);
        g->p->rec[i].rev = g->place[g->back[i].at];
    }
}

bool part_order(struct part *p, const struct index_entry *e, int threads, struct work *w)
{
    size_t n = p->n;
    if (!work_need(w, n * (4 * sizeof(struct item) + sizeof(uint32_t))))
        return false;
    struct item *items = (struct item *)(void *)w->p;
    uint32_t *place = (uint32_t *)(void *)(items + 4 * n);
    struct order o[2] = {{.e = e, .n = n, .item = items, .spare = items + n},
        {.e = e, .n = n, .item = items + 2 * n, .spare = items + 3 * n, .reversed = true}};
    if (threads > 1) {
        threads_run(2, sort_one, o);
    } else {
        sort_one(o, 0);
        sort_one(o, 1);
    }
    if (!o[0].ok || !o[1].ok)
        return false;
    struct gather g = {p, e, o[0].item, place, o[1].item, threads};
    threads_run(threads, gather_records, &g);
    threads_run(threads, gather_back, &g);
    return true;
}
