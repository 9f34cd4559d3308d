/* What a surface takes and what it refuses. */
#include "ballistics/surface.h"
#include "base/mem.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void test_a_new_surface_has_no_measured_point(void **state)
{
    struct surface s;
    assert_int_equal(surface_make(3, 2, 6.25e-6, 3.125e-6, &s, NULL), OK);
    assert_int_equal(surface_points(&s), 6);
    for (size_t i = 0; i < 6; i++)
        assert_true(isnan(s.z[i]));
    assert_true(s.z0 == 0);
    surface_free(&s);
    assert_null(s.z);
    surface_free(&s);
    surface_free(NULL);
}

static void test_sizes_and_pitches_out_of_range_are_refused(void **state)
{
    static const struct {
        uint32_t nx, ny;
        double dx, dy;
    } bad[] = {{0, 1, 1, 1}, {1, 0, 1, 1}, {SURFACE_SIDE_MAX + 1, 1, 1, 1}, {16384, 4097, 1, 1}, {UINT32_MAX, UINT32_MAX, 1, 1}, {1, 1, 0, 1},
        {1, 1, 1, -1}, {1, 1, NAN, 1}, {1, 1, 1, INFINITY}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct surface s = {.nx = 77};
        struct fault f = {0};
        assert_int_equal(surface_make(bad[i].nx, bad[i].ny, bad[i].dx, bad[i].dy, &s, &f), ERR_RANGE);
        assert_int_equal(f.code, ERR_RANGE);
        assert_int_equal(s.nx, 77);
    }
}

static void test_no_memory_is_said(void **state)
{
    struct surface s;
    surface_init(&s);
    mem_test_fail_at(1);
    assert_int_equal(surface_make(8, 8, 1, 1, &s, NULL), ERR_MEMORY);
    mem_test_fail_at(0);
    assert_null(s.z);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_new_surface_has_no_measured_point),
        cmocka_unit_test(test_sizes_and_pitches_out_of_range_are_refused),
        cmocka_unit_test(test_no_memory_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
