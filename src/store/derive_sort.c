/* The order in which rows are written: by their key's first bytes as a number, in passes over it, since comparing and moving
 * whole rows of an import of millions costs several times as much. */
#include "store/derive.h"
#include <stdlib.h>
#include "base/banned.h"

#define PASS_BITS 11
#define PASSES 3 /* over the key's first 33 bits; what they leave open is compared */
#define FEW 256  /* rows that passes would only delay */
#define SHORT 16 /* of a run: moved into place one by one */

struct how {
    const struct rowset *rows;
    int (*order)(const void *, const void *);
    uint64_t (*then)(const void *row); /* settles long runs of one key; or NULL */
};
struct room { /* of passes */
    struct place *other;
    size_t *at;
};

static const void *row_of(const struct how *h, const struct place *p)
{
    return h->rows->p + p->at * h->rows->size;
}

static inline int compare(const struct place *x, const struct place *y, const struct how *h)
{
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    int c = h->order(row_of(h, x), row_of(h, y));
    return c ? c : x->at < y->at ? -1 : x->at > y->at;
}

static int by_place(const void *a, const void *b, void *arg)
{
    return compare(a, b, arg);
}

static void insert_each(struct place *p, size_t n, const struct how *h)
{
    for (size_t i = 1; i < n; i++) {
        struct place it = p[i];
        size_t k = i;
        for (; k && compare(&it, &p[k - 1], h) < 0; k--)
            p[k] = p[k - 1];
        p[k] = it;
    }
}

static size_t digit(uint64_t key, unsigned pass)
{
    return key >> (64 - PASS_BITS * (PASSES - pass)) & ((1u << PASS_BITS) - 1);
}

static void pass_over(const struct place *from, struct place *to, size_t n, unsigned pass, size_t *at)
{
    memset(at, 0, sizeof *at << PASS_BITS);
    for (size_t i = 0; i < n; i++)
        at[digit(from[i].key, pass)]++;
    for (size_t i = 0, sum = 0; i < (size_t)1 << PASS_BITS; i++) {
        size_t count = at[i];
        at[i] = sum;
        sum += count;
    }
    for (size_t i = 0; i < n; i++)
        to[at[digit(from[i].key, pass)]++] = from[i];
}

static void sort_places(struct place *p, size_t n, const struct how *h, struct room room);

/* A run with equal first bits. What one key has thousands of (a dealer's holdings) is ordered by what comes after the key. */
static void settle_run(struct place *p, size_t n, const struct how *h, struct room room)
{
    bool one = h->then != NULL;
    if (n <= SHORT) {
        insert_each(p, n, h);
        return;
    }
    for (size_t i = 1; one && i < n; i++)
        one = p[i].key == p[0].key;
    if (!one) {
        qsort_r(p, n, sizeof *p, by_place, (void *)(uintptr_t)h);
        return;
    }
    for (size_t i = 0; i < n; i++)
        p[i].key = h->then(row_of(h, &p[i]));
    sort_places(p, n, &(struct how){h->rows, h->order, NULL}, room);
}

/* After the passes only runs with equal first bits are out of order. */
static void sort_places(struct place *p, size_t n, const struct how *h, struct room room)
{
    if (n <= FEW) {
        qsort_r(p, n, sizeof *p, by_place, (void *)(uintptr_t)h);
        return;
    }
    struct place *from = p, *to = room.other;
    for (unsigned pass = 0; pass < PASSES; pass++) {
        struct place *swap = from;
        pass_over(from, to, n, pass, room.at);
        from = to;
        to = swap;
    }
    if (from != p)
        memcpy(p, from, n * sizeof *p);
    for (size_t i = 0, k; i < n; i = k) {
        for (k = i + 1; k < n && p[k].key >> (64 - PASS_BITS * PASSES) == p[i].key >> (64 - PASS_BITS * PASSES);)
            k++;
        if (k - i > 1)
            settle_run(p + i, k - i, h, room);
    }
}

enum err rowset_order(const struct rowset *r, uint64_t (*key)(const void *row), uint64_t (*then)(const void *row),
    int (*order)(const void *, const void *), struct place **out)
{
    struct room room = {.at = mem_alloc((size_t)1 << PASS_BITS, sizeof *room.at)};
    struct place *p = NULL;
    size_t cap = 0, other_cap = 0, n = r->n;
    if (!room.at || !mem_grow_raw(&p, &cap, n ? n : 1, UINT32_MAX, sizeof *p) ||
        (n > FEW && !mem_grow_raw(&room.other, &other_cap, n, UINT32_MAX, sizeof *p))) {
        mem_free(room.at);
        mem_free(p);
        return ERR_MEMORY;
    }
    for (size_t i = 0; i < n; i++)
        p[i] = (struct place){key(r->p + i * r->size), (uint32_t)i};
    sort_places(p, n, &(struct how){r, order, then}, room);
    mem_free(room.other);
    mem_free(room.at);
    *out = p;
    return OK;
}
