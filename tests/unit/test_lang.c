/* Languages: the message forms of ICU MessageFormat 1, CLDR plurals, dates and figures as ICU itself writes them, isolation of identifiers
 * (Unicode Bidirectional Algorithm, UAX 9: LRI U+2066, FSI U+2068, PDI U+2069). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <unicode/udat.h>
#include <unicode/unum.h>
#include <unicode/ustring.h>
#include "lang/html.h"
#include "base/embed.h"
#include "lang/lang_in.h"
#include "lang/locale.h"
#include "lang/message.h"

static struct lang_set *set;

static int open_set(void **state)
{
    struct fault f = {0};
    enum err e = lang_load(&set, &f);
    if (e)
        print_error("%s line %d: %s %s\n", f.field, (int)f.line, err_name(e), f.value);
    return (int)e;
}

static int close_set(void **state)
{
    lang_unload(set);
    return 0;
}

static const struct lang *english(void)
{
    return lang_find(set, SLICE("en"));
}

/* Renders `text` in a language with n=count, who=name. */
static void check(const char *tag, enum lang_form form, const char *text, int64_t n, const char *who, const char *expected)
{
    struct arena a;
    struct message_part *parts = NULL;
    struct fault f = {0};
    struct buf out;
    arena_init(&a, 1 << 20);
    buf_init(&out, 4096);
    assert_int_equal(message_compile(&a, slice_str(text), &parts, &f), OK);
    const struct lang_arg args[] = {lang_n("n", n), lang_z("who", who)};
    message_render(lang_find(set, slice_str(tag)), form, &out, parts, args, 2);
    assert_string_equal(out.p ? out.p : "", expected);
    buf_free(&out);
    arena_free(&a);
}

static void test_messages(void **state)
{
    check("en", LANG_PLAIN, "Hello {who}.", 0, "Ada", "Hello Ada.");
    check("en", LANG_PLAIN, "{n} marks", 1234567, "", "1,234,567 marks");
    check("en", LANG_PLAIN, "{n, plural, =0 {none} one {# firearm} other {# firearms}}", 0, "", "none");
    check("en", LANG_PLAIN, "{n, plural, =0 {none} one {# firearm} other {# firearms}}", 1, "", "1 firearm");
    check("en", LANG_PLAIN, "{n, plural, =0 {none} one {# firearm} other {# firearms}}", 1200, "", "1,200 firearms");
    check("en", LANG_PLAIN, "it''s '{braces}' and don't", 0, "", "it's {braces} and don't");
    check("en", LANG_PLAIN, "{who, select, a {first} other {second {n}}}", 5, "b", "second 5");
    check("en", LANG_PLAIN, "Lost{who, select, no {} other {, {who}}}.", 0, "no", "Lost."); /* an empty branch is a branch */
    check("ar", LANG_PLAIN, "x{n, plural, zero {} other {y}}", 0, "", "x");
    check("en", LANG_PLAIN, "{who, date}", 0, "2024-03-03", "3 March 2024");
    check("en", LANG_PLAIN, "{absent}.", 0, "", ".");
}

/* CLDR: Arabic has six categories; 0 zero, 1 one, 2 two, 3 few, 11 many, 100 other. */
static void test_plurals_of_arabic(void **state)
{
    const char *text = "{n, plural, zero {z} one {o} two {t} few {f} many {m} other {x}}";
    check("ar", LANG_PLAIN, text, 0, "", "z");
    check("ar", LANG_PLAIN, text, 1, "", "o");
    check("ar", LANG_PLAIN, text, 2, "", "t");
    check("ar", LANG_PLAIN, text, 3, "", "f");
    check("ar", LANG_PLAIN, text, 11, "", "m");
    check("ar", LANG_PLAIN, text, 100, "", "x");
}

static void test_isolation(void **state)
{
    check("en", LANG_PLAIN, "No {who, id}", 0, "A-1", "No A-1");
    check("ar", LANG_PLAIN, "رقم {who, id}", 0, "2026-000123", "رقم \u20662026-000123\u2069");
    check("en", LANG_PLAIN, "by {who}", 0, "سارة", "by \u2068سارة\u2069");
    check("en", LANG_HTML, "by {who} & <b>", 0, "<i>\"'&", "by <bdi>&lt;i&gt;&quot;&#39;&amp;</bdi> &amp; &lt;b&gt;");
    check("ar", LANG_HTML, "{who, id}", 0, "A<1", "<bdi dir=\"ltr\">A&lt;1</bdi>");
    check("ar", LANG_VALUE, "رقم {who, id}", 0, "\"A", "رقم \u2066&quot;A\u2069"); /* in an attribute no element can stand */
    check("en", LANG_VALUE, "by {who}", 0, "<سارة>", "by \u2068&lt;سارة&gt;\u2069");
    check("en", LANG_HTML, "{who, date}", 0, "<script>", "&lt;script&gt;");
}

static void test_bad_messages(void **state)
{
    static const char *const bad[] = {"{", "}", "{}", "{a", "{a b}", "{a, wrong}", "{n, plural, one {x}}", "{n, plural, other {x}",
        "{n, plural, other}", "'{ never ends", "{a,date", "{n, select, other {{a}}}}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct arena a;
        struct message_part *parts = NULL;
        struct fault f = {0};
        arena_init(&a, 1 << 20);
        assert_int_equal(message_compile(&a, slice_str(bad[i]), &parts, &f), ERR_FORMAT);
        assert_null(parts);
        arena_free(&a);
    }
}

/* Oracle: ICU's own formatters. */
static void icu_number(const char *id, int64_t v, char *out, int32_t cap)
{
    UErrorCode e = U_ZERO_ERROR;
    UChar u[64];
    UNumberFormat *nf = unum_open(UNUM_DECIMAL, NULL, 0, id, NULL, &e);
    int32_t n = unum_formatInt64(nf, v, u, 64, NULL, &e), got = 0;
    u_strToUTF8(out, cap, &got, u, n, &e);
    unum_close(nf);
    assert_true(U_SUCCESS(e));
}

static void icu_long_date(const char *id, int64_t ms, char *out, int32_t cap)
{
    UErrorCode e = U_ZERO_ERROR;
    UChar u[96];
    UDateFormat *df = udat_open(UDAT_NONE, UDAT_LONG, id, u"UTC", -1, NULL, 0, &e);
    int32_t n = udat_format(df, (double)ms, u, 96, NULL, &e), got = 0;
    u_strToUTF8(out, cap, &got, u, n, &e);
    udat_close(df);
    assert_true(U_SUCCESS(e));
}

static void test_locales_as_icu(void **state)
{
    static const char *const ids[] = {"en_GB", "fr", "es", "ru", "zh", "ar@numbers=latn", "ar_EG", "fa", "de"};
    static const int64_t numbers[] = {0, 7, 999, 1000, 1234, 9999, 10000, 1234567, -4500, INT64_MAX};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        struct locale l;
        struct fault f = {0};
        struct buf b;
        char icu[256];
        buf_init(&b, 512);
        assert_int_equal(locale_open(&l, ids[i], &f), OK);
        for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) {
            icu_number(ids[i], numbers[k], icu, sizeof icu);
            buf_reset(&b);
            locale_number(&l, &b, numbers[k]);
            assert_string_equal(b.p, icu);
        }
        if (strcmp(ids[i], "fa") != 0) { /* the Persian calendar is ICU's default there; the register counts Gregorian years */
            icu_long_date(ids[i], 1709424000000, icu, sizeof icu);
            buf_reset(&b);
            locale_date(&l, &b, 2024, 3, 3);
            assert_string_equal(b.p, icu);
        }
        buf_free(&b);
        locale_close(&l);
    }
}

static void check_date(const char *when, const char *expected)
{
    struct buf b;
    buf_init(&b, 512);
    lang_date(english(), &b, slice_str(when));
    assert_string_equal(b.p ? b.p : "", expected);
    buf_free(&b);
}

static void test_dates_keep_their_precision(void **state)
{
    check_date("2024", "2024");
    check_date("2024-03", "March 2024");
    check_date("2024-03-03", "3 March 2024");
    check_date("2024-03-03T14:02:11.123Z", "3 March 2024, 14:02 UTC");
    check_date("2024-03-03T14:02Z", "3 March 2024, 14:02 UTC");
    check_date("2019/2024-03", "2019 to March 2024");
    check_date("", "");
    check_date("2024-13", "2024-13");
    check_date("soon", "soon");
}

static void test_lookup(void **state)
{
    struct buf b;
    buf_init(&b, 512);
    assert_true(lang_has(english(), "err.busy"));
    assert_false(lang_has(english(), "err.nothing_of_the_sort"));
    lang_plain(english(), &b, "err.nothing_of_the_sort");
    assert_string_equal(b.p, "err.nothing_of_the_sort");
    assert_ptr_equal(lang_find(set, SLICE("en-GB")), english());
    assert_null(lang_find(set, SLICE("xx")));
    assert_string_equal(lang_tag(lang_accept(set, SLICE("xx, ar-MA;q=0.8, en"))), "ar");
    assert_string_equal(lang_tag(lang_accept(set, SLICE(""))), "en");
    assert_string_equal(lang_dir(lang_find(set, SLICE("ar"))), "rtl");
    buf_free(&b);
}

/* What a language lacks falls in from English: in English plurals and dates, marked as English, set apart where the direction differs. */
static void test_what_falls_in_says_its_language(void **state)
{
    static const char english_text[] = "lang.locale: en_GB\nx.who: In {who} & {no, id}.\nx.n: {n, plural, one {# gun} other {# guns}}, {when, date}";
    static const char arabic[] = "lang.locale: ar@numbers=latn", french[] = "lang.locale: fr";
    const struct embed files[] = {{"data/lang/ar.msg", (const unsigned char *)arabic, sizeof arabic - 1},
        {"data/lang/en.msg", (const unsigned char *)english_text, sizeof english_text - 1}, {"data/lang/fr.msg", (const unsigned char *)french, sizeof french - 1}, {0}};
    static const struct {
        const char *tag;
        enum lang_form form;
        const char *key, *expected;
    } cases[] = {
        {"ar", LANG_PLAIN, "x.who", "\u2066In \u2068سارة\u2069 & A-1.\u2069"},
        {"ar", LANG_VALUE, "x.who", "\u2066In \u2068سارة\u2069 &amp; A-1.\u2069"},
        {"ar", LANG_HTML, "x.who", "<span lang=\"en\" dir=\"ltr\">In <bdi>سارة</bdi> &amp; <bdi dir=\"ltr\">A-1</bdi>.</span>"},
        {"en", LANG_HTML, "x.who", "In <bdi>سارة</bdi> &amp; <bdi dir=\"ltr\">A-1</bdi>."},
        {"fr", LANG_PLAIN, "x.n", "0 guns, 3 March 2024"}, /* French counts 0 as one */
        {"fr", LANG_HTML, "x.n", "<span lang=\"en\" dir=\"ltr\">0 guns, 3 March 2024</span>"},
        {"ar", LANG_PLAIN, "x.none", "x.none"},
    };
    struct lang_set *three = NULL;
    struct fault f = {0};
    assert_int_equal(lang_load_files(files, &three, &f), OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf b;
        buf_init(&b, 1024);
        const struct lang_arg args[] = {lang_z("who", "سارة"), lang_z("no", "A-1"), lang_n("n", 0), lang_z("when", "2024-03-03")};
        lang_put(lang_find(three, slice_str(cases[i].tag)), cases[i].form, &b, cases[i].key, args, 4);
        assert_string_equal(b.p, cases[i].expected);
        buf_free(&b);
    }
    lang_unload(three);
}

static void test_countries(void **state)
{
    static const struct {
        const char *tag, *code, *name;
    } cases[] = {{"ar", "EG", "مصر"}, {"ar", "SN", "السنغال"}, {"en", "EG", "Egypt"}, {"ar", "Q", "Q"}, {"ar", "", ""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf b;
        buf_init(&b, 512);
        lang_country(lang_find(set, slice_str(cases[i].tag)), &b, slice_str(cases[i].code));
        assert_string_equal(b.p ? b.p : "", cases[i].name);
        buf_free(&b);
    }
}

static void test_faults(void **state)
{
    struct fault f = {0};
    struct buf b;
    buf_init(&b, 2048);
    fault_set(&f, ERR_RANGE, "spin", SLICE("19x1"), "want.windows_1252");
    f.line = 12;
    lang_fault(english(), &f, &b);
    assert_string_equal(b.p, "Line 12: spin is outside its range: “19x1”; expected: text in Windows-1252.");
    fault_set(&f, ERR_MISSING, "as_of", SLICE(""), "");
    buf_reset(&b);
    lang_fault(english(), &f, &b); /* a field that people know by another name */
    assert_string_equal(b.p, "As it stood on is empty.");
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_messages), cmocka_unit_test(test_plurals_of_arabic),
        cmocka_unit_test(test_isolation), cmocka_unit_test(test_bad_messages), cmocka_unit_test(test_locales_as_icu),
        cmocka_unit_test(test_dates_keep_their_precision), cmocka_unit_test(test_lookup), cmocka_unit_test(test_what_falls_in_says_its_language), cmocka_unit_test(test_countries), cmocka_unit_test(test_faults)};
    return cmocka_run_group_tests(tests, open_set, close_set);
}
