/* The invented register: published vectors of its generator, and what its page promises of every row. */
#include "base/buf.h"
#include "base/hash.h"
#include "base/time.h"
#include "sample/sample.h"
#include "sample/sample_rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#define ROWS 20000
#define COLUMNS 31
enum { C_MAKE = 1, C_SERIAL = 6, C_YEAR = 7, C_MADE = 9, C_REGISTERED = 12, C_DESTROYED = 30 };

static void generator_gives_the_published_numbers(void **state)
{
    (void)state;
    uint64_t x = 1234567; /* splitmix64: first values from this seed as published with the algorithm */
    assert_true(rng_splitmix(&x) == 6457827717110365317u);
    assert_true(rng_splitmix(&x) == 3203168211198807973u);
    struct rng r = {{1, 2, 3, 4}}; /* xoshiro256**: state 1, 2, 3, 4 */
    static const uint64_t want[] = {11520, 0, 1509978240, 1215971899390074240};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        assert_true(rng_next(&r) == want[i]);
}

static void fill(struct buf *out, uint64_t records, uint64_t seed)
{
    struct sample *s = NULL;
    buf_init(out, (size_t)64 << 20);
    assert_int_equal(sample_open(records, seed, &s, NULL), OK);
    sample_header(out);
    while (sample_row(s, out))
        ;
    assert_int_equal(out->err, OK);
    sample_close(s);
}

static void equal_seeds_give_equal_bytes(void **state)
{
    struct buf a, b, c;
    (void)state;
    fill(&a, 500, 7);
    fill(&b, 500, 7);
    fill(&c, 500, 8);
    struct hash ha = hash_of(a.p, a.n), hb = hash_of(b.p, b.n), hc = hash_of(c.p, c.n);
    assert_true(hash_eq(&ha, &hb));
    assert_false(hash_eq(&ha, &hc));
    buf_free(&a);
    buf_free(&b);
    buf_free(&c);
}

/* Splits one line (quotes as RFC 4180) in place; returns the number of cells. */
static size_t split(char *p, char *end, struct slice *cell)
{
    size_t n = 0;
    bool quoted = false;
    char *start = p;
    for (; p <= end; p++) {
        quoted ^= p < end && *p == '"';
        if (p < end && (quoted || *p != ','))
            continue;
        assert_true(n < COLUMNS);
        cell[n++] = slice_of(start, (size_t)(p - start));
        start = p + 1;
    }
    return n;
}

static size_t serial_characters(struct slice s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += (s.p[i] & 0xc0) != 0x80 && !memchr("- /.", s.p[i], 4);
    return n;
}

static void check_days(const struct slice *cell)
{
    struct when last, w;
    assert_int_equal(when_parse(SLICE("2026-06-30"), "day", &last, NULL), OK);
    static const int columns[] = {C_MADE, 10, C_REGISTERED, 13, 17, 20, 22, 23, 24, 25, 27, C_DESTROYED};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        assert_int_equal(when_parse(cell[columns[i]], "day", &w, NULL), OK);
        if (cell[columns[i]].n)
            assert_true(w.start <= last.start);
    }
}

static void check_row(const struct slice *cell)
{
    size_t n = serial_characters(cell[C_SERIAL]);
    assert_in_range(n, 4, 14);
    assert_true(cell[C_REGISTERED].n >= 4);
    check_days(cell);
}

static void every_row_keeps_the_promises_of_its_page(void **state)
{
    struct buf b;
    struct slice cell[COLUMNS];
    size_t rows = 0;
    (void)state;
    fill(&b, ROWS, 3);
    assert_int_equal(slice_utf8_fault(buf_view(&b)), -1);
    for (char *p = b.p, *end; (end = memchr(p, '\n', (size_t)(b.p + b.n - p))); p = end + 1, rows++) {
        assert_int_equal(split(p, end, cell), COLUMNS);
        if (rows)
            check_row(cell);
    }
    assert_int_equal(rows, ROWS + 1);
    buf_free(&b);
}

/* Two letters and digits: year letter A = 1981, month letter A = January (first round), as the published rule says. */
static void taurus_serials_follow_the_two_letter_rule(void **state)
{
    struct buf b;
    struct slice cell[COLUMNS];
    size_t seen = 0, agree = 0;
    (void)state;
    fill(&b, ROWS, 5);
    for (char *p = b.p, *end; (end = memchr(p, '\n', (size_t)(b.p + b.n - p))); p = end + 1) {
        uint64_t year = 0;
        split(p, end, cell);
        struct slice s = cell[C_SERIAL];
        if (!slice_is(cell[C_MAKE], "Taurus") || !slice_u64(cell[C_YEAR], 2100, &year) || s.n < 6 || s.p[2] > '9' || s.p[1] < 'A' || s.p[1] > 'Z')
            continue;
        seen++;
        agree += (uint64_t)(s.p[0] - 'A') == (year - 1981) % 26 && (s.p[1] <= 'L') == (year < 2007);
    }
    assert_true(seen > 100);
    assert_int_equal(agree, seen);
    buf_free(&b);
}

static void refuses_numbers_out_of_range(void **state)
{
    struct sample *s = NULL;
    struct fault f;
    (void)state;
    assert_int_equal(sample_open(0, 1, &s, &f), ERR_RANGE);
    assert_int_equal(sample_open((uint64_t)SAMPLE_RECORDS_MAX + 1, 1, &s, &f), ERR_RANGE);
    assert_null(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(generator_gives_the_published_numbers),
        cmocka_unit_test(equal_seeds_give_equal_bytes),
        cmocka_unit_test(every_row_keeps_the_promises_of_its_page),
        cmocka_unit_test(taurus_serials_follow_the_two_letter_rule),
        cmocka_unit_test(refuses_numbers_out_of_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
