/* RFC 6962 trees: the roots of the eight leaves that implementations of certificate transparency share as their test, and the
 * recursive definition of section 2.1 as oracle. */
#include "ledger/tree.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#define ORACLE_LEAVES 300

static const char *const leaf_hex[8] = {
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
static const char *const root_hex[9] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

static void assert_root(const struct tree *t, const char *want)
{
    char hex[65] = {0};
    struct hash root = tree_root(t);
    hex_of(root.b, 32, hex);
    assert_string_equal(hex, want);
}

static void test_nine_roots(void **state)
{
    struct tree t;
    tree_init(&t);
    assert_root(&t, root_hex[0]);
    for (size_t i = 0; i < 8; i++) {
        uint8_t data[16];
        size_t n = strlen(leaf_hex[i]) / 2;
        assert_true(hex_to(slice_str(leaf_hex[i]), data, n));
        struct hash leaf = tree_leaf(slice_of((const char *)data, n));
        tree_append(&t, &leaf);
        assert_int_equal(t.size, i + 1);
        assert_root(&t, root_hex[i + 1]);
    }
}

/* RFC 6962 2.1: MTH(D[n]) = H(0x01 || MTH(D[0:k]) || MTH(D[k:n])), k the largest power of two below n. */
static struct hash oracle(const struct hash *leaf, size_t n)
{
    size_t k = 1;
    if (n == 0)
        return hash_of(NULL, 0);
    if (n == 1)
        return *leaf;
    while (k * 2 < n)
        k *= 2;
    struct hash left = oracle(leaf, k), right = oracle(leaf + k, n - k);
    return hash_node(&left, &right);
}

static void test_against_definition(void **state)
{
    static struct hash leaf[ORACLE_LEAVES];
    struct tree t;
    tree_init(&t);
    for (size_t n = 0; n < ORACLE_LEAVES; n++) {
        struct hash want = oracle(leaf, n), got = tree_root(&t);
        assert_memory_equal(got.b, want.b, 32);
        leaf[n] = tree_leaf(slice_of((const char *)&n, sizeof n));
        tree_append(&t, &leaf[n]);
    }
}

/* An edge that was saved and loaded goes on to the same roots as one that was not. */
static void test_saved_edge(void **state)
{
    struct tree t, again;
    struct buf b;
    buf_init(&b, TREE_BYTES_MAX);
    tree_init(&t);
    for (size_t n = 0; n < 70; n++) {
        buf_reset(&b);
        tree_save(&t, &b);
        assert_int_equal(b.n, 8 + 32 * (size_t)__builtin_popcountll(n));
        assert_int_equal(tree_load(buf_view(&b), &again), OK);
        assert_memory_equal(&t, &again, sizeof t);
        struct hash leaf = tree_leaf(slice_of((const char *)&n, sizeof n));
        tree_append(&t, &leaf);
    }
    buf_free(&b);
}

/* The worked example of docs/formats/tree.md: the leaves of nothing, 00 and 10. */
static void test_example_of_the_page(void **state)
{
    static const char want[] = "0000000000000003fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
                               "0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7";
    const struct slice data[] = {SLICE(""), SLICE("\x00"), SLICE("\x10")};
    char hex[sizeof want] = {0};
    struct tree t;
    struct buf b;
    tree_init(&t);
    buf_init(&b, TREE_BYTES_MAX);
    for (size_t i = 0; i < 3; i++) {
        struct hash leaf = tree_leaf(data[i]);
        tree_append(&t, &leaf);
    }
    tree_save(&t, &b);
    assert_int_equal(b.n, (sizeof want - 1) / 2);
    hex_of((const uint8_t *)b.p, b.n, hex);
    assert_string_equal(hex, want);
    buf_free(&b);
}

static void test_broken_edge(void **state)
{
    char bytes[8 + 64] = {0, 0, 0, 0, 0, 0, 0, 3};
    struct tree t;
    assert_int_equal(tree_load(slice_of(bytes, sizeof bytes), &t), OK);
    assert_int_equal(tree_load(slice_of(bytes, sizeof bytes - 1), &t), ERR_DAMAGED);
    assert_int_equal(tree_load(slice_of(bytes, 8 + 32), &t), ERR_DAMAGED);
    assert_int_equal(tree_load(slice_of(bytes, 7), &t), ERR_DAMAGED);
    assert_int_equal(tree_load(slice_of(NULL, 0), &t), ERR_DAMAGED);
    bytes[7] = 1;
    assert_int_equal(tree_load(slice_of(bytes, sizeof bytes), &t), ERR_DAMAGED);
    bytes[7] = 2;
    bytes[0] = (char)0x80;
    assert_int_equal(tree_load(slice_of(bytes, sizeof bytes), &t), ERR_DAMAGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nine_roots),
        cmocka_unit_test(test_against_definition),
        cmocka_unit_test(test_saved_edge),
        cmocka_unit_test(test_example_of_the_page),
        cmocka_unit_test(test_broken_edge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
