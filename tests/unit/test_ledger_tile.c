/* Paths and shapes of tiles: the examples of the C2SP tlog-tiles specification, every size up to a few thousand against a plain
 * count, and what is no path. */
#include "ledger/tile.h"
#include "ledger/tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

static void path_is(struct tile_id id, const char *want)
{
    char path[TILE_PATH];
    struct tile_id back = {0};
    tile_path(&id, path);
    assert_string_equal(path, want);
    assert_int_equal(tile_parse(slice_str(want), &back), OK);
    assert_true(back.index == id.index && back.width == id.width && back.level == id.level);
}

/* "1234067 = x001/x234/067" is the specification's. */
static void test_paths(void **state)
{
    path_is((struct tile_id){1234067, 256, 0}, "tile/0/x001/x234/067");
    path_is((struct tile_id){1234067, 17, 3}, "tile/3/x001/x234/067.p/17");
    path_is((struct tile_id){0, 256, 7}, "tile/7/000");
    path_is((struct tile_id){999, 1, TILE_ENTRIES}, "tile/entries/999.p/1");
    path_is((struct tile_id){1000, 255, TILE_ENTRIES}, "tile/entries/x001/000.p/255");
    path_is((struct tile_id){((uint64_t)1 << 55) - 1, 255, TILE_ENTRIES}, "tile/entries/x036/x028/x797/x018/x963/967.p/255");
}

static void test_what_is_no_path(void **state)
{
    static const char *const wrong[] = {"", "tile", "tile/", "tile/0", "tile/0/", "tile/8/000", "tile/00/000", "tile/-1/000", "tile/0/0", "tile/0/00",
        "tile/0/0000", "tile/0/x000/000", "tile/0/001/000", "tile/0/x001/x000", "tile/0/x001", "tile/0/x001/", "tile/0/000/", "tile/0/000.p",
        "tile/0/000.p/", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/1/", "tile/0/000.p/ 1", "tile/0/000.q/1",
        "/tile/0/000", "tile/0/../000", "tile/0/x001/..", "tile/entries", "tile/entries/", "tile/entries/0/000", "tile/data/000", "tile/0/00a",
        "tile/0/x036/x028/x797/x018/x963/968", "tile/0/x999/x999/x999/x999/x999/x999/x999/x999/999", "Tile/0/000", "tile/0/X001/000", "tile/0/ 00"};
    struct tile_id id;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (tile_parse(slice_str(wrong[i]), &id) != ERR_FORMAT)
            fail_msg("taken for a path: %s", wrong[i]);
    assert_int_equal(tile_parse(slice_of("tile/0/000\0", 11), &id), ERR_FORMAT);
}

/* A log of 70,000: the specification's example. */
static void test_seventy_thousand(void **state)
{
    const uint64_t size = 70000;
    for (uint64_t i = 0; i < 273; i++)
        assert_int_equal(tile_width(0, i, size), 256);
    assert_int_equal(tile_width(0, 273, size), 112);
    assert_int_equal(tile_width(0, 274, size), 0);
    assert_int_equal(tile_width(1, 0, size), 256);
    assert_int_equal(tile_width(1, 1, size), 17);
    assert_int_equal(tile_width(1, 2, size), 0);
    assert_int_equal(tile_width(2, 0, size), 1);
    assert_int_equal(tile_width(2, 1, size), 0);
    assert_int_equal(tile_width(3, 0, size), 0);
    assert_int_equal(tile_width(TILE_ENTRIES, 273, size), 112);
}

/* By definition: level l has floor(size / 256^l) hashes. */
static void test_widths_add_up(void **state)
{
    for (uint64_t size = 0; size < 140000; size += size < 1500 ? 1 : 509)
        for (unsigned level = 0; level < 4; level++) {
            uint64_t all = size, sum = 0;
            for (unsigned l = 0; l < level; l++)
                all /= 256;
            for (uint64_t i = 0;; i++) {
                unsigned w = tile_width(level, i, size);
                sum += w;
                if (w < 256)
                    break;
            }
            assert_true(sum == all);
        }
    assert_int_equal(tile_width(7, 127, INT64_MAX), 0);
    assert_int_equal(tile_width(7, 0, INT64_MAX), 127);
    assert_int_equal(tile_width(0, INT64_MAX / 256, INT64_MAX), 255);
}

static void test_root_of_hashes_side_by_side(void **state)
{
    struct hash leaf[TILE_WIDTH];
    struct tree t;
    tree_init(&t);
    for (unsigned i = 0, next = 1; i < TILE_WIDTH; i++) {
        leaf[i] = hash_of(&i, sizeof i);
        tree_append(&t, &leaf[i]);
        if (i + 1 != next)
            continue;
        struct hash want = tree_root(&t), got = tile_root(leaf, next);
        assert_true(hash_eq(&want, &got));
        next *= 2;
    }
}

/* Roots that fall off while leaves are added are those of the tiles, on both rows. */
static void test_roots_on_the_way(void **state)
{
    struct hash leaf[TILE_WIDTH], upper[TILE_WIDTH], whole[TILE_LEVELS];
    struct tree t, plain;
    unsigned rows = 0;
    tree_init(&t);
    tree_init(&plain);
    for (unsigned i = 0; i < 2 * TILE_WIDTH * TILE_WIDTH; i++) {
        struct hash *h = &leaf[i % TILE_WIDTH];
        *h = hash_of(&i, sizeof i);
        memset(whole, 0, sizeof whole);
        tree_append_whole(&t, h, 8, whole);
        tree_append(&plain, h);
        bool full = (i + 1) % TILE_WIDTH == 0;
        struct hash root = full ? tile_root(leaf, TILE_WIDTH) : (struct hash){0};
        assert_true(hash_eq(&whole[0], &root));
        if (full)
            upper[rows++ % TILE_WIDTH] = root;
        root = full && rows % TILE_WIDTH == 0 ? tile_root(upper, TILE_WIDTH) : (struct hash){0};
        assert_true(hash_eq(&whole[1], &root));
    }
    struct hash a = tree_root(&t), b = tree_root(&plain);
    assert_true(hash_eq(&a, &b));
}

static void test_bundles(void **state)
{
    static const char bundle[] = "\0\3one\0\0\0\5seven";
    struct slice rest = slice_of(bundle, sizeof bundle - 1), entry;
    assert_true(tile_entry(&rest, &entry) && slice_is(entry, "one"));
    assert_true(tile_entry(&rest, &entry) && entry.n == 0);
    assert_true(tile_entry(&rest, &entry) && slice_is(entry, "seven"));
    assert_false(tile_entry(&rest, &entry));
    assert_int_equal(rest.n, 0);
    for (size_t n = 1; n < 5; n++) { /* cut within an entry: something is left */
        rest = slice_of(bundle, n);
        assert_false(tile_entry(&rest, &entry));
        assert_int_equal(rest.n, n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_paths), cmocka_unit_test(test_what_is_no_path), cmocka_unit_test(test_seventy_thousand),
        cmocka_unit_test(test_widths_add_up), cmocka_unit_test(test_root_of_hashes_side_by_side), cmocka_unit_test(test_roots_on_the_way), cmocka_unit_test(test_bundles)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
