#include "ledger/check.h"

#include "base/banned.h"

#define SIZE_MAX_LOG ((uint64_t)1 << 63)

/* One level up. Where the way so far is a left child without a sibling (fn even and last), the levels without one are passed. */
static void climb(uint64_t *fn, uint64_t *sn)
{
    while (*fn && !(*fn & 1)) {
        *fn >>= 1;
        *sn >>= 1;
    }
}

enum err check_inclusion(const struct hash *leaf, uint64_t index, uint64_t size, const struct hash *root, const struct hash *proof, size_t n)
{
    struct hash r = *leaf;
    if (size >= SIZE_MAX_LOG || index >= size || n > PROOF_MAX)
        return ERR_DAMAGED;
    uint64_t fn = index, sn = size - 1;
    for (size_t i = 0; i < n; i++) {
        if (sn == 0)
            return ERR_DAMAGED;
        if (fn & 1 || fn == sn) {
            r = hash_node(&proof[i], &r);
            climb(&fn, &sn);
        } else
            r = hash_node(&r, &proof[i]);
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && hash_eq(&r, root) ? OK : ERR_DAMAGED;
}

/* 0 < first < second. */
static enum err check_growth(uint64_t first, const struct hash *first_root, uint64_t second, const struct hash *second_root,
    const struct hash *proof, size_t n)
{
    bool whole = (first & (first - 1)) == 0; /* the older tree is a subtree of the newer: its root begins the way */
    uint64_t fn = first - 1, sn = second - 1;
    size_t i = whole ? 0 : 1;
    if (!whole && n == 0)
        return ERR_DAMAGED;
    struct hash older = whole ? *first_root : proof[0], newer = older;
    while (fn & 1) {
        fn >>= 1;
        sn >>= 1;
    }
    for (; i < n; i++) {
        if (sn == 0)
            return ERR_DAMAGED;
        if (fn & 1 || fn == sn) {
            older = hash_node(&proof[i], &older);
            newer = hash_node(&proof[i], &newer);
            climb(&fn, &sn);
        } else
            newer = hash_node(&newer, &proof[i]);
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && hash_eq(&older, first_root) && hash_eq(&newer, second_root) ? OK : ERR_DAMAGED;
}

enum err check_consistency(uint64_t first, const struct hash *first_root, uint64_t second, const struct hash *second_root,
    const struct hash *proof, size_t n)
{
    struct hash empty = hash_of("", 0);
    if (first > second || second >= SIZE_MAX_LOG || n > PROOF_MAX)
        return ERR_DAMAGED;
    if (first == 0)
        return n == 0 && hash_eq(first_root, &empty) ? OK : ERR_DAMAGED;
    if (first == second)
        return n == 0 && hash_eq(first_root, second_root) ? OK : ERR_DAMAGED;
    return check_growth(first, first_root, second, second_root, proof, n);
}
