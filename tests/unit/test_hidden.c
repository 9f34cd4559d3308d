/* Signs that nobody sees. The oracle is ICU's copy of the Unicode Character Database. */
#include "base/hidden.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>
#include <cmocka.h>

static struct slice sign(uint32_t c, char out[8])
{
    int n = 0;
    U8_APPEND_UNSAFE(out, n, c);
    return slice_of(out, (size_t)n);
}

/* Drawn although of category Cf: property Prepended_Concatenation_Mark, and the Syriac abbreviation mark. */
static bool drawn(uint32_t c)
{
    return u_hasBinaryProperty((UChar32)c, UCHAR_PREPENDED_CONCATENATION_MARK);
}

static void every_sign_of_unicode_is_judged_as_its_database_has_it(void **state)
{
    for (uint32_t c = 0; c < 0x110000; c++) {
        char b[8];
        int8_t type = u_charType((UChar32)c);
        if (type == U_SURROGATE)
            continue;
        bool hides = type == U_CONTROL_CHAR || (type == U_FORMAT_CHAR && !drawn(c)) || type == U_LINE_SEPARATOR || type == U_PARAGRAPH_SEPARATOR ||
            u_hasBinaryProperty((UChar32)c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) || (c & 0xFFFE) == 0xFFFE || (c >= 0xFDD0 && c <= 0xFDEF);
        if ((hidden_find(sign(c, b), HIDDEN_NONE, NULL) == 0) != hides && !(c >= 0xFFF0 && c <= 0xFFFB) && !(c >= 0x13430 && c <= 0x1343F))
            fail_msg("U+%04X", c);
    }
}

static void a_refusal_names_the_sign_in_its_place(void **state)
{
    struct fault f = {0};
    assert_int_equal(hidden_refuse(SLICE("AB12"), HIDDEN_NONE, "mark", &f), OK);
    assert_int_equal(hidden_refuse(SLICE("AB\u202e12"), HIDDEN_NONE, "mark", &f), ERR_FORMAT);
    assert_string_equal(f.field, "mark");
    assert_string_equal(f.value, "AB[U+202E]12");
    assert_string_equal(f.want, "want.no_hidden");
    assert_int_equal(hidden_refuse(SLICE("ق\u200cق\u2066\x7f"), HIDDEN_NONE, "mark", &f), ERR_FORMAT);
    assert_string_equal(f.value, "ق[U+200C]ق[U+2066][U+007F]");
    char far[600];
    memset(far, 'x', sizeof far);
    memcpy(far + 300, "\u202e", 3);
    assert_int_equal(hidden_refuse(slice_of(far, sizeof far), HIDDEN_FREE, "note", &f), ERR_FORMAT);
    assert_non_null(strstr(f.value, "xx[U+202E]xx"));
    for (size_t n = 0; n < 200; n++) { /* wherever it stands, what is shown is text */
        char many[600];
        size_t at = n;
        memset(many, 'y', n);
        while (at + 4 < sizeof many) {
            memcpy(many + at, "\U000e0041", 4);
            at += 4;
        }
        assert_int_equal(hidden_refuse(slice_of(many, at), HIDDEN_FREE, "note", &f), ERR_FORMAT);
        assert_true(slice_utf8_fault(slice_str(f.value)) < 0);
        assert_non_null(strstr(f.value, "[U+E0041]"));
    }
}

static void names_keep_their_joiners(void **state)
{
    static const char *const names[] = {"علی\u200cرضا", "نجف\u200cآباد", "علی\u200c رضا", "क्\u200dष", "葛\U000e0100城"};
    static const char *const not_names[] = {"Tau\u200crus", "ab\u200e", "A\u2067B", "A\nB", "A\u2028B", "علی\u202eرضا"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_true(hidden_find(slice_str(names[i]), HIDDEN_WORDS, NULL) < 0);
        assert_true(hidden_find(slice_str(names[i]), HIDDEN_NONE, NULL) > 0);
    }
    for (size_t i = 0; i < sizeof not_names / sizeof *not_names; i++)
        assert_true(hidden_find(slice_str(not_names[i]), HIDDEN_WORDS, NULL) > 0);
    assert_true(hidden_find(SLICE("1 Main Street\r\nTown"), HIDDEN_ADDRESS, NULL) < 0);
    assert_true(hidden_find(SLICE("A\u200eB\u2067C\u2069\n\tD"), HIDDEN_FREE, NULL) < 0);
}

static void cut_bytes_are_no_harm(void **state)
{
    assert_true(hidden_find(SLICE("A\xe2\x80"), HIDDEN_NONE, NULL) >= -1);
    assert_true(hidden_find(SLICE("\xf0"), HIDDEN_NONE, NULL) >= -1);
    assert_int_equal(hidden_find(slice_of(NULL, 0), HIDDEN_NONE, NULL), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sign_of_unicode_is_judged_as_its_database_has_it), cmocka_unit_test(a_refusal_names_the_sign_in_its_place),
        cmocka_unit_test(names_keep_their_joiners), cmocka_unit_test(cut_bytes_are_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
