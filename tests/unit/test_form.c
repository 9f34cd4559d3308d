/* Addresses and forms (WHATWG URL standard 5.1; RFC 3986 2): what is not well-formed is refused, never repaired. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "web/form.h"
#include "web/web_in.h"

static enum err parse(struct arena *a, const char *text, struct form *out)
{
    struct fault f = {0};
    return form_parse(a, slice_str(text), out, &f);
}

static void test_fields(void **state)
{
    struct arena a;
    struct form form;
    arena_init(&a, 1 << 20);
    assert_int_equal(parse(&a, "pattern=A%3F1+5&make=&&x&y==&%C3%A9=%e2%82%ac", &form), OK);
    assert_int_equal(form.count, 5);
    assert_true(slice_is(form_get(&form, "pattern"), "A?1 5"));
    assert_null(form_get(&form, "make").p);
    assert_null(form_get(&form, "x").p);
    assert_null(form_get(&form, "absent").p);
    assert_true(slice_is(form_get(&form, "y"), "="));
    assert_true(slice_is(form_get(&form, "\u00e9"), "\u20ac"));
    assert_int_equal(parse(&a, "", &form), OK);
    assert_int_equal(form.count, 0);
    arena_free(&a);
}

static void test_refused_fields(void **state)
{
    static const struct {
        const char *text;
        enum err code;
    } bad[] = {{"a=%", ERR_FORMAT}, {"a=%2", ERR_FORMAT}, {"a=%zz", ERR_FORMAT}, {"a=%00", ERR_ENCODING}, {"a=%ff", ERR_ENCODING},
        {"a=%C0%AF", ERR_ENCODING}, {"a=%ED%A0%80", ERR_ENCODING}, {"a=1&a=2", ERR_EXISTS}, {"a=1&%61=2", ERR_EXISTS}};
    struct arena a;
    struct form form;
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(parse(&a, bad[i].text, &form), bad[i].code);
    struct buf many;
    buf_init(&many, 1 << 16);
    for (int i = 0; i <= FORM_FIELDS; i++)
        buf_printf(&many, "f%d=1&", i);
    assert_int_equal(parse(&a, many.p, &form), ERR_TOO_LONG);
    buf_free(&many);
    arena_free(&a);
}

static void test_paths(void **state)
{
    static const char *const bad[] = {"", "x", "//", "/a//b", "/.", "/..", "/a/../b", "/%2e%2e/b", "/a%2Fb", "/a%2fb", "/%00", "/%ff", "/%"};
    struct arena a;
    struct slice path;
    struct fault f;
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_not_equal(form_path(&a, slice_str(bad[i]), &path, &f), OK);
    assert_int_equal(form_path(&a, SLICE("/firearms/%D0%9E%D0%A0-2018+1"), &path, &f), OK);
    assert_true(slice_is(path, "/firearms/ОР-2018+1"));
    assert_int_equal(form_path(&a, SLICE("/"), &path, &f), OK);
    arena_free(&a);
}

static void test_quote_is_the_inverse(void **state)
{
    struct arena a;
    struct form form;
    struct buf b;
    char all[256];
    for (int i = 1; i < 128; i++)
        all[i - 1] = (char)i;
    arena_init(&a, 1 << 20);
    buf_init(&b, 1 << 16);
    buf_str(&b, "x=a");
    form_quote(&b, slice_of(all, 127));
    buf_str(&b, "z");
    assert_int_equal(parse(&a, b.p, &form), OK);
    struct slice v = form_get(&form, "x");
    assert_int_equal(v.n, 129);
    assert_memory_equal(v.p + 1, all, 127);
    buf_free(&b);
    arena_free(&a);
}

static void test_routes(void **state)
{
    struct slice params[HTTP_PARAMS];
    bool other;
    const struct route *r = route_find(HTTP_GET, SLICE("/firearms/abc"), params, &other);
    assert_non_null(r);
    assert_string_equal(r->path, "/firearms/{id}");
    assert_true(slice_is(params[0], "abc"));
    r = route_find(HTTP_GET, SLICE("/api/v1/firearms/a b/trace.pdf"), params, &other);
    assert_non_null(r);
    assert_true(r->api);
    assert_true(slice_is(params[0], "a b"));
    assert_null(route_find(HTTP_GET, SLICE("/firearms/abc/def"), params, &other));
    assert_false(other);
    assert_null(route_find(HTTP_POST, SLICE("/firearms/abc"), params, &other));
    assert_true(other);
    assert_null(route_find(HTTP_GET, SLICE("/firearms/"), params, &other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_fields), cmocka_unit_test(test_refused_fields), cmocka_unit_test(test_paths),
        cmocka_unit_test(test_quote_is_the_inverse), cmocka_unit_test(test_routes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
