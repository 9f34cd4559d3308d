/* UTF-8 by the Unicode standard: every sequence of up to three bytes against the definition of a well-formed code unit
 * sequence (shortest form, no surrogate, at most 10FFFF), and the examples of table 3-8. */
#include "base/slice.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

/* Definition D92: length of the well-formed sequence at p, 0 when there is none. Decodes first, judges afterwards. */
static size_t oracle_sequence(const uint8_t *p, size_t n)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = p[0] < 0x80 ? 1 : p[0] >> 5 == 6 ? 2 : p[0] >> 4 == 14 ? 3 : p[0] >> 3 == 30 ? 4 : 0;
    if (length <= 1 || n < length)
        return length == 1;
    uint32_t code = p[0] & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        if (p[i] >> 6 != 2)
            return 0;
        code = code << 6 | (p[i] & 0x3F);
    }
    bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    return code < least[length] || code > 0x10FFFF || surrogate ? 0 : length;
}

static ptrdiff_t oracle_fault(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t length = oracle_sequence(p + i, n - i);
        if (length == 0)
            return (ptrdiff_t)i;
        i += length;
    }
    return -1;
}

static void check(const uint8_t *p, size_t n)
{
    ptrdiff_t got = slice_utf8_fault(slice_of((const char *)p, n)), want = oracle_fault(p, n);
    if (got != want)
        fail_msg("%02x %02x %02x %02x (%zu bytes): %td, not %td", p[0], p[1], p[2], p[3], n, got, want);
}

static void test_utf8_three_bytes(void **state)
{
    uint8_t p[4] = {0};
    for (unsigned v = 0; v < 1u << 24; v++) {
        p[0] = (uint8_t)(v >> 16);
        p[1] = (uint8_t)(v >> 8);
        p[2] = (uint8_t)v;
        if (p[0] < 0x80 && p[1] < 0x80)
            continue;
        check(p, 3);
        if (p[2] == 0x80)
            check(p, 2);
    }
}

static void test_utf8_four_bytes(void **state)
{
    static const uint8_t edge[] = {0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xE0, 0xF0, 0xFF};
    uint8_t p[4];
    for (unsigned v = 0; v < 1u << 16; v++)
        for (size_t k = 0; k < sizeof edge * sizeof edge; k++) {
            p[0] = (uint8_t)(v >> 8);
            p[1] = (uint8_t)v;
            p[2] = edge[k / sizeof edge];
            p[3] = edge[k % sizeof edge];
            if (p[0] >= 0xF0)
                check(p, 4);
        }
}

/* Table 3-8: C0 AF, E0 80, F0 81 82 and the like; and faults behind a long run of ASCII, at every distance from its start. */
static void test_utf8_examples(void **state)
{
    static const char *const bad[] = {"\xC0\xAF", "\xE0\x80\xBF", "\xF0\x81\x82\x41", "\xED\xA0\x80", "\xED\xBF\xBF", "\xF4\x91\x92\x93",
        "\xFF", "\xE1\x80", "\xF0\x90\x80", "\x80", "\xC2"};
    char text[64];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        for (size_t before = 0; before < 24; before++) {
            memset(text, 'x', sizeof text);
            memcpy(text + before, bad[i], strlen(bad[i]));
            assert_int_equal(slice_utf8_fault(slice_of(text, before + strlen(bad[i]))), before);
        }
    assert_int_equal(slice_utf8_fault(SLICE("Gda\xC5\x84sk \xD0\x9C\xD0\xBE\xD1\x81\xD0\xBA\xD0\xB2\xD0\xB0 \xE6\x9E\xAA \xF0\x9F\x94\xAB")), -1);
    assert_int_equal(slice_utf8_fault(slice_of(NULL, 0)), -1);
}

static void test_order(void **state)
{
    assert_int_equal(slice_cmp(SLICE("a"), SLICE("b")), -1);
    assert_int_equal(slice_cmp(SLICE("b"), SLICE("a")), 1);
    assert_int_equal(slice_cmp(SLICE("a"), SLICE("ab")), -1);
    assert_int_equal(slice_cmp(SLICE("ab"), SLICE("ab")), 0);
    assert_int_equal(slice_cmp(SLICE("Z"), SLICE("a")), -1);
    assert_int_equal(slice_cmp(SLICE("\x7F"), SLICE("\x80")), -1); /* bytes are unsigned */
    assert_int_equal(slice_cmp(slice_of(NULL, 0), SLICE("")), 0);
    assert_int_equal(slice_cmp(SLICE("a\0a"), SLICE("a\0b")), -1);
}

static void test_trim_and_starts(void **state)
{
    assert_true(slice_is(slice_trim(SLICE(" \t\r\n a b \v\f ")), "a b"));
    assert_int_equal(slice_trim(SLICE(" \t ")).n, 0);
    assert_int_equal(slice_trim(slice_of(NULL, 0)).n, 0);
    assert_true(slice_starts(SLICE("PT123"), "PT"));
    assert_true(slice_starts(SLICE("PT123"), ""));
    assert_false(slice_starts(SLICE("P"), "PT"));
}

static void test_bare(void **state)
{
    static const char *const same[] = {"A 1", " A 1 ", "\u200eA 1\u200f", "\u2068A 1\u2069", "\u00a0 A 1\u00a0\n", "\ufeffA 1\u202c\u200b ", "\u2066\u2068A 1\u2069\u2069"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        assert_true(slice_is(slice_bare(slice_str(same[i])), "A 1"));
    assert_true(slice_is(slice_bare(SLICE("ق\u200cق")), "ق\u200cق")); /* within a word it is part of it */
    assert_true(slice_is(slice_bare(SLICE("é")), "é"));
    assert_true(slice_is(slice_bare(SLICE("\u061cعلي\u061c\u200f")), "علي"));
    assert_true(slice_is(slice_bare(SLICE("…A–")), "…A–"));
    assert_true(slice_is(slice_bare(SLICE("\u202e21BA")), "\u202e21BA")); /* what was seen read AB12 */
    assert_true(slice_is(slice_bare(SLICE(" 21\u202d ")), "21\u202d"));
    assert_int_equal(slice_bare(SLICE(" \u200e\u2069 ")).n, 0);
    assert_int_equal(slice_bare(slice_of(NULL, 0)).n, 0);
}

static void test_u64(void **state)
{
    static const struct {
        const char *text;
        uint64_t max;
        bool ok;
        uint64_t v;
    } rows[] = {
        {"0", 9, true, 0},
        {"007", 9, true, 7},
        {"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
        {"18446744073709551616", UINT64_MAX, false, 0},
        {"99999999999999999999999", UINT64_MAX, false, 0},
        {"10", 9, false, 0},
        {"", 9, false, 0},
        {"-1", 9, false, 0},
        {"+1", 9, false, 0},
        {" 1", 9, false, 0},
        {"1a", 99, false, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t v = 4711;
        assert_int_equal(slice_u64(slice_str(rows[i].text), rows[i].max, &v), rows[i].ok);
        assert_int_equal(v, rows[i].ok ? rows[i].v : 4711);
    }
}

static void test_digits(void **state)
{
    char out[64];
    assert_true(slice_is(slice_digits(SLICE("٠١٢٣٤٥٦٧٨٩"), out), "0123456789"));
    assert_true(slice_is(slice_digits(SLICE("۰۱۲۳۴۵۶۷۸۹"), out), "0123456789"));
    assert_true(slice_is(slice_digits(SLICE("٢٠٢٠-۰۳-15"), out), "2020-03-15"));
    assert_true(slice_is(slice_digits(SLICE("ج٤ ف"), out), "ج4 ف")); /* letters are neighbours of digits in UTF-8 */
    assert_true(slice_is(slice_digits(SLICE("\xD9"), out), "\xD9"));
    assert_int_equal(slice_digits(slice_of(NULL, 0), out).n, 0);
}

static void test_hex(void **state)
{
    uint8_t out[4] = {1, 2, 3, 4};
    char text[8];
    assert_true(hex_to(SLICE("00fF7a80"), out, 4));
    assert_memory_equal(out, "\x00\xFF\x7A\x80", 4);
    hex_of(out, 4, text);
    assert_memory_equal(text, "00ff7a80", 8);
    assert_false(hex_to(SLICE("00ff7a8"), out, 4));
    assert_false(hex_to(SLICE("00ff7a8g"), out, 4));
    assert_false(hex_to(SLICE("00ff7a8011"), out, 4));
    assert_memory_equal(out, "\x00\xFF\x7A\x80", 4);
    assert_int_equal(slice_nul(SLICE("ab\0c")), 2);
    assert_int_equal(slice_nul(SLICE("abc")), -1);
}

static void test_words(void **state)
{
    struct slice rest = SLICE(", sold ,returned  lost,"), one;
    static const char *const want[] = {"sold", "returned", "lost"};
    for (size_t i = 0; i < 3; i++) {
        assert_true(slice_word(&rest, &one));
        assert_true(slice_is(one, want[i]));
    }
    assert_false(slice_word(&rest, &one));
    rest = slice_of(NULL, 0);
    assert_false(slice_word(&rest, &one));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_utf8_three_bytes),
        cmocka_unit_test(test_utf8_four_bytes),
        cmocka_unit_test(test_utf8_examples),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_trim_and_starts),
        cmocka_unit_test(test_bare),
        cmocka_unit_test(test_u64),
        cmocka_unit_test(test_digits),
        cmocka_unit_test(test_hex),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
