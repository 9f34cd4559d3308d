/* The Merkle tree of a log (RFC 6962 2.1), kept as its right edge: enough to append a leaf and to name the root, whatever the
 * size. Leaf = SHA-256(0x00 || data), node = SHA-256(0x01 || left || right), empty tree = SHA-256("").
 *
 * edge[l] is the root of the perfect subtree of 2^l leaves that bit l of size stands for; other entries are zero. From left
 * to right the subtrees go from high bits to low ones. docs/formats/tree.md. */
#ifndef LEDGER_TREE_H
#define LEDGER_TREE_H
#include "base/buf.h"
#include "base/hash.h"

#define TREE_LEVELS 64
#define TREE_BYTES_MAX (8 + 32 * TREE_LEVELS)

struct tree {
    uint64_t size; /* leaves */
    struct hash edge[TREE_LEVELS];
};

void tree_init(struct tree *t); /* empty */
struct hash tree_leaf(struct slice data);
void tree_append(struct tree *t, const struct hash *leaf);
/* The same; whole[k] becomes the root of the last 2^(step * (k + 1)) leaves where this leaf makes them a whole subtree. Other entries stay as they are. */
void tree_append_whole(struct tree *t, const struct hash *leaf, unsigned step, struct hash *whole);
struct hash tree_root(const struct tree *t);

/* The edge as bytes: size (8, big-endian), then one hash a set bit of size, from left to right (the highest bit first).
 * load: ERR_DAMAGED unless the length fits the size. Whether the hashes are right only the root can tell: compare it. */
void tree_save(const struct tree *t, struct buf *out);
enum err tree_load(struct slice bytes, struct tree *out);
#endif
