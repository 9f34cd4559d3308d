#include "ledger/tree.h"

#include "base/banned.h"

static bool has(const struct tree *t, unsigned level)
{
    return t->size >> level & 1;
}

void tree_init(struct tree *t)
{
    memset(t, 0, sizeof *t);
}

struct hash tree_leaf(struct slice data)
{
    return hash_prefixed(0x00, data.p, data.n);
}

/* Adding one to a binary number: each set bit at the low end joins the carry. */
void tree_append_whole(struct tree *t, const struct hash *leaf, unsigned step, struct hash *whole)
{
    struct hash carry = *leaf;
    unsigned level = 0;
    for (; has(t, level); level++) {
        carry = hash_node(&t->edge[level], &carry);
        memset(&t->edge[level], 0, sizeof t->edge[level]);
        if (step && (level + 1) % step == 0)
            whole[(level + 1) / step - 1] = carry;
    }
    t->edge[level] = carry;
    t->size++;
}

void tree_append(struct tree *t, const struct hash *leaf)
{
    tree_append_whole(t, leaf, 0, NULL);
}

struct hash tree_root(const struct tree *t)
{
    if (t->size == 0)
        return hash_of("", 0);
    unsigned level = (unsigned)__builtin_ctzll(t->size);
    struct hash root = t->edge[level];
    while (++level < TREE_LEVELS)
        if (has(t, level))
            root = hash_node(&t->edge[level], &root);
    return root;
}

void tree_save(const struct tree *t, struct buf *out)
{
    buf_u64(out, t->size);
    for (unsigned level = TREE_LEVELS; level-- > 0;)
        if (has(t, level))
            buf_add(out, t->edge[level].b, sizeof t->edge[level].b);
}

enum err tree_load(struct slice bytes, struct tree *out)
{
    struct tree t = {0};
    if (bytes.n < 8)
        return ERR_DAMAGED;
    for (size_t i = 0; i < 8; i++)
        t.size = t.size << 8 | (uint8_t)bytes.p[i];
    if (t.size > INT64_MAX || bytes.n != 8 + sizeof(struct hash) * (size_t)__builtin_popcountll(t.size))
        return ERR_DAMAGED;
    const char *at = bytes.p + 8;
    for (unsigned level = TREE_LEVELS; level-- > 0;) {
        if (!has(&t, level))
            continue;
        memcpy(t.edge[level].b, at, sizeof t.edge[level].b);
        at += sizeof t.edge[level].b;
    }
    *out = t;
    return OK;
}
