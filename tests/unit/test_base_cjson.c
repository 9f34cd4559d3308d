/* Canonical JSON: tables of what is read and what is refused, and random trees there and back, with jansson (a reader of
 * RFC 8259) as witness that what we write is JSON and means the same. */
#include "base/cjson.h"
#include "base/hash.h"
#include "base/mem.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <jansson.h>
#include <cmocka.h>

/* ---- writing a tree that was read ---- */

static void write_value(struct cj *j, const struct cj_value *v)
{
    switch (v->type) {
    case CJ_NULL:
        cj_null(j);
        return;
    case CJ_FALSE:
    case CJ_TRUE:
        cj_bool(j, v->type == CJ_TRUE);
        return;
    case CJ_INT:
        cj_int(j, v->i);
        return;
    case CJ_STR:
        cj_str(j, v->s);
        return;
    case CJ_ARR:
    case CJ_OBJ:
        break;
    }
    (v->type == CJ_OBJ ? cj_obj : cj_arr)(j);
    for (const struct cj_value *item = v->first; item; item = item->next) {
        if (v->type == CJ_OBJ)
            cj_key(j, item->key.p);
        write_value(j, item);
    }
    (v->type == CJ_OBJ ? cj_obj_end : cj_arr_end)(j);
}

static void assert_same_again(struct slice json)
{
    struct arena a;
    struct buf b;
    struct cj j;
    struct cj_value *v;
    struct fault f = {0};
    arena_init(&a, 16u << 20);
    buf_init(&b, 1u << 20);
    if (cj_parse(&a, json, &v, &f) != OK)
        fail_msg("%.*s: refused at %s", SLICE_ARG(json), f.value);
    cj_open(&j, &b);
    write_value(&j, v);
    assert_int_equal(b.err, OK);
    assert_true(slice_eq(buf_view(&b), json));
    buf_free(&b);
    arena_free(&a);
}

/* ---- tables ---- */

static const char *const accepted[] = {
    "null", "true", "false", "0", "-1", "10", "9007199254740991", "-9007199254740991", "\"\"", "[]", "{}", "[[],{}]",
    "\"a\\\"b\\\\c\"", "\"\\u0000\\u001f\\u000a\"", "\"/\x7F\"", "\"\xD8\xA3\xD8\xAB\xD8\xB1 \xF0\x9F\x94\xAB\"",
    "{\"a\":1,\"b\":[true,null]}", "{\"A\":1,\"a\":2,\"aa\":3,\"b\":4}", "{\"\":0}", "{\"e\":1,\"\xC3\xA9\":2}",
    "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]",
};

static void test_accepted(void **state)
{
    for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++)
        assert_same_again(slice_str(accepted[i]));
}

/* The worked example of docs/formats/canonical-json.md. */
static void test_example_of_the_page(void **state)
{
    struct buf b;
    struct cj j;
    buf_init(&b, 1000);
    cj_open(&j, &b);
    cj_obj(&j);
    cj_kstr(&j, "calibre", SLICE(".38\""));
    cj_kstr(&j, "holder", SLICE("Dealer 001"));
    cj_key(&j, "marks");
    cj_arr(&j);
    cj_str(&j, SLICE("PT123456"));
    cj_arr_end(&j);
    cj_kbool(&j, "new", false);
    cj_kstr(&j, "note", SLICE("slide\nworn"));
    cj_kint(&j, "price", -1);
    cj_kint(&j, "year", 1986);
    cj_obj_end(&j);
    char hex[65] = {0};
    struct hash h = hash_of(b.p, b.n);
    hex_of(h.b, sizeof h.b, hex);
    assert_int_equal(b.n, 122);
    assert_string_equal(hex, "002dad93a3f060eba21c2a630d261d68c7e9ec3d1ca30c1474bce6fafc1912ca");
    assert_same_again(buf_view(&b));
    buf_free(&b);
}

static const struct {
    const char *json;
    const char *offset;
} refused[] = {
    {"", "0"},
    {" 1", "0"},
    {"1 ", "1"},
    {"[1, 2]", "3"},
    {"{\"a\": 1}", "5"},
    {"[1,]", "3"},
    {"[,1]", "1"},
    {"[1", "2"},
    {"{\"a\":1", "6"},
    {"{\"a\"}", "4"},
    {"{\"a\":}", "5"},
    {"{\"a\":1,}", "7"},
    {"{a:1}", "1"},
    {"{1:1}", "1"},
    {"{\"b\":1,\"a\":2}", "10"}, /* not in order */
    {"{\"a\":1,\"a\":2}", "10"}, /* twice */
    {"{\"\\u0001\":1}", "9"},    /* a key that needs an escape */
    {"{\"a\\\\\":1}", "6"},
    {"1.0", "1"},
    {"1e3", "1"},
    {"-0", "2"},
    {"01", "2"},
    {"-01", "3"},
    {"+1", "0"},
    {"-", "1"},
    {"9007199254740992", "16"},
    {"-9007199254740992", "17"},
    {"99999999999999999999", "16"},
    {"NaN", "0"},
    {"True", "0"},
    {"nul", "0"},
    {"truefalse", "4"},
    {"\"a", "2"},
    {"\"\\n\"", "2"},
    {"\"\\/\"", "2"},
    {"\"\\u000A\"", "2"}, /* upper case */
    {"\"\\u0020\"", "2"}, /* needs no escape */
    {"\"\\u0041\"", "2"},
    {"\"\\ud83d\\udd2b\"", "2"},
    {"\"\\u001\"", "2"},
    {"\"\\\"", "3"},
    {"\"a\nb\"", "2"},
    {"\"\t\"", "1"},
    {"\"\xC3\"", "1"},
    {"\"\xED\xA0\x80\"", "1"},
    {"\xEF\xBB\xBF{}", "0"},
    {"'a'", "0"},
    {"[]]", "2"},
    {"// c", "0"},
    {"[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]", "16"}, /* 17 deep */
};

static void test_refused(void **state)
{
    struct arena a;
    arena_init(&a, 1u << 20);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct cj_value *v = NULL;
        struct fault f = {0};
        enum err err = cj_parse(&a, slice_str(refused[i].json), &v, &f);
        if (err != ERR_FORMAT || v || strcmp(f.value, refused[i].offset) != 0)
            fail_msg("%s: %s at %s", refused[i].json, err_name(err), f.value);
    }
    struct cj_value *v;
    assert_int_equal(cj_parse(&a, SLICE("\"a\0b\""), &v, NULL), ERR_FORMAT);
    assert_int_equal(cj_parse(&a, SLICE("1\0"), &v, NULL), ERR_FORMAT);
    arena_free(&a);
}

/* Each beginning of a good text is refused, except where it is one itself. */
static void test_truncated(void **state)
{
    struct slice json = SLICE("{\"a\":[1,true,null,\"x\\u0001y\\\"\"],\"b\":{\"c\":-12}}");
    struct arena a;
    arena_init(&a, 1u << 20);
    for (size_t n = 0; n < json.n; n++) {
        struct cj_value *v;
        assert_int_equal(cj_parse(&a, slice_of(json.p, n), &v, NULL), ERR_FORMAT);
    }
    arena_free(&a);
}

static void test_tree(void **state)
{
    struct arena a;
    struct cj_value *v;
    arena_init(&a, 1u << 20);
    char text[] = "{\"empty\":{},\"i\":-5,\"list\":[1,2,3],\"nul\":\"a\\u0000b\",\"s\":\"a\\\"b\",\"t\":true}";
    assert_int_equal(cj_parse(&a, slice_str(text), &v, NULL), OK);
    memset(text, '#', sizeof text); /* the tree is its own */
    assert_true(slice_is(cj_get_str(v, "s"), "a\"b"));
    assert_true(slice_eq(cj_get_str(v, "nul"), SLICE("a\0b")));
    assert_int_equal(cj_get_int(v, "i", 7), -5);
    assert_int_equal(cj_get_int(v, "s", 7), 7);
    assert_int_equal(cj_get_int(v, "none", 7), 7);
    assert_true(cj_get_bool(v, "t"));
    assert_false(cj_get_bool(v, "i"));
    assert_int_equal(cj_get(v, "list")->count, 3);
    assert_int_equal(cj_get(v, "list")->first->next->next->i, 3);
    assert_int_equal(cj_get(v, "empty")->count, 0);
    assert_null(cj_get(NULL, "s"));
    assert_null(cj_get(cj_get(v, "i"), "s"));
    assert_null(cj_get_str(v, "i").p);
    arena_free(&a);
}

/* ---- misuse of the writer ---- */

static void key_twice(struct cj *j)
{
    cj_obj(j);
    cj_kint(j, "a", 1);
    cj_kint(j, "a", 1);
}
static void key_order(struct cj *j)
{
    cj_obj(j);
    cj_kint(j, "b", 1);
    cj_kint(j, "a", 1);
}
static void key_order_after_child(struct cj *j)
{
    cj_obj(j);
    cj_key(j, "b");
    cj_obj(j);
    cj_kint(j, "z", 1);
    cj_obj_end(j);
    cj_kint(j, "a", 1);
}
static void key_escaped(struct cj *j)
{
    cj_obj(j);
    cj_kint(j, "a\"", 1);
}
static void key_missing(struct cj *j)
{
    cj_obj(j);
    cj_int(j, 1);
}
static void key_without_value(struct cj *j)
{
    cj_obj(j);
    cj_key(j, "a");
    cj_obj_end(j);
}
static void key_key(struct cj *j)
{
    cj_obj(j);
    cj_key(j, "a");
    cj_key(j, "b");
}
static void key_in_array(struct cj *j)
{
    cj_arr(j);
    cj_key(j, "a");
}
static void key_outside(struct cj *j)
{
    cj_key(j, "a");
}
static void wrong_end(struct cj *j)
{
    cj_arr(j);
    cj_obj_end(j);
}
static void end_outside(struct cj *j)
{
    cj_arr_end(j);
}
static void second_value(struct cj *j)
{
    cj_int(j, 1);
    cj_int(j, 2);
}
static void too_deep(struct cj *j)
{
    for (int i = 0; i < 17; i++)
        cj_arr(j);
}
static void a_double(struct cj *j)
{
    cj_double(j, 1, 1);
}
static void too_large(struct cj *j)
{
    cj_int(j, INT64_C(9007199254740992));
}
static void too_small(struct cj *j)
{
    cj_int(j, INT64_C(-9007199254740992));
}
static void not_utf8(struct cj *j)
{
    cj_str(j, SLICE("abc\xFFxyz"));
}

static const struct {
    void (*write)(struct cj *j);
    enum err err;
} misuse[] = {
    {key_twice, ERR_BUG}, {key_order, ERR_BUG}, {key_order_after_child, ERR_BUG}, {key_escaped, ERR_BUG}, {key_missing, ERR_BUG},
    {key_without_value, ERR_BUG}, {key_key, ERR_BUG}, {key_in_array, ERR_BUG}, {key_outside, ERR_BUG}, {wrong_end, ERR_BUG},
    {end_outside, ERR_BUG}, {second_value, ERR_BUG}, {too_deep, ERR_BUG}, {a_double, ERR_BUG}, {too_large, ERR_RANGE},
    {too_small, ERR_RANGE}, {not_utf8, ERR_ENCODING},
};

static void test_misuse(void **state)
{
    for (size_t i = 0; i < sizeof misuse / sizeof *misuse; i++) {
        struct buf b;
        struct cj j;
        buf_init(&b, 1000);
        cj_open(&j, &b);
        misuse[i].write(&j);
        assert_int_equal(b.err, misuse[i].err);
        size_t n = b.n;
        cj_str(&j, SLICE("after"));
        assert_int_equal(b.n, n);
        buf_free(&b);
    }
}

static void test_loose(void **state)
{
    struct buf b;
    struct cj j;
    buf_init(&b, 1000);
    buf_str(&b, ">");
    cj_open_loose(&j, &b);
    cj_obj(&j);
    cj_kstr(&j, "b", SLICE("\n"));
    cj_kstr_opt(&j, "left out", slice_of(NULL, 0));
    cj_kstr_opt(&j, "a\"", SLICE("x"));
    cj_khex(&j, "h", (const uint8_t *)"\xDE\xAD", 2);
    cj_kbool(&j, "t", true);
    cj_key(&j, "d");
    cj_arr(&j);
    static const double v[] = {0, 1, -1.5, 0.0005, 0.00049, -0.0001, 1234567.891, 1e-9, 1e300 * 1e300};
    for (size_t i = 0; i < sizeof v / sizeof *v; i++)
        cj_double(&j, v[i], 3);
    cj_double(&j, 2.5, 0);
    cj_double(&j, 1e20, 1);
    cj_arr_end(&j);
    cj_key(&j, "r");
    cj_raw(&j, SLICE("[1,2]"));
    cj_obj_end(&j);
    assert_int_equal(b.err, OK);
    assert_string_equal(b.p, ">{\"b\":\"\\u000a\",\"a\\\"\":\"x\",\"h\":\"dead\",\"t\":true,\"d\":[0.000,1.000,-1.500,0.001,0.000,0.000,"
                             "1234567.891,0.000,null,3,100000000000000000000.0],\"r\":[1,2]}");
    buf_free(&b);
}

/* ---- random trees ---- */

static uint64_t seed = 1;

static unsigned chance(unsigned n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(seed >> 33) % n;
}

/* Text of all kinds of bytes and lengths around eight, the width at which the writer looks. */
static struct slice random_text(char out[200])
{
    static const char *const pieces[] = {"a", "PT92", "\"", "\\", "\n", "\x1F", "\x7F", " ", "\xC3\xA9", "\xD8\xA3", "\xE6\x9E\xAA",
        "\xF0\x9F\x94\xAB", "/", "12345678"};
    size_t n = 0;
    for (unsigned left = chance(20); left; left--) {
        const char *piece = pieces[chance(sizeof pieces / sizeof *pieces)];
        memcpy(out + n, piece, strlen(piece));
        n += strlen(piece);
    }
    if (chance(8) == 0)
        out[n++] = 0;
    return slice_of(out, n);
}

static void random_scalar(struct cj *j)
{
    char text[200];
    switch (chance(5)) {
    case 0:
        cj_null(j);
        break;
    case 1:
        cj_bool(j, chance(2));
        break;
    case 2:
        cj_int(j, ((int64_t)chance(1u << 30) * chance(1u << 23) - chance(1000)) * (chance(2) ? 1 : -1));
        break;
    default:
        cj_str(j, random_text(text));
    }
}

static void random_value(struct cj *j, unsigned depth)
{
    unsigned kind = depth < CJ_DEPTH ? chance(4) : 3, children = chance(6);
    char key[16];
    if (kind == 0)
        cj_obj(j);
    else if (kind == 1)
        cj_arr(j);
    else
        random_scalar(j);
    for (unsigned i = 0; kind < 2 && i < children; i++) {
        snprintf(key, sizeof key, "k%u%s", i, chance(2) ? "\xC3\xA9" : "");
        if (kind == 0)
            cj_key(j, key);
        random_value(j, depth + 1);
    }
    if (kind == 0)
        cj_obj_end(j);
    else if (kind == 1)
        cj_arr_end(j);
}

static void assert_same_meaning(const struct cj_value *v, const json_t *w);

static void assert_same_children(const struct cj_value *v, const json_t *w)
{
    size_t at = 0;
    assert_int_equal(v->count, v->type == CJ_OBJ ? json_object_size(w) : json_array_size(w));
    for (const struct cj_value *item = v->first; item; item = item->next, at++)
        assert_same_meaning(item, v->type == CJ_OBJ ? json_object_get(w, item->key.p) : json_array_get(w, at));
}

static void assert_same_meaning(const struct cj_value *v, const json_t *w)
{
    static const json_type type[] = {JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_INTEGER, JSON_STRING, JSON_ARRAY, JSON_OBJECT};
    assert_non_null(w);
    assert_int_equal(json_typeof(w), type[v->type]);
    if (v->type == CJ_INT)
        assert_int_equal(v->i, json_integer_value(w));
    if (v->type == CJ_STR)
        assert_true(slice_eq(v->s, slice_of(json_string_value(w), json_string_length(w))));
    if (v->type >= CJ_ARR)
        assert_same_children(v, w);
}

static void test_random_trees(void **state)
{
    struct arena a;
    struct buf b;
    arena_init(&a, 64u << 20);
    buf_init(&b, 8u << 20);
    for (int round = 0; round < 3000; round++) {
        struct cj j;
        struct cj_value *v;
        buf_reset(&b);
        arena_reset(&a);
        cj_open(&j, &b);
        random_value(&j, 0);
        assert_int_equal(b.err, OK);
        assert_same_again(buf_view(&b));
        assert_int_equal(cj_parse(&a, buf_view(&b), &v, NULL), OK);
        json_t *w = json_loadb(b.p, b.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        assert_same_meaning(v, w);
        json_decref(w);
    }
    buf_free(&b);
    arena_free(&a);
}

/* A special byte at each place of strings of each length: none slips through the eight-byte look. */
static void test_every_place(void **state)
{
    static const char special[] = {'"', '\\', 0, '\n', 0x1F, 'x', 0x20, 0x7F, 0x21, 0x23, 0x5B, 0x5D};
    char text[40], json[300];
    for (size_t n = 1; n <= 33; n++)
        for (size_t at = 0; at < n; at++)
            for (size_t k = 0; k < sizeof special; k++) {
                memset(text, 'a', n);
                text[at] = special[k];
                struct buf b;
                struct cj j;
                buf_init(&b, 300);
                cj_open(&j, &b);
                cj_str(&j, slice_of(text, n));
                bool plain = (uint8_t)special[k] >= 0x20 && special[k] != '"' && special[k] != '\\';
                snprintf(json, sizeof json, plain ? "\"%.*s%c%.*s\"" : special[k] >= 0x20 ? "\"%.*s\\%c%.*s\"" : "\"%.*s\\u%04x%.*s\"",
                    (int)at, text, special[k], (int)(n - at - 1), text + at + 1);
                assert_string_equal(b.p, json);
                buf_free(&b);
            }
}

/* No memory, or no more of it than allowed: said, never a wrong tree. */
static void test_memory(void **state)
{
    struct slice json = SLICE("{\"a\":[1,2,{\"b\":\"text\"}],\"c\":\"more\"}");
    size_t max = 0;
    for (enum err err = ERR_MEMORY; err; max += 16) {
        struct arena a;
        struct cj_value *v = NULL;
        arena_init(&a, max);
        err = cj_parse(&a, json, &v, NULL);
        assert_true(err == ERR_MEMORY || (err == OK && cj_get_str(v, "c").n == 4));
        arena_free(&a);
        assert_true(max < 4000);
    }
    struct arena a;
    struct cj_value *v;
    arena_init(&a, 1u << 20);
    mem_test_fail_at(1);
    assert_int_equal(cj_parse(&a, json, &v, NULL), ERR_MEMORY);
    mem_test_fail_at(0);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_example_of_the_page),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_tree),
        cmocka_unit_test(test_misuse),
        cmocka_unit_test(test_loose),
        cmocka_unit_test(test_random_trees),
        cmocka_unit_test(test_every_place),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
