/* Preparation of surfaces: what the standard and arithmetic say of planes, spheres and Gaussian filters. */
#include "ballistics/surface_prepare.h"
#include "ballistics/surface_resample.h"
#include "texture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static struct surface blank(uint32_t nx, uint32_t ny, double pitch)
{
    struct surface s;
    assert_int_equal(surface_make(nx, ny, pitch, pitch, &s, NULL), OK);
    return s;
}

static void fill_plane(struct surface *s, double a, double b, double c)
{
    for (size_t i = 0; i < surface_points(s); i++) {
        double x = ((double)(i % s->nx) - (s->nx - 1) / 2.0) * s->dx, y = ((double)(i / s->nx) - (s->ny - 1) / 2.0) * s->dy;
        s->z[i] = (float)(a * x + b * y + c);
    }
}

static double largest(const struct surface *s)
{
    double most = 0;
    for (size_t i = 0; i < surface_points(s); i++)
        if (!isnan(s->z[i]))
            most = fmax(most, fabs((double)s->z[i]));
    return most;
}

static void test_plane_is_removed(void **state)
{
    struct surface s = blank(301, 200, 5e-6);
    double k[3];
    struct fault f;
    fill_plane(&s, 0.01, -0.02, 1e-4);
    assert_int_equal(surface_level_plane(&s, k, &f), OK);
    assert_true(fabs(k[0] - 0.01) < 1e-7 && fabs(k[1] + 0.02) < 1e-7 && fabs(k[2] - 1e-4) < 1e-10);
    assert_true(largest(&s) < 1e-10);
    surface_free(&s);
}

/* A third of the points on a lip 50 um up, nearer one side: a median plane hardly follows it, a least-squares plane would by micrometres. */
static void test_lip_does_not_tilt(void **state)
{
    struct surface s = blank(300, 300, 5e-6);
    double k[3];
    struct fault f;
    fill_plane(&s, 0.005, 0.003, 0);
    for (size_t i = 0; i < surface_points(&s); i++)
        if (hypot((double)(i % s.nx) - 160, (double)(i / s.nx) - 150) < 98)
            s.z[i] += 50e-6f;
    assert_int_equal(surface_level_plane(&s, k, &f), OK);
    assert_true(fabs(k[0] - 0.005) < 1e-5 && fabs(k[1] - 0.003) < 1e-5 && fabs(k[2]) < 1e-8);
    surface_free(&s);
}

static void test_sphere_is_removed(void **state)
{
    struct surface s = blank(301, 301, 5e-6);
    double k[4];
    struct fault f;
    fill_plane(&s, 0.002, 0, 0);
    for (size_t i = 0; i < surface_points(&s); i++) {
        double x = ((double)(i % s.nx) - 150) * 5e-6, y = ((double)(i / s.nx) - 150) * 5e-6;
        s.z[i] += (float)(20.0 * (x * x + y * y) / 2);
    }
    assert_int_equal(surface_level_sphere(&s, k, &f), OK);
    assert_true(fabs(k[0] - 20) < 1e-3 && fabs(k[1] - 0.002) < 1e-7);
    assert_true(largest(&s) < 1e-10);
    surface_free(&s);
}

static void test_nothing_to_level(void **state)
{
    struct surface s = blank(20, 20, 5e-6);
    double k[3];
    struct fault f;
    assert_int_equal(surface_level_plane(&s, k, &f), ERR_MISSING);
    surface_free(&s);
}

/* Amplitude of a wave in the middle of the surface after a filter, over that before. */
static double passes(double wavelength, double cut_off, bool high)
{
    struct surface s = blank(1201, 3, 2e-6);
    struct fault f;
    double most = 0;
    for (size_t i = 0; i < surface_points(&s); i++)
        s.z[i] = (float)(1e-6 * cos(2 * M_PI * ((double)(i % s.nx) - 600) * 2e-6 / wavelength));
    if (high)
        assert_int_equal(surface_high_pass(&s, cut_off, SURFACE_SIGMA_ISO, &f), OK);
    else
        assert_int_equal(surface_low_pass(&s, cut_off, SURFACE_SIGMA_ISO, &f), OK);
    most = (double)s.z[600 + s.nx] / 1e-6;
    surface_free(&s);
    return most;
}

/* ISO 16610-21: transmission exp(-pi (alpha lambda_c / lambda)^2) = 2^-(lambda_c / lambda)^2; half at the cut-off. */
static void test_gauss_transmission(void **state)
{
    static const double cut_off = 200e-6;
    for (double ratio = 0.5; ratio <= 2; ratio *= 2) {
        double want = pow(2, -1 / (ratio * ratio));
        assert_true(fabs(passes(ratio * cut_off, cut_off, false) - want) < 0.01);
        assert_true(fabs(passes(ratio * cut_off, cut_off, true) - (1 - want)) < 0.01);
    }
}

/* What the missing points hold has no say: a constant stays one up to the edge of a hole. */
static void test_filter_at_a_hole(void **state)
{
    struct surface s = blank(101, 101, 5e-6);
    struct fault f;
    struct surface_circle hole = {250e-6, 250e-6, 120e-6};
    fill_plane(&s, 0, 0, 3e-6);
    uint64_t cut = surface_cut(&s, &hole, true), missing = 0;
    assert_int_equal(surface_low_pass(&s, 100e-6, SURFACE_SIGMA_ISO, &f), OK);
    for (size_t i = 0; i < surface_points(&s); i++) {
        missing += isnan(s.z[i]);
        assert_true(isnan(s.z[i]) || fabs((double)s.z[i] - 3e-6) < 1e-11);
    }
    assert_int_equal(missing, cut);
    surface_free(&s);
}

/* Filling changes nothing further than a cut-off from what is missing, but for the mean height; beside a hole it pulls towards it. */
static void test_filled_filter(void **state)
{
    enum { N = 120 };
    struct surface a, b;
    struct texture t;
    texture_make(&t, 3);
    for (int k = 0; k < 2; k++) {
        struct surface *s = k ? &b : &a;
        assert_int_equal(surface_make(N, N, 10e-6, 10e-6, s, NULL), OK);
        for (size_t i = 0; i < N * N; i++)
            s->z[i] = i % N == 10 ? NAN : (float)texture_height(&t, (double)(i % N) * 10e-6, (double)(i / N) * 10e-6);
    }
    assert_int_equal(surface_gauss(&a, 200e-6, SURFACE_SIGMA_ISO, true, false, NULL), OK);
    assert_int_equal(surface_gauss(&b, 200e-6, SURFACE_SIGMA_ISO, true, true, NULL), OK);
    size_t middle = 60 * N + 60, beside = 60 * N + 11;
    assert_true(fabsf(a.z[middle] - b.z[middle]) < 1e-9f);
    assert_true(fabsf(a.z[beside] - b.z[beside]) > 1e-9f && isnan(b.z[60 * N + 10]));
    surface_free(&a);
    surface_free(&b);
}

static void test_outliers(void **state)
{
    struct surface s = blank(100, 100, 5e-6);
    struct fault f;
    double at;
    uint64_t removed, seed = 3;
    for (size_t i = 0; i < surface_points(&s); i++)
        s.z[i] = (float)(1e-6 * (texture_draw(&seed) - 0.5));
    s.z[5050] = 40e-6f;
    assert_int_equal(surface_outliers(&s, 12, &at, &removed, &f), OK);
    assert_int_equal(removed, 1);
    assert_true(isnan(s.z[5050]));
    surface_free(&s);
}

/* An invented primer: face of radius 1.9 mm, lip from 0.6 to 1.1 mm 50 um up, hole, specks of the case's head in the corners. */
static struct surface primer(void)
{
    struct surface s = blank(680, 680, 6.25e-6);
    struct texture t;
    texture_make(&t, 5);
    for (size_t i = 0; i < surface_points(&s); i++) {
        double x = (double)(i % s.nx) * s.dx - 2.15e-3, y = (double)(i / s.nx) * s.dy - 2.1e-3, r = hypot(x, y), fp = hypot(x - 1e-4, y);
        if (fp < 0.6e-3 || (r > 1.9e-3 && r < 2.6e-3))
            continue;
        s.z[i] = (float)(texture_height(&t, x, y) + 0.004 * x + (fp < 1.1e-3 ? 50e-6 : 0) + (r > 2.6e-3 ? -80e-6 : 0));
    }
    return s;
}

static void test_ring_and_hole(void **state)
{
    struct surface s = primer();
    struct surface_circle ring, hole;
    struct fault f;
    assert_int_equal(surface_find_ring(&s, &ring, &f), OK);
    assert_true(hypot(ring.x - 2.15e-3, ring.y - 2.1e-3) < 10e-6 && fabs(ring.radius - 1.9e-3) < 15e-6);
    assert_int_equal(surface_find_hole(&s, &ring, &hole, &f), OK);
    assert_true(hypot(hole.x - 2.25e-3, hole.y - 2.1e-3) < 30e-6 && fabs(hole.radius - 1.1e-3) < 40e-6);
    surface_free(&s);
}

static void test_recipe(void **state)
{
    struct surface s = primer(), out;
    struct surface_steps steps = {0};
    struct fault f;
    assert_false(surface_is_prepared(&s));
    assert_int_equal(surface_prepare(&s, &surface_breech_face, &out, &steps, &f), OK);
    assert_true(surface_is_prepared(&out));
    static const enum surface_step_kind want[] = {STEP_RING, STEP_HOLE, STEP_PLANE, STEP_OUTLIERS, STEP_LOW_PASS, STEP_HIGH_PASS};
    assert_int_equal(steps.count, 6);
    for (size_t i = 0; i < steps.count; i++)
        assert_int_equal(steps.step[i].kind, want[i]);
    struct buf b;
    struct cj j;
    buf_init(&b, 1u << 16);
    cj_open_loose(&j, &b);
    surface_steps_json(&steps, &j);
    assert_int_equal(b.err, OK);
    assert_non_null(strstr(b.p, "{\"step\":\"low_pass\",\"cut_off\":16"));
    buf_free(&b);
    surface_free(&s);
    surface_free(&out);
}

/* Means over squares keep the place of a feature, whatever the grids. */
static void test_resample_keeps_place(void **state)
{
    struct surface s = blank(200, 200, 5e-6), out;
    struct resample to = {41, 41, 20e-6, 0.5e-3, 0.5e-3};
    struct fault f;
    fill_plane(&s, 0.01, 0.02, 0);
    assert_int_equal(surface_resample(&s, &to, &out, &f), OK);
    double mid = (s.nx - 1) / 2.0 * 5e-6;
    for (uint32_t j = 0; j < 41; j++)
        for (uint32_t i = 0; i < 41; i++) {
            double x = 0.5e-3 + (i - 20.0) * 20e-6 - mid, y = 0.5e-3 + (j - 20.0) * 20e-6 - mid;
            assert_true(fabs((double)out.z[j * 41 + i] - 0.01 * x - 0.02 * y) < 1e-9);
        }
    surface_free(&s);
    surface_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plane_is_removed),
        cmocka_unit_test(test_lip_does_not_tilt),
        cmocka_unit_test(test_sphere_is_removed),
        cmocka_unit_test(test_nothing_to_level),
        cmocka_unit_test(test_gauss_transmission),
        cmocka_unit_test(test_filter_at_a_hole),
        cmocka_unit_test(test_filled_filter),
        cmocka_unit_test(test_outliers),
        cmocka_unit_test(test_ring_and_hole),
        cmocka_unit_test(test_recipe),
        cmocka_unit_test(test_resample_keeps_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
