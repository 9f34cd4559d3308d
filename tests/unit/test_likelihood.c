/* The likelihood ratio: within what ten slides can support, rising with the score, and refused outside its population. */
#include "ballistics/likelihood.h"

#include <setjmp.h>
#include <stdarg.h>
#include <math.h>
#include <stdlib.h>
#include <cmocka.h>

static struct likelihood_model *model;

static struct likelihood weigh(double score, const char *make, const char *calibre, double pitch, uint32_t cells)
{
    static struct compare_result r;
    struct likelihood v;
    const struct likelihood_side s = {slice_str(make), slice_str(calibre), pitch}, side[2] = {s, s};
    r.score = score;
    r.cells = r.cells_reverse = cells;
    likelihood_of(model, &compare_standard, &r, side, &v);
    return v;
}

static int open_model(void **state)
{
    return likelihood_open(&model, NULL) != OK;
}

static int close_model(void **state)
{
    likelihood_close(model);
    return 0;
}

/* Ten slides make 45 pairs of slides: without an error they support 45 to 1 for, 10 to 1 against, and no score more. */
static void test_bounds(void **state)
{
    assert_true(fabs(weigh(1e9, "Ruger", "9x19", 6.25e-6, 30).log10 - log10(45)) < 0.001);
    assert_true(fabs(weigh(0, "Ruger", "9x19", 6.25e-6, 30).log10 + 1) < 0.001);
    double last = -1;
    for (double score = 0.1; score < 200; score *= 1.02) {
        struct likelihood v = weigh(score, "Sturm, Ruger & Co.", "9 mm Luger", 3.125e-6, 30);
        assert_true(v.given && v.lower <= v.log10 && v.log10 <= v.upper && v.log10 >= last);
        last = v.log10;
    }
}

/* The known pairs of different slides scored up to 6.55, those of one slide from 22.99. */
static void test_known_pairs(void **state)
{
    assert_true(weigh(6.55, "Ruger", "9x19", 6.25e-6, 30).log10 < 0);
    assert_true(weigh(22.99, "Ruger", "9x19", 6.25e-6, 30).log10 > 0);
}

static void test_refused_outside(void **state)
{
    assert_true(weigh(40, "", "9x19", 6.25e-6, 30).why_not[LIKELIHOOD_MAKE_OPEN]);
    assert_true(weigh(40, "unknown", "9x19", 6.25e-6, 30).why_not[LIKELIHOOD_MAKE_OPEN]);
    assert_true(weigh(40, "Glock", "9x19", 6.25e-6, 30).why_not[LIKELIHOOD_MAKE]);
    assert_true(weigh(40, "Ruger", "", 6.25e-6, 30).why_not[LIKELIHOOD_CALIBRE_OPEN]);
    assert_true(weigh(40, "Ruger", ".40 S&W", 6.25e-6, 30).why_not[LIKELIHOOD_CALIBRE]);
    assert_true(weigh(40, "Ruger", "9x19", 12.5e-6, 30).why_not[LIKELIHOOD_PITCH]);
    assert_true(weigh(40, "Ruger", "9x19", NAN, 30).why_not[LIKELIHOOD_PITCH]);
    struct likelihood v = weigh(40, "Ruger", "9x19", 6.25e-6, 23);
    assert_true(v.why_not[LIKELIHOOD_CELLS] && !v.given && v.log10 == 0 && v.lower == 0 && v.upper == 0);
    struct compare_settings other = compare_standard;
    other.turn = 30;
    struct compare_result r = {.cells = 30, .cells_reverse = 30, .score = 40};
    const struct likelihood_side s = {SLICE("Ruger"), SLICE("9x19"), 6.25e-6}, side[2] = {s, s};
    likelihood_of(model, &other, &r, side, &v);
    assert_true(v.why_not[LIKELIHOOD_SETTINGS] && !v.given);
}

static struct slice said(const struct likelihood *v, struct buf *b)
{
    struct lang_set *set;
    struct cj j;
    assert_int_equal(lang_load(&set, NULL), OK);
    buf_init(b, 1u << 18);
    cj_open_loose(&j, b);
    likelihood_json(model, lang_find(set, SLICE("en")), v, &j);
    assert_int_equal(b->err, OK);
    lang_unload(set);
    return buf_view(b);
}

/* Ten times is where the guideline's word moderate begins; hundred where it would end. */
static void test_words(void **state)
{
    struct buf b;
    struct likelihood v = weigh(1e3, "Ruger", "9x19", 6.25e-6, 30);
    said(&v, &b);
    assert_non_null(strstr(b.p, "\"scale\":\"moderate\""));
    assert_non_null(strstr(b.p, "moderate support for one firearm"));
    buf_free(&b);
    v = weigh(1e3, "Ruger", "", 6.25e-6, 30);
    said(&v, &b);
    assert_non_null(strstr(b.p, "\"given\":false"));
    assert_non_null(strstr(b.p, "\"reason\":\"calibre_open\""));
    assert_null(strstr(b.p, "log10"));
    buf_free(&b);
}

static void test_damaged(void **state)
{
    struct likelihood_model *m;
    struct fault f = {0};
    assert_int_equal(likelihood_parse(SLICE(""), &m, &f), ERR_DAMAGED);
    assert_int_equal(likelihood_parse(SLICE("{}"), &m, &f), ERR_DAMAGED);
    assert_int_equal(likelihood_parse(SLICE("{\"table\":[[1,2,3]]}"), &m, &f), ERR_DAMAGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_known_pairs),
        cmocka_unit_test(test_refused_outside),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, open_model, close_model);
}
