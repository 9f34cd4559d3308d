/* Patterns: the grammar, what fits, and the distance, against small independent definitions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "marks/pattern.h"

static struct mark_key fold(const char *z)
{
    struct mark_key k, s;
    mark_fold(slice_str(z), &k, &s);
    return k;
}

static struct pattern parse(const char *z)
{
    struct pattern p;
    struct fault f;
    if (pattern_parse(slice_str(z), &p, &f) != OK)
        fail_msg("%s refused: %s", z, f.want);
    return p;
}

static const struct {
    const char *pattern;
    const char *text;
    bool fits;
} fits[] = {{"AB123", "AB-123", true}, {"\u202eAB\u200c1\u206623\u00ad", "AB123", true}, {"AB123", "A\u202eB12\u200d3", true}, {"ab 123", "AB123", true}, {"AB123", "A8I23", true}, {"AB123", "AB1234", false},
    {"AB?23", "AB923", true}, {"AB?23", "AB23", false}, {"[0OQ]1", "D1", true}, {"[47]1", "41", true},
    {"[47]1", "51", false}, {"[0-9]X", "7X", true}, {"[0-9]X", "AX", false}, {"[A-C]X", "BX", true},
    {"[4-]X", "4X", true}, {"*123", "123", true}, {"*123", "XX123", true}, {"*123", "1234", false},
    {"123*", "12399", true}, {"1*3", "13", true}, {"1*3", "12223", true}, {"1*3", "124", false}, {"*2*", "121", true},
    {"*7*", "121", false}, {"A*B*C", "AXBXBXC", true}, {"A*B*C", "AXCXB", false}, {"*A?C*", "1ABC2", true},
    {"1??4", "1234", true}, {"１２？", "123", true}, {"A**B", "AB", true}};

static void test_fits(void **state)
{
    for (size_t i = 0; i < sizeof fits / sizeof *fits; i++) {
        struct pattern p = parse(fits[i].pattern);
        struct mark_key k = fold(fits[i].text);
        if (pattern_fits(&p, &k) != fits[i].fits)
            fail_msg("%s on %s", fits[i].pattern, fits[i].text);
    }
}

static void test_refused(void **state)
{
    char many[300];
    memset(many, '1', sizeof many);
    static const struct {
        const char *text;
        enum err err;
    } rows[] = {{"", ERR_MISSING}, {"*", ERR_MISSING}, {"???", ERR_MISSING}, {"- -", ERR_MISSING}, {"A[", ERR_FORMAT},
        {"A[]", ERR_FORMAT}, {"A[?]", ERR_FORMAT}, {"A]", ERR_FORMAT}, {"A[1*]", ERR_FORMAT}, {"[-]", ERR_FORMAT},
        {"\xFF"
         "12",
            ERR_ENCODING},
        {"1234567890123456789012345678901", ERR_TOO_LONG}};
    struct pattern p;
    struct fault f;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(pattern_parse(slice_str(rows[i].text), &p, &f), rows[i].err);
        assert_string_equal(f.field, "pattern");
    }
    assert_int_equal(pattern_parse(slice_of(many, sizeof many), &p, &f), ERR_TOO_LONG);
    assert_int_equal(pattern_parse(slice_of("A\0B", 3), &p, NULL), ERR_ENCODING);
    assert_int_equal(pattern_parse(slice_of(many, 30), &p, NULL), OK);
}

static void test_counts_and_key(void **state)
{
    struct pattern p = parse("A?[12]*9*");
    assert_int_equal(p.stars, 2);
    assert_int_equal(p.anys, 1);
    assert_int_equal(p.sets, 1);
    assert_int_equal(p.chars, 2);
    assert_int_equal(p.key.b[0], 0);
    assert_string_equal(p.text, "A?[12]*9*");
    struct mark_key k = fold("AB12");
    p = parse("ab-12");
    assert_memory_equal(&p.key, &k, 16);
}

static const struct {
    const char *pattern, *text;
    unsigned d;
} distances[] = {{"1234", "1234", 0}, {"1234", "1235", 1}, {"1234", "123", 1}, {"1234", "12345", 1},
    {"1234", "1324", 1}, {"1234", "2143", 2}, {"1234", "12", 2}, {"1234", "9934", 2}, {"1234", "123456", 2},
    {"1234", "3412", 4}, {"CA", "A8C", 3}, /* swap then insert between: restricted distance 3, unrestricted 2 */
    {"A?C", "AXC", 0}, {"A?C", "XAC", 1}, {"A?C", "AC", 1}, {"[47]1", "14", 1}, {"O0", "00", 0}};

static void test_distance(void **state)
{
    for (size_t i = 0; i < sizeof distances / sizeof *distances; i++) {
        struct pattern p = parse(distances[i].pattern);
        struct mark_key k = fold(distances[i].text);
        unsigned d = distances[i].d;
        if (pattern_distance(&p, &k, PATTERN_LIMIT) != d)
            fail_msg("%s to %s is not %u", distances[i].pattern, distances[i].text, d);
        if (d)
            assert_int_equal(pattern_distance(&p, &k, d - 1), d);
    }
}

/* An independent definition: the recursion of the optimal string alignment distance, written out. */
static unsigned recursion(const struct cell *c, unsigned n, const uint8_t *k, unsigned m)
{
    if (!n || !m)
        return n + m;
    unsigned best = recursion(c, n - 1, k, m) + 1, d = recursion(c, n, k, m - 1) + 1;
    best = d < best ? d : best;
    d = recursion(c, n - 1, k, m - 1) + !(c[n - 1].set >> (k[m - 1] >> 2) & 1);
    best = d < best ? d : best;
    if (n > 1 && m > 1 && (c[n - 1].set >> (k[m - 2] >> 2) & 1) && (c[n - 2].set >> (k[m - 1] >> 2) & 1)) {
        d = recursion(c, n - 2, k, m - 2) + 1;
        best = d < best ? d : best;
    }
    return best;
}

static uint32_t draw(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 16;
}

static void test_distance_against_the_recursion(void **state)
{
    uint32_t seed = 7;
    for (unsigned round = 0; round < 3000; round++) {
        char a[16] = {0}, b[16] = {0};
        unsigned na = 1 + draw(&seed) % 6, nb = 1 + draw(&seed) % 6;
        for (unsigned i = 0; i < na; i++)
            a[i] = i ? "123?"[draw(&seed) % 4] : '1';
        for (unsigned i = 0; i < nb; i++)
            b[i] = "123"[draw(&seed) % 3];
        struct pattern p = parse(a);
        struct mark_key k = fold(b);
        assert_int_equal(pattern_distance(&p, &k, PATTERN_LIMIT), recursion(p.cells, na, k.b + 1, nb));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_fits), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_counts_and_key), cmocka_unit_test(test_distance),
        cmocka_unit_test(test_distance_against_the_recursion)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
