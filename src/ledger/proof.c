#include "ledger/proof.h"

#include "base/banned.h"

/* Leaves [at, at + n): `at` is a multiple of the smallest power of two that holds n. */
struct span {
    uint64_t at, n;
};
struct source {
    proof_node node;
    void *arg;
};

/* The largest power of two below n; n > 1. */
static uint64_t split(uint64_t n)
{
    return (uint64_t)1 << (63 - __builtin_clzll(n - 1));
}

static struct span left(struct span s)
{
    return (struct span){s.at, split(s.n)};
}
static struct span right(struct span s)
{
    return (struct span){s.at + split(s.n), s.n - split(s.n)};
}

static enum err span_root(const struct source *from, struct span s, struct hash *out)
{
    struct hash l, r;
    enum err e;
    if ((s.n & (s.n - 1)) == 0) {
        unsigned level = (unsigned)__builtin_ctzll(s.n);
        return from->node(from->arg, level, s.at >> level, out);
    }
    if ((e = span_root(from, left(s), &l)) || (e = span_root(from, right(s), &r)))
        return e;
    *out = hash_node(&l, &r);
    return OK;
}

static enum err add(const struct source *from, struct span s, struct proof *out)
{
    return out->n == PROOF_MAX ? ERR_BUG : span_root(from, s, &out->hash[out->n++]);
}

/* PATH(m, D[n]): the siblings on the way from the leaf to the root, nearest first. */
static enum err path(const struct source *from, uint64_t index, struct span s, struct proof *out)
{
    if (s.n == 1)
        return OK;
    bool low = index < left(s).at + left(s).n;
    enum err e = path(from, index, low ? left(s) : right(s), out);
    return e ? e : add(from, low ? right(s) : left(s), out);
}

/* SUBPROOF(m, D[n], b): known = the older log's root is that of this span, so it need not be said. */
static enum err subproof(const struct source *from, uint64_t m, struct span s, bool known, struct proof *out)
{
    if (m == s.n)
        return known ? OK : add(from, s, out);
    bool low = m <= split(s.n);
    enum err e = low ? subproof(from, m, left(s), known, out) : subproof(from, m - split(s.n), right(s), false, out);
    return e ? e : add(from, low ? right(s) : left(s), out);
}

enum err proof_inclusion(uint64_t index, uint64_t size, proof_node node, void *arg, struct proof *out)
{
    struct source from = {node, arg};
    out->n = 0;
    return index < size && size < (uint64_t)1 << 63 ? path(&from, index, (struct span){0, size}, out) : ERR_RANGE;
}

enum err proof_consistency(uint64_t first, uint64_t second, proof_node node, void *arg, struct proof *out)
{
    struct source from = {node, arg};
    out->n = 0;
    if (first > second || second >= (uint64_t)1 << 63)
        return ERR_RANGE;
    return first ? subproof(&from, first, (struct span){0, second}, true, out) : OK;
}

enum err proof_root(uint64_t size, proof_node node, void *arg, struct hash *out)
{
    struct source from = {node, arg};
    if (size)
        return size < (uint64_t)1 << 63 ? span_root(&from, (struct span){0, size}, out) : ERR_RANGE;
    *out = hash_of("", 0);
    return OK;
}
