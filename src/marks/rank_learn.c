/* What the register itself teaches the ranker, learnt from a sample of its entries in well under a second. */
#include "marks/rank.h"
#include "base/arena.h"

#include <stdlib.h>
#include "base/banned.h"

#define SAMPLE_MAX (1u << 19)
#define ATTR_SAMPLE_MAX (1u << 17)
#define SHARED_PRIOR 0.03  /* before anything is counted: one gun in thirty shares its serial with another */
#define SHARED_WEIGHT 50.0
#define KIN_PRIOR 0.5
#define KIN_WEIGHT 20.0

static bool all_digits(const struct mark_key *k)
{
    for (unsigned i = 1; i <= k->b[0] && i < sizeof k->b; i++) {
        char c = mark_glyph(k->b[i] >> 2, k->b[i] & 3);
        if (c < '0' || c > '9')
            return false;
    }
    return true;
}

static bool other_gun(uint64_t a, uint64_t b)
{
    struct mark_attr x = mark_attr_unpack(a), y = mark_attr_unpack(b);
    return (x.make && y.make && x.make != y.make) || (x.calibre && y.calibre && x.calibre != y.calibre) ||
           (x.model && y.model && x.model != y.model);
}

static bool same_serial(const struct rank_sample *a, const struct index_entry *b)
{
    struct rank_sample other = {b->key, b->attr};
    return rank_sample_cmp(a, &other) == 0;
}

/* What is counted at guns that stand next to each other in serial order (a base lies in that order). */
struct beside {
    double seen[RANK_LENGTHS][2], shared[RANK_LENGTHS][2], all, hit;
    double both[RANK_ATTR_KINDS], agree[RANK_ATTR_KINDS], mask[1 << RANK_ATTR_KINDS], masks;
};

static void count_kin(struct beside *b, uint64_t one, uint64_t two)
{
    struct mark_attr x = mark_attr_unpack(one), y = mark_attr_unpack(two);
    const unsigned p[RANK_ATTR_KINDS] = {x.make, x.model, x.calibre, x.type, x.country, x.year};
    const unsigned q[RANK_ATTR_KINDS] = {y.make, y.model, y.calibre, y.type, y.country, y.year};
    unsigned mask = 0;
    for (int k = 0; k < RANK_ATTR_KINDS; k++) {
        b->both[k] += p[k] && q[k];
        b->agree[k] += p[k] && p[k] == q[k];
        mask |= (unsigned)(p[k] && p[k] == q[k]) << k;
    }
    b->mask[mask]++;
    b->masks++;
}

static void count_beside(struct ranker *r, const struct index_view *v, const struct rank_sample *s, size_t at, struct beside *b)
{
    bool two = false;
    unsigned l = s->key.b[0] < RANK_LENGTHS ? s->key.b[0] : 0, digits = all_digits(&s->key);
    for (int side = -1; side <= 1; side += 2) {
        if ((side < 0 && at == 0) || (side > 0 && at + 1 >= r->entries))
            continue;
        struct index_entry e = index_entry_at(v, (uint32_t)(side < 0 ? at - 1 : at + 1));
        bool same = same_serial(s, &e);
        two = two || (same && other_gun(s->attr, e.attr));
        if (!same)
            count_kin(b, s->attr, e.attr);
    }
    b->seen[l][digits]++;
    b->shared[l][digits] += two;
    b->all++;
    b->hit += two;
}

/* How often a serial is borne by two guns, and how alike neighbours are. */
static void learn_beside(struct ranker *r, const struct index_view *v, const struct rank_sample *s, size_t n, size_t step)
{
    struct beside b = {.all = SHARED_WEIGHT, .hit = SHARED_PRIOR * SHARED_WEIGHT};
    for (size_t i = 0; i < n; i++)
        count_beside(r, v, &s[i], i * step, &b);
    for (unsigned l = 0; l < RANK_LENGTHS; l++) {
        for (int d = 0; d < 2; d++)
            r->shared[l][d] = (float)((b.shared[l][d] + SHARED_WEIGHT * b.hit / b.all) / (b.seen[l][d] + SHARED_WEIGHT));
    }
    for (int k = 0; k < RANK_ATTR_KINDS; k++)
        r->attrs.kin[k] = (float)((b.agree[k] + KIN_PRIOR * KIN_WEIGHT) / (b.both[k] + KIN_WEIGHT));
    for (unsigned m = 0; m < 1u << RANK_ATTR_KINDS; m++)
        r->attrs.kin_all[m] = (float)((b.mask[m] + (m ? 0 : KIN_WEIGHT)) / (b.masks + KIN_WEIGHT));
}

/* The index promises no order, but its base lies sorted by folded characters; most pairs in order mean that it does. */
static bool in_order(const struct rank_sample *s, size_t n)
{
    size_t back = 0;
    for (size_t i = 1; i < n; i++) {
        int c = 0;
        for (unsigned j = 1; j < sizeof s->key.b && !c; j++)
            c = (s[i - 1].key.b[j] >> 2) - (s[i].key.b[j] >> 2);
        back += c > 0;
    }
    return back <= n / 50;
}

static enum err learn(struct ranker *r, const struct index_view *v)
{
    r->entries = index_count(v);
    size_t step = (r->entries + SAMPLE_MAX - 1) / SAMPLE_MAX, n = step ? (r->entries + step - 1) / step : 0;
    struct rank_sample *s = mem_alloc(n ? n : 1, sizeof *s);
    if (!s)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++) {
        struct index_entry e = index_entry_at(v, (uint32_t)(i * step));
        s[i] = (struct rank_sample){e.key, e.attr};
    }
    bool sorted = in_order(s, n);
    size_t every = n / ATTR_SAMPLE_MAX + 1;
    for (size_t i = 0; i < n; i += every)
        rank_attrs_add(&r->attrs, s[i].attr);
    learn_beside(r, v, s, sorted ? n : 0, step);
    qsort(s, n, sizeof *s, rank_sample_cmp);
    enum err e = rank_tree_build(&r->tree, s, n);
    mem_free(s);
    return e;
}

struct ranker *ranker_new(const struct index_view *v)
{
    struct ranker *r = mem_alloc(1, sizeof *r);
    if (!r)
        return NULL;
    rank_channel_init(&r->channel);
    enum err e = rank_attrs_init(&r->attrs);
    if (!e)
        e = learn(r, v);
    if (e) {
        ranker_free(r);
        return NULL;
    }
    return r;
}

void ranker_free(struct ranker *r)
{
    if (!r)
        return;
    rank_attrs_free(&r->attrs);
    rank_tree_free(&r->tree);
    mem_free(r);
}

size_t ranker_bytes(const struct ranker *r)
{
    return sizeof *r + r->tree.cap * sizeof *r->tree.node + RANK_ATTR_SLOTS * (sizeof *r->attrs.key + sizeof *r->attrs.count);
}
