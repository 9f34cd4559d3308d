/* Proofs about a log: every inclusion and every pair of sizes up to 300, made from subtree roots and checked, against roots of a
 * tree that was built leaf by leaf; and what was altered is refused. */
#include "ledger/proof.h"
#include "ledger/tree.h"

#include <stdio.h>
#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#define LEAVES 300

struct world {
    struct hash leaf[LEAVES], root[LEAVES + 1];
};

/* By definition, from the leaves. */
static enum err node_of(void *arg, unsigned level, uint64_t index, struct hash *out)
{
    const struct world *w = arg;
    struct hash l, r;
    if (level == 0) {
        assert_true(index < LEAVES);
        *out = w->leaf[index];
        return OK;
    }
    node_of(arg, level - 1, 2 * index, &l);
    node_of(arg, level - 1, 2 * index + 1, &r);
    *out = hash_node(&l, &r);
    return OK;
}

static void make_world(struct world *w)
{
    struct tree t;
    tree_init(&t);
    w->root[0] = tree_root(&t);
    for (size_t i = 0; i < LEAVES; i++) {
        char text[8];
        size_t n = (size_t)snprintf(text, sizeof text, "%zu", i);
        w->leaf[i] = tree_leaf(slice_of(text, n));
        tree_append(&t, &w->leaf[i]);
        w->root[i + 1] = tree_root(&t);
    }
}

static void test_every_inclusion(void **state)
{
    struct world w;
    struct proof p;
    make_world(&w);
    for (uint64_t size = 1; size <= LEAVES; size++)
        for (uint64_t i = 0; i < size; i++) {
            assert_int_equal(proof_inclusion(i, size, node_of, &w, &p), OK);
            assert_true(p.n <= 9); /* ceil(log2 300) */
            assert_int_equal(check_inclusion(&w.leaf[i], i, size, &w.root[size], p.hash, p.n), OK);
        }
}

static void test_every_pair_is_consistent(void **state)
{
    struct world w;
    struct proof p;
    make_world(&w);
    for (uint64_t second = 0; second <= LEAVES; second++)
        for (uint64_t first = 0; first <= second; first++) {
            assert_int_equal(proof_consistency(first, second, node_of, &w, &p), OK);
            assert_int_equal(check_consistency(first, &w.root[first], second, &w.root[second], p.hash, p.n), OK);
        }
}

static void test_roots_from_subtrees(void **state)
{
    struct world w;
    struct hash root;
    make_world(&w);
    for (uint64_t size = 0; size <= LEAVES; size++) {
        assert_int_equal(proof_root(size, node_of, &w, &root), OK);
        assert_true(hash_eq(&root, &w.root[size]));
    }
}

static void test_altered_inclusions_are_refused(void **state)
{
    static const uint64_t sizes[] = {1, 2, 3, 7, 8, 100, 255, 256, 257, 300};
    struct world w;
    struct proof p;
    make_world(&w);
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
        for (uint64_t i = 0, size = sizes[k]; i < size; i++) {
            assert_int_equal(proof_inclusion(i, size, node_of, &w, &p), OK);
            struct hash other = w.leaf[i], *root = &w.root[size];
            other.b[31] ^= 1;
            assert_int_equal(check_inclusion(&other, i, size, root, p.hash, p.n), ERR_DAMAGED);
            assert_int_equal(check_inclusion(&w.leaf[i], i + 1, size, root, p.hash, p.n), ERR_DAMAGED);
            assert_int_equal(check_inclusion(&w.leaf[i], size, size, root, p.hash, p.n), ERR_DAMAGED);
            if (p.n) {
                assert_int_equal(check_inclusion(&w.leaf[i], i, size, root, p.hash, p.n - 1), ERR_DAMAGED);
                assert_int_equal(check_inclusion(&w.leaf[i], i, size, &w.root[size - 1], p.hash, p.n), ERR_DAMAGED);
            }
            p.hash[p.n] = w.leaf[0];
            assert_int_equal(check_inclusion(&w.leaf[i], i, size, root, p.hash, p.n + 1), ERR_DAMAGED);
            for (size_t bit = 0; bit < p.n * 256; bit += 37) {
                p.hash[bit / 256].b[bit % 256 / 8] ^= (uint8_t)(1u << bit % 8);
                assert_int_equal(check_inclusion(&w.leaf[i], i, size, root, p.hash, p.n), ERR_DAMAGED);
                p.hash[bit / 256].b[bit % 256 / 8] ^= (uint8_t)(1u << bit % 8);
            }
            if (p.n > 1) {
                struct hash swap = p.hash[0];
                p.hash[0] = p.hash[1];
                p.hash[1] = swap;
                assert_int_equal(check_inclusion(&w.leaf[i], i, size, root, p.hash, p.n), ERR_DAMAGED);
            }
        }
}

static void test_forks_are_refused(void **state)
{
    struct world w;
    struct proof p;
    make_world(&w);
    for (uint64_t second = 2; second <= LEAVES; second += 7)
        for (uint64_t first = 1; first < second; first++) {
            assert_int_equal(proof_consistency(first, second, node_of, &w, &p), OK);
            struct hash other = w.root[first];
            other.b[0] ^= 0x80; /* a log that had another record at the time */
            assert_int_equal(check_consistency(first, &other, second, &w.root[second], p.hash, p.n), ERR_DAMAGED);
            other = w.root[second];
            other.b[9] ^= 4;
            assert_int_equal(check_consistency(first, &w.root[first], second, &other, p.hash, p.n), ERR_DAMAGED);
            assert_int_equal(check_consistency(first, &w.root[first], second, &w.root[second], p.hash, p.n - 1), ERR_DAMAGED);
            assert_int_equal(check_consistency(second, &w.root[second], first, &w.root[first], p.hash, p.n), ERR_DAMAGED);
            p.hash[p.n] = w.leaf[1];
            assert_int_equal(check_consistency(first, &w.root[first], second, &w.root[second], p.hash, p.n + 1), ERR_DAMAGED);
            for (size_t i = 0; i < p.n; i++) {
                p.hash[i].b[i] ^= 1;
                assert_int_equal(check_consistency(first, &w.root[first], second, &w.root[second], p.hash, p.n), ERR_DAMAGED);
                p.hash[i].b[i] ^= 1;
            }
        }
}

/* Sizes of which no tree could be built: the arithmetic must hold, and end. */
static enum err same_everywhere(void *arg, unsigned level, uint64_t index, struct hash *out)
{
    struct hash *level_root = arg; /* all leaves alike: the root of a subtree depends on its level alone */
    *out = level_root[level];
    return OK;
}

static void test_large_sizes(void **state)
{
    static const uint64_t sizes[] = {(uint64_t)1 << 32, ((uint64_t)1 << 32) + 1, ((uint64_t)1 << 53) - 1, ((uint64_t)1 << 63) - 1};
    struct hash level[64], root, older;
    struct proof p;
    level[0] = tree_leaf(SLICE("x"));
    for (size_t i = 1; i < 64; i++)
        level[i] = hash_node(&level[i - 1], &level[i - 1]);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint64_t at[] = {0, 1, sizes[i] / 3, sizes[i] - 1};
        assert_int_equal(proof_root(sizes[i], same_everywhere, level, &root), OK);
        for (size_t k = 0; k < sizeof at / sizeof *at; k++) {
            assert_int_equal(proof_inclusion(at[k], sizes[i], same_everywhere, level, &p), OK);
            assert_int_equal(check_inclusion(&level[0], at[k], sizes[i], &root, p.hash, p.n), OK);
            assert_int_equal(proof_root(at[k], same_everywhere, level, &older), OK);
            assert_int_equal(proof_consistency(at[k], sizes[i], same_everywhere, level, &p), OK);
            assert_int_equal(check_consistency(at[k], &older, sizes[i], &root, p.hash, p.n), OK);
        }
    }
    assert_int_equal(proof_inclusion(0, (uint64_t)1 << 63, same_everywhere, level, &p), ERR_RANGE);
    assert_int_equal(proof_inclusion(5, 5, same_everywhere, level, &p), ERR_RANGE);
    assert_int_equal(proof_consistency(6, 5, same_everywhere, level, &p), ERR_RANGE);
    assert_int_equal(check_inclusion(&level[0], 0, UINT64_MAX, &root, p.hash, 0), ERR_DAMAGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_inclusion), cmocka_unit_test(test_every_pair_is_consistent),
        cmocka_unit_test(test_roots_from_subtrees), cmocka_unit_test(test_altered_inclusions_are_refused),
        cmocka_unit_test(test_forks_are_refused), cmocka_unit_test(test_large_sizes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
