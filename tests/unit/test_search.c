/* Search: what comes first, that nothing is lost, and that the probabilities are probabilities. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/embed.h"
#include "domain/terms.h"
#include "marks/search.h"

#include <stdio.h>
#include <stdlib.h>

struct world {
    struct index *ix;
    struct index_view *v;
    struct ranker *r;
    struct search_scratch *s;
};

static struct index_entry entry(const char *serial, uint32_t row, unsigned make, unsigned calibre)
{
    struct index_entry e = {.row = row};
    struct mark_key shape;
    mark_fold(slice_str(serial), &e.key, &shape);
    e.attr = mark_attr_pack((struct mark_attr){.make = (uint16_t)make, .calibre = (uint16_t)calibre, .year = make ? 1990 : 0});
    return e;
}

static void open_world(struct world *w, const struct index_entry *e, size_t n)
{
    w->ix = index_new();
    assert_non_null(w->ix);
    assert_int_equal(index_build(w->ix, e, n, 1), OK);
    w->v = index_acquire(w->ix);
    w->r = ranker_new(w->v);
    w->s = search_scratch_new();
    assert_non_null(w->r);
    assert_non_null(w->s);
}

static void close_world(struct world *w)
{
    search_scratch_free(w->s);
    ranker_free(w->r);
    index_release(w->v);
    index_free(w->ix);
}

static struct search_result ask(struct world *w, const char *pattern, struct mark_attr known, size_t limit)
{
    struct search_query q = {.known = known, .registered = 0.5, .limit = limit, .errors = 2, .reasons = true};
    struct search_result r;
    struct fault f;
    assert_int_equal(pattern_parse(slice_str(pattern), &q.pattern, &f), OK);
    assert_int_equal(search_run(w->v, w->r, &q, w->s, &r, &f), OK);
    double sum = r.p_absent;
    for (size_t i = 0; i < r.count; i++) {
        assert_true(r.candidate[i].p >= 0 && r.candidate[i].p <= 1);
        if (i)
            assert_true(r.candidate[i].p <= r.candidate[i - 1].p);
        sum += r.candidate[i].p;
    }
    assert_true(sum < 1.0001);
    return r;
}

/* Three thousand guns of four makers; make 1 counts densely, make 2 has letters in front. */
static size_t invented(struct index_entry *e)
{
    size_t n = 0;
    char text[32];
    uint64_t x = 88172645463325252ull;
    for (unsigned i = 0; i < 3000; i++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        unsigned make = 1 + i % 4, number = (unsigned)(x % 1000000);
        if (make == 1)
            snprintf(text, sizeof text, "%u", 410000 + i);
        else if (make == 2)
            snprintf(text, sizeof text, "TX%c%05u", 'A' + (int)(x >> 40) % 20, number % 100000);
        else
            snprintf(text, sizeof text, "%c%06u%s", 'K' + (int)make, number, make == 3 ? "Z" : "");
        e[n++] = entry(text, i, make, 10 + make);
    }
    return n;
}

static void first_is(struct world *w, const char *pattern, struct mark_attr known, uint32_t row, const char *why)
{
    struct search_result r = ask(w, pattern, known, 50);
    assert_true(r.count > 0);
    assert_int_equal(r.candidate[0].row, row);
    bool said = false;
    for (size_t i = 0; i < r.candidate[0].why_count; i++)
        said = said || strcmp(r.candidate[0].why[i].key, why) == 0;
    if (!said)
        fail_msg("%s: no %s", pattern, why);
}

static void order_of_evidence(void **state)
{
    struct index_entry e[] = {entry("AB0315", 1, 1, 0), entry("ABO315", 2, 1, 0), entry("AB0316", 3, 1, 0),
        entry("ABX315", 4, 1, 0), entry("KK9999", 5, 1, 0), entry("KK999", 6, 2, 0), entry("KK99", 7, 2, 0)};
    struct world w;
    open_world(&w, e, sizeof e / sizeof *e);
    first_is(&w, "AB0315", (struct mark_attr){0}, 1, "why.exact");
    first_is(&w, "ABO315", (struct mark_attr){0}, 2, "why.exact");
    struct search_result r = ask(&w, "AB0315", (struct mark_attr){0}, 50);
    assert_int_equal(r.candidate[1].row, 2);
    assert_string_equal(r.candidate[1].why[0].key, "why.lookalike");
    assert_string_equal(r.candidate[1].why[0].a, "0");
    assert_string_equal(r.candidate[1].why[0].b, "O");
    assert_int_equal(r.candidate[1].differs, 1u << 2);
    first_is(&w, "AB0?15", (struct mark_attr){0}, 1, "why.unreadable_fits");
    first_is(&w, "*X315", (struct mark_attr){0}, 4, "why.lost_fits");
    first_is(&w, "AXB315", (struct mark_attr){0}, 4, "why.error_swapped");
    first_is(&w, "ABY315", (struct mark_attr){0}, 4, "why.error_substituted"); /* X and Y look alike, 0 and Y do not */
    first_is(&w, "BX315", (struct mark_attr){0}, 4, "why.error_lost");
    first_is(&w, "ABX3135", (struct mark_attr){0}, 4, "why.error_extra");
    close_world(&w);
}

static void make_is_evidence(void **state)
{
    struct index_entry e[] = {entry("70315", 1, 1, 0), entry("70315", 2, 2, 0), entry("70316", 3, 3, 0)};
    struct world w;
    open_world(&w, e, sizeof e / sizeof *e);
    first_is(&w, "70315", (struct mark_attr){.make = 1}, 1, "why.make_agrees");
    first_is(&w, "70315", (struct mark_attr){.make = 2}, 2, "why.make_agrees");
    struct search_result r = ask(&w, "70315", (struct mark_attr){.make = 9}, 50);
    assert_int_equal(r.count, 3); /* a make that none has hides none */
    close_world(&w);
}

/* .38 Special and .357 Magnum have one bore, .22 has another: a confusion that costs less. */
static void near_calibre(void **state)
{
    unsigned c38 = term_by_code(TERM_CALIBRE, SLICE("38SPL")).number, c357 = term_by_code(TERM_CALIBRE, SLICE("357MAG")).number;
    unsigned c22 = term_by_code(TERM_CALIBRE, SLICE("22LR")).number;
    assert_true(c38 && c357 && c22);
    struct index_entry e[] = {entry("7031", 1, 1, c22), entry("7031", 2, 1, c357), entry("555555", 3, 1, c38)};
    struct world w;
    open_world(&w, e, sizeof e / sizeof *e);
    first_is(&w, "7031", (struct mark_attr){.calibre = (uint16_t)c38}, 2, "why.calibre_near");
    close_world(&w);
}

/* Value key and shape key of one mark are two entries of one row: it is listed once. */
static void row_once(void **state)
{
    struct index_entry e[] = {entry("7031", 1, 0, 0), entry("7032", 1, 0, 0), entry("7033", 2, 0, 0)};
    struct world w;
    open_world(&w, e, sizeof e / sizeof *e);
    struct search_result r = ask(&w, "703?", (struct mark_attr){0}, 50);
    assert_int_equal(r.count, 2);
    assert_int_equal(ask(&w, "7031", (struct mark_attr){0}, 0).count, 2);
    close_world(&w);
}

static int by_at(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void complete_set(void **state)
{
    static const char *const patterns[] = {"410123", "41?12?", "TXA0*", "*123", "K1234", "TXB12[34]5", "00", "M???????", "4*1?"};
    static struct index_entry e[3000];
    struct world w;
    open_world(&w, e, invented(e));
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        struct search_query q = {.registered = 0.5, .errors = 2};
        struct search_result r = ask(&w, patterns[i], (struct mark_attr){0}, 0);
        struct fault f;
        struct hits h;
        assert_int_equal(pattern_parse(slice_str(patterns[i]), &q.pattern, &f), OK);
        hits_init(&h, 0);
        assert_int_equal(index_scan(w.v, &q.pattern, 2, &h), OK);
        assert_true(r.complete);
        assert_int_equal(r.count, h.count);
        uint32_t *a = calloc(h.count + 1, 4), *b = calloc(h.count + 1, 4);
        for (size_t j = 0; j < h.count; j++) {
            a[j] = h.hit[j].row;
            b[j] = r.candidate[j].row;
        }
        qsort(a, h.count, 4, by_at);
        qsort(b, h.count, 4, by_at);
        assert_memory_equal(a, b, h.count * 4);
        free(a);
        free(b);
        hits_free(&h);
    }
    close_world(&w);
}

static void not_here(void **state)
{
    static struct index_entry e[3000];
    struct world w;
    open_world(&w, e, invented(e));
    assert_true(ask(&w, "TXQ77777", (struct mark_attr){0}, 50).p_absent > 0.8);
    assert_true(ask(&w, "ZZZZZZZZZZ", (struct mark_attr){0}, 50).p_absent > 0.9);
    char serial[16];
    snprintf(serial, sizeof serial, "%u", 410000 + 4 * 300); /* a gun of make 1 */
    assert_true(ask(&w, serial, (struct mark_attr){0}, 50).p_absent < 0.3);
    assert_string_equal(search_verdict(&(struct search_result){0}), "verdict.no_hit");
    close_world(&w);
}

static void small_and_odd(void **state)
{
    struct world w;
    open_world(&w, NULL, 0);
    struct search_result r = ask(&w, "A1", (struct mark_attr){.make = 3}, 50);
    assert_int_equal(r.count, 0);
    assert_true(r.p_absent > 0.9 && r.p_absent <= 1);
    close_world(&w);
    struct index_entry one = entry("A1", 7, 0, 0);
    open_world(&w, &one, 1);
    first_is(&w, "A1", (struct mark_attr){0}, 7, "why.exact");
    first_is(&w, "A*", (struct mark_attr){0}, 7, "why.lost_fits");
    close_world(&w);
}

/* A number is printed only where the tables of docs/ranking.md hold. */
static void odds_or_words(void **state)
{
    enum { N = 2000 };
    static struct index_entry e[N];
    char text[16];
    struct world w;
    for (uint32_t i = 0; i < N; i++) {
        snprintf(text, sizeof text, "K%05u", 20000 + 2 * i);
        e[i] = entry(text, i, 3, 5);
    }
    open_world(&w, e, N);
    static const char *const read[] = {"K20500", "K20501", "K2050?", "K205*", "K20611", "K99999", "QX777777"};
    for (size_t i = 0; i < sizeof read / sizeof *read; i++) {
        struct search_result mark = ask(&w, read[i], (struct mark_attr){0}, 50);
        bool odds = mark.count > 0 && (mark.p_absent < 0.5 || mark.p_absent >= 0.9);
        assert_int_equal(search_odds_supported(&mark), odds);
        struct search_result make = ask(&w, read[i], (struct mark_attr){.make = 3}, 50);
        odds = make.count > 0 && (make.p_absent < 0.4 || make.p_absent >= 0.9);
        assert_int_equal(search_odds_supported(&make), odds);
        struct search_result year = ask(&w, read[i], (struct mark_attr){.make = 3, .year = 1990}, 50);
        assert_false(search_odds_supported(&year));
    }
    /* a lost end in a dense counter: a gun that is not here is as likely as one that is */
    struct search_result lost = ask(&w, "K205*", (struct mark_attr){.make = 3}, 50);
    assert_true(lost.p_absent > 0.3 && lost.p_absent < 0.7);
    close_world(&w);
}

static void every_reason_has_words(void **state)
{
    static const char *const keys[] = {"why.exact", "why.lookalike", "why.lookalikes", "why.unreadable_fits", "why.set_fits",
        "why.lost_fits", "why.error_substituted", "why.error_lost", "why.error_extra", "why.error_swapped", "why.make_agrees",
        "why.make_differs", "why.model_agrees", "why.model_differs", "why.calibre_agrees", "why.calibre_near",
        "why.calibre_differs", "why.type_agrees", "why.type_differs", "why.country_agrees", "why.country_differs",
        "why.year_agrees", "why.year_near", "why.year_differs", "verdict.no_hit", "verdict.probably_absent",
        "verdict.first_stands_out", "verdict.one_of_few", "verdict.uncertain"};
    struct slice file = embed_get("data/lang/en.d/rank.msg");
    assert_true(file.n > 0);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char line[64];
        snprintf(line, sizeof line, "\n%s: ", keys[i]);
        assert_non_null(strstr(file.p, line));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(order_of_evidence), cmocka_unit_test(make_is_evidence), cmocka_unit_test(near_calibre), cmocka_unit_test(row_once),
        cmocka_unit_test(complete_set), cmocka_unit_test(not_here), cmocka_unit_test(small_and_odd), cmocka_unit_test(odds_or_words),
        cmocka_unit_test(every_reason_has_words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
