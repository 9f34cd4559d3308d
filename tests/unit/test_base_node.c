/* The tree that a writer makes is the tree that reading its text would give: random values of every kind, written by the same calls both ways. */
#include "base/cjson.h"
#include "base/mem.h"
#include "base/node.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static uint64_t seed;

static uint64_t draw(uint64_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (seed >> 33) % below;
}

static const char *const texts[] = {"", "a", "make_label", "\"quoted\" \\ and\ttab\n", "\xD8\xA3\xD8\xAB\xD8\xB1", "\x01 control", "a text that is longer than eight bytes", "\xF0\x9F\x94\x8D"};

static void write_any(struct cj *j, unsigned depth)
{
    const char *text = texts[draw(sizeof texts / sizeof *texts)];
    switch (draw(depth < 6 ? 10 : 8)) {
    case 0:
        cj_null(j);
        break;
    case 1:
        cj_bool(j, draw(2));
        break;
    case 2:
        cj_int(j, (int64_t)draw(1u << 30) * (draw(2) ? -1 : 1) * (int64_t)draw(1u << 20));
        break;
    case 3:
        cj_double(j, draw(9) ? (double)draw(1000000) / 997 - 300 : 1e300, (int)draw(10));
        break;
    case 4:
        cj_raw(j, SLICE(" {\"raw\":[1,{\"in\":\"it\"}],\"b\":true}"));
        break;
    case 5:
    case 6:
    case 7:
        cj_str(j, slice_str(text));
        break;
    case 8:
        cj_arr(j);
        for (uint64_t i = draw(5); i > 0; i--)
            write_any(j, depth + 1);
        cj_arr_end(j);
        break;
    default:
        cj_obj(j);
        for (uint64_t i = draw(7), n = 0; n < i; n++) {
            char key[40]; /* on the stack: the tree has its own */
            snprintf(key, sizeof key, "%s%d", texts[draw(3)], (int)draw(20));
            if (draw(8) == 0) {
                cj_khex(j, key, (const uint8_t *)"\xDE\xAD\xBE\xEF", draw(5));
                continue;
            }
            cj_key(j, key);
            memset(key, '!', sizeof key);
            write_any(j, depth + 1);
        }
        cj_obj_end(j);
    }
}

static void assert_same(const struct node *a, const struct node *b)
{
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->mark, b->mark);
    assert_int_equal(a->has, b->has);
    assert_true(slice_eq(a->key, b->key));
    assert_true(slice_eq(a->text, b->text));
    const struct node *x = a->first, *y = b->first;
    for (; x && y; x = x->next, y = y->next)
        assert_same(x, y);
    assert_ptr_equal(x, y); /* both at their end */
}

static void test_tree_is_that_of_the_text(void **state)
{
    for (int round = 0; round < 3000; round++) {
        struct arena a;
        struct buf text, errors;
        struct cj j;
        struct node *read;
        arena_init(&a, 4u << 20);
        buf_init(&text, 1u << 20);
        buf_init(&errors, 1);
        seed = (uint64_t)round;
        cj_open_loose(&j, &text);
        write_any(&j, 0);
        assert_int_equal(text.err, OK);
        seed = (uint64_t)round;
        cj_open_tree(&j, &a, &errors);
        write_any(&j, 0);
        assert_int_equal(errors.err, OK);
        assert_int_equal(errors.n, 0);
        assert_int_equal(node_parse(&a, buf_view(&text), &read, NULL), OK);
        assert_non_null(j.root);
        assert_same(j.root, read);
        buf_free(&text);
        buf_free(&errors);
        arena_free(&a);
    }
}

/* What is wrong in text is wrong in a tree. */
static void test_tree_refuses(void **state)
{
    struct arena a;
    struct buf errors;
    struct cj j;
    arena_init(&a, 1u << 20);
    buf_init(&errors, 1);
    cj_open_tree(&j, &a, &errors);
    assert_null(j.root);
    cj_obj(&j);
    cj_str(&j, SLICE("no key"));
    assert_int_equal(errors.err, ERR_BUG);
    buf_reset(&errors);
    cj_open_tree(&j, &a, &errors);
    cj_str(&j, SLICE("\xFF"));
    assert_int_equal(errors.err, ERR_ENCODING);
    buf_reset(&errors);
    cj_open_tree(&j, &a, &errors);
    cj_raw(&j, SLICE("[1,"));
    assert_int_equal(errors.err, ERR_FORMAT);
    buf_reset(&errors);
    cj_open_tree(&j, &a, &errors);
    cj_int(&j, INT64_C(1) << 53);
    assert_int_equal(errors.err, ERR_RANGE);
    buf_free(&errors);
    arena_free(&a);
}

static void test_tree_needs_memory(void **state)
{
    for (size_t max = 0; max < 4000; max += 48) {
        struct arena a;
        struct buf errors;
        struct cj j;
        arena_init(&a, max);
        buf_init(&errors, 1);
        cj_open_tree(&j, &a, &errors);
        cj_arr(&j);
        for (int i = 0; i < 10; i++) {
            cj_obj(&j);
            cj_kstr(&j, "a", SLICE("some text"));
            cj_kint(&j, "b", 12345);
            cj_khex(&j, "c", (const uint8_t *)"\x01\x02", 2);
            cj_key(&j, "d");
            cj_raw(&j, SLICE("[true]"));
            cj_obj_end(&j);
        }
        cj_arr_end(&j);
        assert_int_equal(errors.err, ERR_MEMORY);
        buf_free(&errors);
        arena_free(&a);
    }
}

/* Marks that two keys share (length, first, middle and last byte alike) lead to neither's neighbour. */
static void test_members(void **state)
{
    struct arena a;
    arena_init(&a, 1u << 20);
    struct node *v = node_object(&a);
    node_add_str(&a, v, "abcde", SLICE("1"));
    node_add_str(&a, v, "aXcYe", SLICE("2"));
    node_add_str(&a, v, "", SLICE("3"));
    assert_int_equal(node_mark(SLICE("abcde")), node_mark(SLICE("aXcYe")));
    assert_true(slice_is(node_text(v, "abcde"), "1"));
    assert_true(slice_is(node_text(v, "aXcYe"), "2"));
    assert_true(slice_is(node_text(v, ""), "3"));
    assert_null(node_get(v, "aZcZe"));
    assert_null(node_get(v, "abcd"));
    assert_null(node_get(NULL, "abcde"));
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tree_is_that_of_the_text), cmocka_unit_test(test_tree_refuses), cmocka_unit_test(test_tree_needs_memory),
        cmocka_unit_test(test_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
