/* Faults: what a person needs, cut to size; every code has its words. */
#include "base/embed.h"
#include "base/err.h"

#include <stdarg.h>
#include <setjmp.h>
#include <errno.h>
#include <stdio.h>
#include <cmocka.h>

static void test_fault(void **state)
{
    struct fault f;
    assert_int_equal(fault_set(&f, ERR_FORMAT, "year", SLICE("20x4"), "want.year"), ERR_FORMAT);
    assert_int_equal(f.code, ERR_FORMAT);
    assert_string_equal(f.field, "year");
    assert_string_equal(f.value, "20x4");
    assert_string_equal(f.want, "want.year");
    assert_int_equal(fault_set(NULL, ERR_RANGE, NULL, slice_of(NULL, 0), NULL), ERR_RANGE);
}

static void test_fault_shows_safely(void **state)
{
    struct fault f;
    fault_set(&f, ERR_ENCODING, NULL, SLICE("a\0b\x1B[2Jc\x7F\xFF\xC5\x84"), NULL);
    assert_string_equal(f.value, "a?b?[2Jc??\xC5\x84");
    assert_string_equal(f.field, "");
}

/* Cut between characters, never inside one, and marked. Two-byte characters at both parities. */
static void test_fault_is_cut(void **state)
{
    char text[400];
    struct fault f;
    for (size_t first = 0; first < 2; first++) {
        memset(text, 'x', first);
        for (size_t i = first; i + 2 < sizeof text; i += 2)
            memcpy(text + i, "\xC5\x84", 2);
        text[398 + first % 2] = 0;
        fault_set(&f, ERR_TOO_LONG, text, slice_str(text), text);
        assert_int_equal(slice_utf8_fault(slice_str(f.value)), -1);
        assert_true(strlen(f.value) >= sizeof f.value - 3);
        assert_string_equal(f.value + strlen(f.value) - 3, "\xE2\x80\xA6");
        assert_true(strlen(f.field) < sizeof f.field && strlen(f.want) < sizeof f.want);
    }
    memset(text, 'x', sizeof text);
    fault_set(&f, ERR_TOO_LONG, NULL, slice_of(text, 127), NULL); /* just fits */
    assert_int_equal(strlen(f.value), 127);
    assert_int_equal(f.value[126], 'x');
}

static void test_fault_sys(void **state)
{
    struct fault f;
    assert_int_equal(fault_sys(&f, ENOSPC, "segment"), ERR_NO_ROOM);
    assert_int_equal(f.sys, ENOSPC);
    assert_string_equal(f.field, "segment");
    assert_int_equal(fault_sys(&f, EDQUOT, "segment"), ERR_NO_ROOM);
    assert_int_equal(fault_sys(&f, ENOMEM, "segment"), ERR_MEMORY);
    assert_int_equal(fault_sys(NULL, EIO, "segment"), ERR_IO);
    char path[300] = "/mnt/"; /* the end of a path says which file it is */
    memset(path + 5, 'd', 250);
    memcpy(path + 255, "/accounts.new", 14);
    assert_int_equal(fault_sys(&f, EIO, path), ERR_IO);
    assert_true(strlen(f.field) == FAULT_FIELD - 1 && slice_starts(slice_str(f.field), "\u2026d"));
    assert_string_equal(f.field + FAULT_FIELD - 1 - 13, "/accounts.new");
    assert_int_equal(fault_sys(&f, EIO, NULL), ERR_IO);
}

static void test_every_code_has_words(void **state)
{
    struct slice words = embed_get("data/lang/en.msg");
    assert_non_null(words.p);
    for (enum err e = 0; e < ERR_COUNT; e++) {
        char line[80];
        snprintf(line, sizeof line, "\n%s: ", err_key(e));
        if (!strstr(words.p, line))
            fail_msg("%s has no line %s", err_name(e), err_key(e));
    }
    assert_null(embed_get("data/none").p);
}

static void test_who(void **state)
{
    assert_int_equal(err_who(ERR_FORMAT), ERR_CALLER);
    assert_int_equal(err_who(ERR_NO_ROOM), ERR_ENVIRONMENT);
    assert_int_equal(err_who(ERR_BUG), ERR_US);
    assert_true(err_again(ERR_CONFLICT));
    assert_false(err_again(ERR_DAMAGED));
    assert_string_equal(err_name(OK), "OK");
    assert_string_equal(err_name((enum err)999), "ERR_BUG");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fault),
        cmocka_unit_test(test_fault_shows_safely),
        cmocka_unit_test(test_fault_is_cut),
        cmocka_unit_test(test_fault_sys),
        cmocka_unit_test(test_every_code_has_words),
        cmocka_unit_test(test_who),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
