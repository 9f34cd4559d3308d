/* The order in which rows are written: by their key's first bytes as a number, in passes over it, since comparing and moving
 * whole rows of an import of millions costs several times as much. */
#include "store/derive.h"
#include <stdlib.h>
#include "base/banned.h"

#define PASS_BITS 11
#define PASSES 3 /* over the key's first 33 bits; what they leave open is compared */
#define FEW 256  /* rows that passes would only delay */

struct how {
    const struct rowset *rows;
    int (*order)(const void *, const void *);
};

static int by_place(const void *a, const void *b, void *arg)
{
    const struct place *x = a, *y = b;
    const struct how *h = arg;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    int c = h->order(h->rows->p + x->at * h->rows->size, h->rows->p + y->at * h->rows->size);
    return c ? c : x->at < y->at ? -1 : x->at > y->at;
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

/* After the passes only runs with equal first bits are out of order. */
static void settle_runs(struct place *p, size_t n, struct how *h)
{
    for (size_t i = 0, k; i < n; i = k) {
        for (k = i + 1; k < n && p[k].key >> (64 - PASS_BITS * PASSES) == p[i].key >> (64 - PASS_BITS * PASSES);)
            k++;
        if (k - i > 1)
            qsort_r(p + i, k - i, sizeof *p, by_place, h);
    }
}

enum err rowset_order(const struct rowset *r, uint64_t (*key)(const void *row), int (*order)(const void *, const void *), struct place **out)
{
    struct how h = {r, order};
    struct place *p = NULL, *other = NULL;
    size_t cap = 0, other_cap = 0, *at = mem_alloc((size_t)1 << PASS_BITS, sizeof *at);
    size_t n = r->n;
    if (!at || !mem_grow_raw(&p, &cap, n ? n : 1, UINT32_MAX, sizeof *p) ||
        (n > FEW && !mem_grow_raw(&other, &other_cap, n, UINT32_MAX, sizeof *other))) {
        mem_free(at);
        mem_free(p);
        mem_free(other);
        return ERR_MEMORY;
    }
    for (size_t i = 0; i < n; i++)
        p[i] = (struct place){key(r->p + i * r->size), (uint32_t)i};
    for (unsigned pass = 0; n > FEW && pass < PASSES; pass++) {
        struct place *swap = p;
        pass_over(p, other, n, pass, at);
        p = other;
        other = swap;
    }
    if (n > FEW)
        settle_runs(p, n, &h);
    else
        qsort_r(p, n, sizeof *p, by_place, &h);
    mem_free(other);
    mem_free(at);
    *out = p;
    return OK;
}
