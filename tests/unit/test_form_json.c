/* Objects of texts (RFC 8259) and lines of them: what is not an object of texts is refused, line by line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include "web/form_json.h"

static struct arena a;

static int begin_test(void **state)
{
    arena_init(&a, 16u << 20);
    return 0;
}

static int end_test(void **state)
{
    arena_free(&a);
    return 0;
}

static void texts_alone(void **state)
{
    static const struct {
        const char *text, *field;
    } bad[] = {{"", "body"}, {"[]", "body"}, {"\"x\"", "body"}, {"{\"a\":1}", "a"}, {"{\"a\":null}", "a"}, {"{\"a\":{}}", "a"}, {"{\"a\":\"1\",\"a\":\"2\"}", "body"},
        {"{\"a\":\"\\u0000\"}", "body"}, {"{\"a\":\"1\"} x", "body"}, {"{\"a\":\"\xff\"}", "body"}, {"{\"\":1}", "body"}};
    struct form form;
    struct fault f;
    assert_int_equal(form_json(&a, SLICE("{\"mark\":\" A 1 \",\"x\":\"\"}"), &form, &f), OK);
    assert_int_equal(form.count, 2);
    assert_true(slice_is(form_get(&form, "mark"), "A 1"));
    assert_null(form_get(&form, "x").p);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(form_json(&a, slice_str(bad[i].text), &form, &f), ERR_FORMAT);
        assert_string_equal(f.field, bad[i].field);
        assert_string_equal(f.want, "want.json_texts");
    }
}

static void not_too_many(void **state)
{
    struct buf b;
    struct form form;
    buf_init(&b, 1u << 16);
    for (int n = FORM_FIELDS; n <= FORM_FIELDS + 1; n++) {
        buf_reset(&b);
        for (int i = 0; i < n; i++)
            buf_printf(&b, "%s\"f%d\":\"v\"", i ? "," : "{", i);
        buf_str(&b, "}");
        assert_int_equal(form_json(&a, buf_view(&b), &form, NULL), n == FORM_FIELDS ? OK : ERR_TOO_LONG);
    }
    buf_free(&b);
}

static void lines_are_read_alone(void **state)
{
    struct json_line *line;
    size_t n;
    struct fault f;
    const struct slice body = SLICE("{\"a\":\"1\"}\r\n\n  \t\n{\"a\":\n{\"b\":\"2\"}");
    assert_int_equal(form_json_lines(&a, body, 3, &line, &n, &f), OK);
    assert_int_equal(n, 3);
    assert_int_equal(line[0].number, 1);
    assert_true(slice_is(form_get(line[0].form, "a"), "1"));
    assert_int_equal(line[1].number, 4);
    assert_null(line[1].form);
    assert_int_equal(line[1].fault.code, ERR_FORMAT);
    assert_int_equal(line[2].number, 5);
    assert_true(slice_is(form_get(line[2].form, "b"), "2"));
    assert_int_equal(form_json_lines(&a, body, 2, &line, &n, &f), ERR_TOO_LONG);
    assert_int_equal(form_json_lines(&a, SLICE("\n \n"), 2, &line, &n, &f), ERR_MISSING);
    assert_int_equal(form_json_lines(&a, SLICE(""), 2, &line, &n, &f), ERR_MISSING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(texts_alone, begin_test, end_test), cmocka_unit_test_setup_teardown(not_too_many, begin_test, end_test),
        cmocka_unit_test_setup_teardown(lines_are_read_alone, begin_test, end_test)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
