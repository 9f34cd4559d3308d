/* Conclusions about specimens: blind first, kept for ever in the log, seen by others only after their own. */
#include "register_help.h"
#include "ballistics/x3p.h"
#include "base/file.h"
#include "use/ballistics.h"
#include "use/examination.h"

#include <math.h>

/* fontconfig is asked by a thread of pango's own, in libraries that this sanitizer does not see into. */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
    return "race:libpangoft2\nrace:libfontconfig\nrace:libpangocairo\nrace:libpango-1.0\ncalled_from_lib:libfontconfig\n";
}

/* The font libraries keep their tables to the end of the process. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig\nleak:libpango\nleak:libcairo\n";
}

static char dir[64], scans[64];
static struct source src;
static struct app *app;
static struct use_ballistics *use;

/* Rough ground, small: tests/web counts real scans. */
static void put_scan(const char *name, uint32_t seed)
{
    struct surface s;
    struct x3p x;
    struct buf b;
    char path[128];
    assert_int_equal(surface_make(64, 64, 4e-6, 20e-6, &s, NULL), OK);
    uint32_t r = seed;
    for (size_t i = 0; i < surface_points(&s); i++) {
        r = r * 1664525u + 1013904223u;
        double u = (double)(i % 64), v = (double)(i / 64);
        s.z[i] = (float)(1e-6 * sin(u / 3 + seed) * cos(v / 4 - seed) + 2e-7 * ((double)(r >> 8) / 16777216 - 0.5));
    }
    assert_int_equal(x3p_of_surface(&s, &x, NULL), OK);
    buf_init(&b, 16u << 20);
    assert_int_equal(x3p_write(&x, &b, NULL), OK);
    snprintf(path, sizeof path, "%s/%s", scans, name);
    assert_int_equal(file_replace(path, buf_view(&b), 0644, NULL), OK);
    buf_free(&b);
    x3p_free(&x);
    surface_free(&s);
}

static int begin_test(void **st)
{
    src = (struct source){.drawn = 1, .now = 1700000000000};
    new_dir(dir);
    new_dir(scans);
    new_register(dir, &src);
    put_scan("one.x3p", 1);
    put_scan("two.x3p", 2);
    put_scan("same.x3p", 1);
    assert_int_equal(app_open(dir, &app, NULL), OK);
    app->clock = source_clock;
    app->random = source_random;
    app->arg = &src;
    return use_ballistics_open(app, scans, &use, NULL);
}

static int end_test(void **st)
{
    use_ballistics_close(use);
    app_close(app);
    drop_dir(dir);
    drop_dir(scans);
    return 0;
}

static struct visitor examiner(uint8_t number)
{
    struct visitor v = visitor_everything("examiner", "page");
    memcpy(v.account, (uint8_t[16]){'a', number}, 16);
    memcpy(v.office, "lab", 4);
    return v;
}

static enum err conclude(uint8_t who, const char *a, const char *b, const char *code, const char *note, struct hash *record)
{
    const struct visitor v = examiner(who);
    const struct use_conclude_in in = {&v, slice_str(a), slice_str(b), slice_str(code), slice_str(note), false};
    struct fault f = {0};
    src.now += 1000;
    return use_conclude(use, &in, record, &f);
}

/* What the page or the API would be told. */
static struct buf told(uint8_t who, const char *a, const char *b)
{
    const struct visitor v = examiner(who);
    const struct use_pair_in in = {app->lang, &v, slice_str(a), slice_str(b)};
    struct buf out;
    struct cj j;
    struct fault f = {0};
    buf_init(&out, 1u << 22);
    cj_open_loose(&j, &out);
    if (use_pair(use, &in, &j, &f))
        fail_msg("pair: %s %s", f.field, f.value);
    return out;
}

static bool has(struct buf b, const char *text)
{
    bool found = memmem(b.p, b.n, text, strlen(text)) != NULL;
    buf_free(&b);
    return found;
}

static enum err cells(uint8_t who, bool asked)
{
    const struct visitor v = examiner(who);
    const struct use_pair_picture_in in = {{app->lang, &v, SLICE("one.x3p"), SLICE("two.x3p")}, false, asked, 315, 0, NAN};
    struct buf out;
    buf_init(&out, 8u << 20);
    enum err e = use_pair_picture(use, &in, &out, NULL);
    buf_free(&out);
    return e;
}

static void nothing_is_told_before_an_own_conclusion(void **st)
{
    struct hash record;
    assert_true(has(told(1, "one.x3p", "two.x3p"), "\"concluded\":false"));
    assert_false(has(told(1, "one.x3p", "two.x3p"), "\"score\""));
    assert_int_equal(cells(1, true), ERR_REFUSED);
    assert_int_equal(cells(1, false), OK);
    assert_int_equal(conclude(1, "one.x3p", "two.x3p", "exclusion", "pin marks differ", &record), OK);
    assert_true(has(told(1, "one.x3p", "two.x3p"), "\"score\""));
    assert_true(has(told(1, "two.x3p", "one.x3p"), "\"score\"")); /* the same pair the other way round */
    assert_int_equal(cells(1, true), OK);
    /* the second reader: not the count, not the word, not the remark, but that there is one */
    assert_false(has(told(2, "one.x3p", "two.x3p"), "\"score\""));
    assert_false(has(told(2, "one.x3p", "two.x3p"), "pin marks differ"));
    assert_true(has(told(2, "one.x3p", "two.x3p"), "\"others\":1"));
    assert_int_equal(cells(2, true), ERR_REFUSED);
    assert_int_equal(conclude(2, "two.x3p", "one.x3p", "inconclusive_c", "", &record), OK);
    assert_true(has(told(2, "one.x3p", "two.x3p"), "pin marks differ"));
}

static struct conclusion *all(struct desk **d, size_t *n)
{
    struct conclusion *c;
    struct hash h[2];
    for (int i = 0; i < 2; i++) {
        struct buf b;
        char path[128];
        buf_init(&b, 1u << 22);
        snprintf(path, sizeof path, "%s/%s", scans, i ? "two.x3p" : "one.x3p");
        assert_int_equal(file_read(path, &b, NULL), OK);
        h[i] = hash_of(b.p, b.n);
        buf_free(&b);
    }
    assert_int_equal(desk_take(app, d, NULL), OK);
    assert_int_equal(store_begin((*d)->store, NULL), OK);
    assert_int_equal(examination_list((*d)->store, &(*d)->arena, &h[0], &h[1], &c, n, NULL), OK);
    store_rollback((*d)->store);
    return c;
}

static void another_mind_is_another_entry(void **st)
{
    struct hash first, second, again;
    struct desk *d;
    size_t n;
    assert_int_equal(conclude(1, "one.x3p", "two.x3p", "more_work", "", &first), OK);
    assert_int_equal(conclude(1, "one.x3p", "two.x3p", "more_work", "", &again), OK); /* a form sent twice */
    assert_true(hash_eq(&first, &again));
    assert_int_equal(conclude(1, "one.x3p", "two.x3p", "lead", "new test fires", &second), OK);
    struct conclusion *c = all(&d, &n);
    assert_int_equal(n, 2);
    assert_string_equal(c[0].code, "more_work");
    assert_int_equal(c[0].shown, SHOWN_SURFACES);
    assert_string_equal(c[1].code, "lead");
    assert_int_equal(c[1].shown, SHOWN_COUNT); /* the first had opened the count */
    assert_true(hash_eq(&c[1].previous, &first) && hash_eq(&c[1].record, &second));
    assert_true(slice_is(c[1].note, "new test fires") && slice_is(c[1].office, "lab") && c[1].recorded > c[0].recorded);
    assert_true(memmem(c[0].settings.p, c[0].settings.n, "pitch 25 um", 11) != NULL);
    desk_give(app, d);
}

/* The best of many strangers scores higher than one: whoever came by a search is told so beside the count. */
static void a_pair_from_a_search_says_so(void **st)
{
    const struct visitor v = examiner(1);
    const struct use_conclude_in in = {&v, SLICE("one.x3p"), SLICE("two.x3p"), SLICE("lead"), SLICE(""), true};
    struct hash record;
    struct desk *d;
    size_t n;
    assert_int_equal(use_conclude(use, &in, &record, NULL), OK);
    assert_true(has(told(1, "one.x3p", "two.x3p"), "\"from_list\""));
    assert_int_equal(conclude(2, "one.x3p", "two.x3p", "lead", "", &record), OK);
    assert_false(has(told(2, "one.x3p", "two.x3p"), "\"from_list\""));
    assert_int_equal(all(&d, &n)[0].shown, SHOWN_LIST);
    desk_give(app, d);
}

static void what_is_not_of_the_form_is_refused(void **st)
{
    struct hash record;
    static char longer[CONCLUSION_NOTE + 2];
    memset(longer, 'x', CONCLUSION_NOTE + 1);
    assert_int_equal(conclude(1, "one.x3p", "two.x3p", "", "", &record), ERR_MISSING);
    assert_int_equal(conclude(1, "one.x3p", "two.x3p", "identification", "", &record), ERR_UNKNOWN_CODE);
    assert_int_equal(conclude(1, "one.x3p", "two.x3p", "lead", longer, &record), ERR_TOO_LONG);
    assert_int_equal(conclude(1, "one.x3p", "absent.x3p", "lead", "", &record), ERR_NOT_FOUND);
    assert_int_equal(conclude(1, "one.x3p", "same.x3p", "lead", "", &record), ERR_CONFLICT); /* one scan under two names */
}

static void it_survives_the_program_and_a_rebuild(void **st)
{
    struct hash record;
    struct fault f = {0};
    assert_int_equal(conclude(1, "one.x3p", "two.x3p", "lead", "", &record), OK);
    use_ballistics_close(use);
    app_close(app);
    struct store *s = opened(dir, STORE_WRITE);
    assert_int_equal(store_rebuild(s, NULL, &f), OK);
    store_close(s);
    assert_int_equal(app_open(dir, &app, NULL), OK);
    assert_int_equal(use_ballistics_open(app, scans, &use, NULL), OK);
    assert_true(has(told(1, "one.x3p", "two.x3p"), "\"concluded\":true"));
}

static void the_page_is_printed(void **st)
{
    const struct visitor v = examiner(1);
    const struct use_pair_in in = {app->lang, &v, SLICE("one.x3p"), SLICE("two.x3p")};
    struct hash record;
    for (int i = 0; i < 5; i++) {
        struct buf out;
        buf_init(&out, 8u << 20);
        assert_int_equal(use_pair_pdf(use, &in, &out, NULL), OK);
        assert_non_null(memmem(out.p, out.n, "/Count 1", 8));
        buf_free(&out);
        assert_int_equal(conclude(1, "one.x3p", "two.x3p", conclusion_code((size_t)i), "for the court", &record), OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_is_told_before_an_own_conclusion, begin_test, end_test),
        cmocka_unit_test_setup_teardown(another_mind_is_another_entry, begin_test, end_test),
        cmocka_unit_test_setup_teardown(a_pair_from_a_search_says_so, begin_test, end_test),
        cmocka_unit_test_setup_teardown(what_is_not_of_the_form_is_refused, begin_test, end_test),
        cmocka_unit_test_setup_teardown(it_survives_the_program_and_a_rebuild, begin_test, end_test),
        cmocka_unit_test_setup_teardown(the_page_is_printed, begin_test, end_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
