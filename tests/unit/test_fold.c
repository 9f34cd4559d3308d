/* Folding: facts sheet "Look-alikes per script", NCIC Gun File rules, Unicode code charts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "domain/mark.h"

static struct mark_key fold(const char *z)
{
    struct mark_key k, s;
    mark_fold(slice_str(z), &k, &s);
    return k;
}

static struct mark_key classes(const char *z)
{
    struct mark_key k = fold(z);
    for (unsigned i = 1; i < 16; i++)
        k.b[i] &= 0xFC;
    return k;
}

static void assert_fold(const char *a, const char *b, bool alike, bool exact)
{
    struct mark_key ca = classes(a), cb = classes(b), ka = fold(a), kb = fold(b);
    if ((memcmp(&ca, &cb, 16) == 0) != alike || (memcmp(&ka, &kb, 16) == 0) != exact)
        fail_msg("%s and %s: want alike %d exact %d", a, b, alike, exact);
}

static const struct {
    const char *a, *b;
    bool alike, exact;
} pairs[] = {
    /* case and separators vanish */
    {"ab 12-3", "AB123", true, true}, {"A.B/1_2,3", "AB123", true, true}, {"", " - ", true, true},
    /* look-alike classes */
    {"0000", "OQD0", true, false}, {"111", "IL|", true, false}, {"2", "Z", true, false}, {"5", "S", true, false},
    {"6", "G", true, false}, {"8", "B", true, false},
    /* cheap substitutions that stay apart */
    {"4", "A", false, false}, {"7", "T", false, false}, {"3", "E", false, false}, {"U", "V", false, false},
    {"9", "G", false, false}, {"8", "6", false, false}, {"C", "G", false, false},
    /* Cyrillic and Greek twins by shape: В is B, Н is H, Р is P, С is C, У is Y, Х is X */
    {"АВЕКМНОРСТУХ", "ABEKMHOPCTYX", true, true}, {"авек", "ABEK", true, true}, {"ЅІЈ", "SIJ", true, true},
    {"ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX", true, true}, {"З", "3", true, false}, {"Ж", "X", false, false},
    {"Г", "Γ", true, false}, {"П", "Π", true, false}, {"Д", "D", false, false},
    /* digits of other scripts by value; full width; Roman numerals; accents */
    {"١٢٣٤٥٦٧٨٩٠", "1234567890", true, true}, {"۱۲۳۴۵۶۷۸۹۰", "1234567890", true, true}, {"१२३", "123", true, true},
    {"ＡＢ１２", "AB12", true, true}, {"Ⅷ12", "VIII12", true, true}, {"ⅳ", "IV", true, true}, {"É1", "E1", true, true},
    {"Ø1", "O1", true, true}, {"Æ", "AE", true, true},
    /* glyphs without a class of their own stay characters */
    {"中", "华", true, false}, {"中1", "1", false, false}};

static void test_pairs(void **state)
{
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        assert_fold(pairs[i].a, pairs[i].b, pairs[i].alike, pairs[i].exact);
}

static void test_every_ascii_character(void **state)
{
    for (uint32_t c = 1; c < 128; c++) {
        unsigned v = 0, cls = mark_class(c, false, &v);
        bool alnum = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '|';
        assert_int_equal(cls != 0, alnum);
        if (c >= '0' && c <= 'Z' && alnum)
            assert_int_equal(mark_glyph(cls, v), c);
    }
}

static void test_shape_key(void **state)
{
    static const char *const rows[][2] = {/* text, what a reader of Latin would type for its shape */
        {"٥٦", "07"}, {"٧", "V"}, {"١", "I"}, {"A٠1", "A1"}, {"۵۶", "06"}, {"b12", "612"}, {"Ag1", "A91"},
        {"Aq1", "A91"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct mark_key value, shape, want = classes(rows[i][1]);
        unsigned flags = mark_fold(slice_str(rows[i][0]), &value, &shape);
        assert_true(flags & MARK_HAS_SHAPE_KEY);
        for (unsigned k = 1; k < 16; k++)
            shape.b[k] &= 0xFC;
        assert_memory_equal(&shape, &want, 16);
    }
    struct mark_key value;
    assert_int_equal(mark_fold(SLICE("AB-1234"), &value, NULL), 0);
}

static void test_flags_and_length(void **state)
{
    struct mark_key k, s, keys[MARK_KEYS];
    unsigned flags;
    assert_int_equal(mark_fold(SLICE("АВ12"), &k, &s), MARK_NON_LATIN);
    assert_int_equal(mark_fold(SLICE("A?1*"), &k, &s), MARK_UNREADABLE);
    assert_int_equal(k.b[0], 2);
    assert_int_equal(mark_fold(SLICE("123456789012345"), &k, &s), 0);
    assert_int_equal(mark_fold(SLICE("1-23-45678-ABC12345"), &k, &s), MARK_LONG);
    assert_int_equal(k.b[0], 15);
    assert_int_equal(mark_keys(SLICE("1-23-45678-ABC12345"), keys, &flags), 2);
    assert_int_equal(keys[1].b[0], MARK_TAIL | 1);
    assert_int_equal(keys[1].b[1] >> 2, mark_class('5', false, NULL));
    assert_int_equal(mark_keys(SLICE("1234567890123456789012345678901234567890"), keys, &flags), 2);
    assert_int_equal(flags, MARK_LONG | MARK_CUT);
    assert_int_equal(mark_keys(SLICE("٥٥"), keys, &flags), 2);
    assert_int_equal(mark_keys(SLICE("--"), keys, &flags), 0);
}

static void test_bytes_that_are_not_utf8_are_latin_1(void **state)
{
    assert_fold("\xC9"
                "12",
        "E12", true, true);
    assert_fold("12\xE9", "12E", true, true);
}

static void test_embedded_letters(void **state)
{
    /* NCIC: 369J257 = 369257; prefix and suffix letters count */
    static const char *const rows[][2] = {{"369J257", "369257"}, {"369M257", "369257"}, {"A369J257B", "A369257B"},
        {"369257", "369257"}, {"ABC", "ABC"}, {"A1", "A1"}, {"1A2B3", "123"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct mark_key k = fold(rows[i][0]), want = fold(rows[i][1]), got = mark_without_embedded(&k);
        assert_memory_equal(&got, &want, 16);
    }
}

static void test_status_codes(void **state)
{
    for (unsigned i = 0; i < MARK_STATUS_COUNT; i++) {
        enum mark_status s = MARK_STATUS_COUNT;
        assert_true(mark_status_of(slice_str(mark_status_code(i)), &s));
        assert_int_equal(s, i);
    }
    enum mark_status s = MARK_WORN;
    assert_false(mark_status_of(SLICE("clear"), &s));
    assert_int_equal(s, MARK_WORN);
}

static void test_attribute_word(void **state)
{
    struct mark_attr a = {
        .make = 0x8123, .model = 0xBEEF, .calibre = 1023, .type = 31, .country = 250, .year = 2026, .non_latin = true};
    struct mark_attr b = mark_attr_unpack(mark_attr_pack(a));
    assert_int_equal(b.make, a.make);
    assert_int_equal(b.model, a.model);
    assert_int_equal(b.calibre, a.calibre);
    assert_int_equal(b.type, a.type);
    assert_int_equal(b.country, a.country);
    assert_int_equal(b.year, a.year);
    assert_true(b.non_latin);
    assert_true(mark_attr_pack((struct mark_attr){0}) == 0);
    assert_int_equal(
        mark_attr_unpack(mark_attr_pack((struct mark_attr){.year = 1850})).year, 0); /* before the scale: unknown */
    assert_int_equal(mark_attr_unpack(mark_attr_pack((struct mark_attr){.year = 1851})).year, 1851);
    assert_int_equal(mark_attr_unpack(mark_attr_pack((struct mark_attr){.calibre = 1024})).calibre, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_pairs), cmocka_unit_test(test_every_ascii_character),
        cmocka_unit_test(test_shape_key), cmocka_unit_test(test_flags_and_length),
        cmocka_unit_test(test_bytes_that_are_not_utf8_are_latin_1), cmocka_unit_test(test_embedded_letters),
        cmocka_unit_test(test_status_codes), cmocka_unit_test(test_attribute_word)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
