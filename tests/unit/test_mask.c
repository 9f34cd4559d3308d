/* Corrections of a mask: what is drawn is what goes missing; kept in a chain that only grows. */
#include "ballistics/mask.h"
#include "base/arena.h"
#include "base/file.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

static struct mask m;

static enum err parse(const char *text, struct fault *f)
{
    *f = (struct fault){0};
    return mask_parse(slice_str(text), &m, f);
}

/* 100 by 80 points of 10 um, all there: point (i, k) lies at (10 i + 5, 10 k + 5) um. */
static uint64_t applied(const char *text, bool circles, struct surface *s)
{
    struct fault f;
    uint64_t removed;
    assert_int_equal(parse(text, &f), OK);
    assert_int_equal(surface_make(100, 80, 10e-6, 10e-6, s, NULL), OK);
    for (size_t i = 0; i < surface_points(s); i++)
        s->z[i] = 0;
    assert_int_equal(mask_apply(&m, circles, s, &removed, &f), OK);
    return removed;
}

static bool gone(const struct surface *s, size_t x, size_t y)
{
    return isnan(s->z[y * s->nx + x]);
}

static void shapes_leave_out_what_they_cover(void **state)
{
    struct surface s;
    assert_int_equal(applied("out 100 100 300 100 300 200 100 200", false, &s), 20 * 10); /* a rectangle of 200 by 100 um */
    assert_true(gone(&s, 10, 10) && gone(&s, 29, 19) && !gone(&s, 30, 10) && !gone(&s, 9, 10));
    surface_free(&s);
    assert_int_equal(applied("out 100 100 300 100 300 200 100 200\nback 100 100 200 100 200 200 100 200", false, &s), 10 * 10);
    surface_free(&s);
    assert_int_equal(applied("back 100 100 200 100 200 200 100 200", false, &s), 0);
    surface_free(&s);
    uint64_t dot = applied("out/100 505 405", false, &s); /* a dot of diameter 100 um: pi 50^2 / 100 = 78.5 points */
    assert_true(dot > 70 && dot < 90 && gone(&s, 50, 40) && gone(&s, 54, 40) && !gone(&s, 56, 40));
    surface_free(&s);
    uint64_t line = applied("out/20 100 105 900 105", false, &s); /* 800 by 20 um and two round ends */
    assert_true(line >= 160 && line < 260 && gone(&s, 50, 10) && !gone(&s, 50, 13));
    surface_free(&s);
}

static void circles_are_cut_only_where_no_recipe_does_it(void **state)
{
    struct surface s;
    assert_int_equal(applied("ring 500 400 300\nhole 500 400 100", false, &s), 0);
    struct surface_recipe r = mask_recipe(&m, &surface_breech_face, &s);
    assert_true(!r.ring && !r.hole && surface_breech_face.ring);
    assert_true(fabs(r.ring_at.radius - 300e-6) < 1e-12 && fabs(r.ring_at.x - 495e-6) < 1e-12); /* there from the centre of the first point */
    surface_free(&s);
    uint64_t n = applied("ring 500 400 300\nhole 500 400 100\nback/1000 500 400", true, &s); /* nothing takes back what a circle leaves out */
    double left = 3.14159265 * (300.0 * 300 - 100.0 * 100) / 100;
    assert_true(fabs(8000 - (double)n - left) < 0.02 * left);
    assert_true(gone(&s, 50, 40) && !gone(&s, 65, 40) && gone(&s, 99, 79));
    surface_free(&s);
}

static void what_is_no_shape_is_named_with_its_line(void **state)
{
    static const struct {
        const char *text;
        enum err code;
        int line;
    } bad[] = {{"ring 1 2", ERR_RANGE, 1}, {"ring 1 2 0", ERR_RANGE, 1}, {"ring/3 1 2 3", ERR_FORMAT, 1}, {"circle 1 2 3", ERR_FORMAT, 1},
        {"\nout 1 1 2 2", ERR_MISSING, 2}, {"out/0 1 1", ERR_FORMAT, 1}, {"out/10 1", ERR_RANGE, 1}, {"out/10 1e3 2", ERR_RANGE, 1},
        {"hole 1 2 3 4", ERR_RANGE, 1}, {"out/10 nan 1", ERR_RANGE, 1}, {"out/10 999999 1", ERR_RANGE, 1}, {"out/10 1.25 1", ERR_RANGE, 1}};
    struct fault f;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(parse(bad[i].text, &f), bad[i].code);
        assert_int_equal(f.line, bad[i].line);
        assert_string_equal(f.field, "shapes");
    }
    struct buf b;
    buf_init(&b, 1000);
    assert_int_equal(parse("  ring  1.0 2.5 3 \r\n\r\nout/40 -1 0", &f), OK);
    mask_print(&m, &b);
    assert_true(slice_is(buf_view(&b), "ring 1 2.5 3\nout/40 -1 0"));
    buf_free(&b);
}

/* ---- the file ---- */

static char path[64];

static struct hash kept(const char *shapes, struct hash previous, uint8_t scan)
{
    struct mask_entry e = {.previous = previous, .sha = {{scan}}, .who = SLICE("lab-one"), .shapes = slice_str(shapes), .at = 1700000000000};
    struct fault f = {0};
    if (mask_file_append(path, &e, &f))
        fail_msg("append: %s %s", f.field, f.value);
    return e.id;
}

static enum err read_all(struct arena *a, struct mask_entry **e, size_t *n)
{
    return mask_file_read(path, a, e, n, NULL);
}

static void corrections_form_a_chain(void **state)
{
    struct arena a;
    struct mask_entry *e;
    size_t n = 9;
    struct hash none = {{0}}, scan = {{7}}, other = {{8}};
    snprintf(path, sizeof path, "/tmp/athar-mask-XXXXXX");
    close(mkstemp(path));
    unlink(path);
    arena_init(&a, 1u << 20);
    assert_int_equal(read_all(&a, &e, &n), OK);
    assert_int_equal(n, 0);
    struct hash first = kept("out 1 1 2 2 3 1", none, 7), second = kept("ring 5 5 4", first, 7);
    struct mask_entry late = {.previous = first, .sha = scan, .who = SLICE("lab-two"), .shapes = SLICE(""), .at = 1};
    assert_int_equal(mask_file_append(path, &late, NULL), ERR_CONFLICT); /* he has not seen the second */
    assert_int_equal(read_all(&a, &e, &n), OK);
    assert_true(n == 2 && hash_eq(&e[1].id, &second) && hash_eq(&e[1].previous, &first) && slice_is(e[0].who, "lab-one"));
    assert_true(slice_is(mask_in_force(e, n, &scan)->shapes, "ring 5 5 4"));
    assert_null(mask_in_force(e, n, &other)); /* another scan came in its place */
    kept("", second, 7);
    assert_int_equal(read_all(&a, &e, &n), OK);
    assert_true(n == 3 && !mask_in_force(e, n, &scan)); /* back to the mask as found; the two before stay */
    arena_free(&a);
}

static void a_changed_or_missing_line_is_found(void **state)
{
    struct arena a;
    struct mask_entry *e;
    struct buf b;
    size_t n;
    arena_init(&a, 1u << 20);
    buf_init(&b, 1u << 20);
    assert_int_equal(file_read(path, &b, NULL), OK);
    struct slice whole = buf_view(&b);
    const char *end = memchr(whole.p, '\n', whole.n);
    size_t first = (size_t)(end + 1 - whole.p);
    assert_int_equal(file_replace(path, slice_of(whole.p + first, whole.n - first), 0644, NULL), OK);
    assert_int_equal(read_all(&a, &e, &n), ERR_DAMAGED); /* the first is gone */
    b.p[first - 10] ^= 1;
    assert_int_equal(file_replace(path, whole, 0644, NULL), OK);
    assert_int_equal(read_all(&a, &e, &n), ERR_DAMAGED); /* the first is another */
    b.p[first - 10] ^= 1;
    assert_int_equal(file_replace(path, slice_of(whole.p, whole.n - 5), 0644, NULL), OK); /* the last was being written when the machine stopped */
    assert_int_equal(read_all(&a, &e, &n), OK);
    assert_int_equal(n, 2);
    kept("hole 1 1 1", e[1].id, 7);
    assert_int_equal(read_all(&a, &e, &n), OK);
    assert_true(n == 3 && slice_is(e[2].shapes, "hole 1 1 1"));
    buf_free(&b);
    arena_free(&a);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_leave_out_what_they_cover),
        cmocka_unit_test(circles_are_cut_only_where_no_recipe_does_it),
        cmocka_unit_test(what_is_no_shape_is_named_with_its_line),
        cmocka_unit_test(corrections_form_a_chain),
        cmocka_unit_test(a_changed_or_missing_line_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
