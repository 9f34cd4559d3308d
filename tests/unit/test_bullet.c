/* Bullet lands: an invented set of striae found again under form, noise and shift; the phase of two bullets. */
#include "ballistics/bullet.h"
#include "ballistics/lowess.h"
#include "texture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define LANDS 6
#define WIDE 900u

/* Striae of a barrel's land, a bow as lands have, and noise of each firing; moved by some points. */
static struct surface land(uint64_t striae, uint64_t firing, double shift)
{
    struct surface s;
    struct texture t;
    texture_make(&t, striae);
    assert_int_equal(surface_make(WIDE, 60, 2e-6, 2e-6, &s, NULL), OK);
    for (size_t i = 0; i < surface_points(&s); i++) {
        double x = (double)(i % WIDE) * 2e-6, bow = (x - 0.9e-3) / 0.9e-3;
        s.z[i] = (float)(0.3 * texture_height(&t, x + shift, 0) - 20e-6 * bow * bow + 0.4e-6 * (texture_draw(&firing) - 0.5));
    }
    return s;
}

static void signature(uint64_t striae, uint64_t firing, double shift, struct bullet_signature *out)
{
    struct surface s = land(striae, firing, shift);
    struct fault f;
    assert_int_equal(bullet_signature(&s, false, out, &f), OK);
    surface_free(&s);
}

static void test_same_land(void **state)
{
    static struct bullet_signature a, b, c;
    struct bullet_match same, other;
    signature(1, 100, 0, &a);
    signature(1, 200, 60e-6, &b);
    signature(2, 300, 0, &c);
    assert_int_equal(bullet_compare(&a, &b, &same, NULL), OK);
    assert_int_equal(bullet_compare(&a, &c, &other, NULL), OK);
    assert_true(same.r > 0.75 && fabs(same.shift - 60e-6) < 12e-6);
    assert_true(other.r < same.r - 0.3);
}

static void test_phase(void **state)
{
    static struct bullet_signature a[LANDS], b[LANDS];
    const struct bullet_signature *pa[LANDS], *pb[LANDS];
    struct bullet_phase p;
    for (size_t i = 0; i < LANDS; i++) {
        signature(10 + i, 50 + i, 0, &a[i]);
        signature(10 + (i + 2) % LANDS, 80 + i, 10e-6, &b[i]); /* land i of B is land i + 2 of A */
        pa[i] = &a[i];
        pb[i] = &b[i];
    }
    assert_int_equal(bullet_phase(pa, pb, LANDS, &p, NULL), OK);
    assert_int_equal(p.best, 4); /* land 2 of A is land 0 of B: 2 + 4 = 6 = 0 */
    assert_true(p.mean[4] > 0.9 && p.lead > 5);
    assert_int_equal(bullet_phase(pa, pb, 2, &p, NULL), ERR_RANGE);
}

/* A line stays a line, however wide the span, also with a wild point in it. */
static void test_lowess_line(void **state)
{
    enum { N = 200 };
    float z[N], out[N];
    for (int i = 0; i < N; i++)
        z[i] = 3 + 0.5f * (float)i + (i & 1 ? 0.01f : -0.01f);
    z[70] = 900;
    z[71] = NAN;
    assert_int_equal(lowess(z, N, 0.3, 4, out, NULL), OK);
    for (int i = 0; i < N; i++)
        assert_true(fabsf(out[i] - 3 - 0.5f * (float)i) < 0.05f);
}

static void test_refused(void **state)
{
    static struct bullet_signature a;
    struct surface s;
    struct fault f;
    assert_int_equal(surface_make(120, 50, 2e-6, 2e-6, &s, &f), OK);
    assert_int_equal(bullet_signature(&s, false, &a, &f), ERR_RANGE);
    surface_free(&s);
    assert_int_equal(surface_make(400, 50, 2e-6, 2e-6, &s, &f), OK);
    assert_int_equal(bullet_signature(&s, false, &a, &f), ERR_MISSING);
    surface_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_land),
        cmocka_unit_test(test_phase),
        cmocka_unit_test(test_lowess_line),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
