/* Comparison of breech faces: kernels against plain sums, a known turn and shift found again, unlike surfaces apart. */
#include "ballistics/compare.h"
#include "ballistics/kernel.h"
#include "texture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define NAMES 3
static const char *const names[NAMES] = {"plain", "avx2", "avx512"};

static float *noise(size_t n, uint64_t seed, bool holes)
{
    float *p = floats_new(n);
    assert_non_null(p);
    for (size_t i = 0; i < n; i++) {
        p[i] = (float)(texture_draw(&seed) - 0.5);
        if (holes && texture_draw(&seed) < 0.2)
            p[i] = 0;
    }
    return p;
}

static void test_correlate(void **state)
{
    enum { SIDE = 32, PATCH = 17, STRIDE = 32, MAP = 64 };
    float *cell = noise(PATCH * STRIDE, 1, false), *map = noise((MAP + 1) * MAP, 2, false), *out = floats_new(SIDE * SIDE);
    for (int k = 0; k < NAMES; k++) {
        const struct kernels *kernel = ballistics_kernels_named(names[k]);
        if (!kernel)
            continue;
        kernel->correlate(cell, STRIDE, PATCH, map, MAP, SIDE, out);
        for (size_t y = 0; y < SIDE; y++)
            for (size_t x = 0; x < SIDE; x++) {
                double sum = 0;
                for (size_t v = 0; v < PATCH; v++)
                    for (size_t u = 0; u < PATCH; u++)
                        sum += (double)cell[v * STRIDE + u] * (double)map[(y + v) * MAP + x + u];
                assert_true(fabs(sum - (double)out[y * SIDE + x]) < 1e-4);
            }
    }
    floats_free(cell);
    floats_free(map);
    floats_free(out);
}

static void test_product(void **state)
{
    enum { N = 64 };
    float *a = noise(2 * N, 3, false), *b = noise(2 * N, 4, false), *out = floats_new(2 * N);
    for (int k = 0; k < NAMES; k++) {
        const struct kernels *kernel = ballistics_kernels_named(names[k]);
        if (!kernel)
            continue;
        kernel->product(a, b, out, N);
        for (size_t i = 0; i < 2 * N; i += 2) { /* (p - qi)(r + si) */
            assert_true(fabsf(out[i] - (a[i] * b[i] + a[i + 1] * b[i + 1])) < 1e-5f);
            assert_true(fabsf(out[i + 1] - (a[i] * b[i + 1] - a[i + 1] * b[i])) < 1e-5f);
        }
    }
    floats_free(a);
    floats_free(b);
    floats_free(out);
}

static void test_sums_leave_out_missing(void **state)
{
    enum { ROWS = 17, STRIDE = 32, MAP = 48 };
    float *a = noise(ROWS * STRIDE, 5, true), *b = noise((ROWS + 1) * MAP, 6, true);
    double n = 0, ab = 0, bb = 0;
    for (size_t y = 0; y < ROWS; y++)
        for (size_t x = 0; x < STRIDE; x++) {
            double p = (double)a[y * STRIDE + x], q = (double)b[y * MAP + x];
            bool both = p != 0 && q != 0;
            n += both;
            ab += p * q;
            bb += both ? q * q : 0;
        }
    for (int k = 0; k < NAMES; k++) {
        const struct kernels *kernel = ballistics_kernels_named(names[k]);
        if (!kernel)
            continue;
        struct kernel_sums s = kernel->sums(a, STRIDE, b, MAP, ROWS, STRIDE);
        assert_true((double)s.n == n);
        assert_true(fabs((double)s.ab - ab) < 1e-4 && fabs((double)s.bb - bb) < 1e-4);
    }
    floats_free(a);
    floats_free(b);
}

static void test_box(void **state)
{
    enum { WIDTH = 64, N = 16 };
    float *column = noise(WIDTH + N + 2 * KERNEL_LANES, 7, false), *scratch = floats_new(WIDTH + N + 2 * KERNEL_LANES);
    float *out = floats_new(WIDTH + KERNEL_LANES);
    for (size_t i = 0; i < WIDTH + N; i++)
        column[i] = fabsf(column[i]);
    for (int k = 0; k < NAMES; k++) {
        const struct kernels *kernel = ballistics_kernels_named(names[k]);
        if (!kernel)
            continue;
        kernel->box(column, WIDTH, N, 0.1f, scratch, out);
        for (size_t x = 0; x < WIDTH; x++) {
            double sum = 0.1;
            for (size_t i = 0; i <= N; i++)
                sum += (double)column[x + i];
            assert_true(fabs(1 / sqrt(sum) - (double)out[x]) < 1e-5);
        }
    }
    floats_free(column);
    floats_free(scratch);
    floats_free(out);
}

static struct compare_result compare_two(const struct compare_settings *set, const struct surface *a, const struct surface *b)
{
    struct compare *c = NULL;
    struct compare_side *sa = NULL, *sb = NULL;
    struct compare_result r;
    struct fault f;
    assert_int_equal(compare_new(set, &c, &f), OK);
    assert_int_equal(compare_side_new(c, a, &sa, &f), OK);
    assert_int_equal(compare_side_new(c, b, &sb, &f), OK);
    struct compare_work *w = compare_work_new(c);
    assert_non_null(w);
    compare_run(c, sa, sb, w, &r);
    compare_work_free(w);
    compare_side_free(sa);
    compare_side_free(sb);
    compare_free(c);
    return r;
}

/* B is A turned by +100 degrees and shifted by (90, -60) um: turning B back by -100 and shifting lays it on A. */
static void test_known_pose(void **state)
{
    struct texture t;
    texture_make(&t, 11);
    struct surface a = texture_ring(&t, 281, 12.5e-6, 0, 0, 0), b = texture_ring(&t, 281, 12.5e-6, 100, 90e-6, -60e-6);
    for (uint32_t points = 16; points <= 32; points *= 2) {
        struct compare_settings set = compare_standard;
        set.points = points;
        struct compare_result r = compare_two(&set, &a, &b);
        assert_true(fabs(r.theta + 100) < 0.3);
        double angle = r.theta * M_PI / 180; /* p + shift on turned B comes from A's p: B(R(-theta)(p + s)) = A(p) */
        assert_true(fabs(r.dx - (cos(angle) * 90e-6 - sin(angle) * -60e-6)) < 6e-6);
        assert_true(fabs(r.dy - (sin(angle) * 90e-6 + cos(angle) * -60e-6)) < 6e-6);
        assert_true(r.close * 10 >= r.cells * 8 && r.cmc * 10 >= r.cells * 7 && r.cmc_high * 10 >= r.cells * 8);
    }
    surface_free(&a);
    surface_free(&b);
}

/* Every congruent cell lies on B where the known pose puts it. */
static void test_cells_lie_on_b(void **state)
{
    struct texture t;
    texture_make(&t, 12);
    struct surface a = texture_ring(&t, 281, 12.5e-6, 0, 0, 0), b = texture_ring(&t, 281, 12.5e-6, 100, 0, 0);
    struct compare_result r = compare_two(&compare_standard, &a, &b);
    double turn = 100 * M_PI / 180;
    for (uint32_t i = 0; i < r.cells; i++) {
        const struct compare_cell *c = &r.cell[i];
        double x = (double)c->ax - r.ax, y = (double)c->ay - r.ay;
        if (!c->close)
            continue;
        assert_true(fabs(cos(turn) * x - sin(turn) * y - ((double)c->bx - r.bx)) < 40e-6);
        assert_true(fabs(sin(turn) * x + cos(turn) * y - ((double)c->by - r.by)) < 40e-6);
    }
    surface_free(&a);
    surface_free(&b);
}

static void test_unlike_surfaces(void **state)
{
    struct texture t, u;
    texture_make(&t, 21);
    texture_make(&u, 22);
    struct surface a = texture_ring(&t, 281, 12.5e-6, 0, 0, 0), b = texture_ring(&u, 281, 12.5e-6, 0, 0, 0);
    struct surface c = texture_ring(&t, 281, 12.5e-6, 200, 40e-6, 0);
    struct compare_result other = compare_two(&compare_standard, &a, &b), same = compare_two(&compare_standard, &a, &c);
    assert_true(same.score > 4 * other.score);
    assert_true(other.cmc * 4 < other.cells);
    surface_free(&a);
    surface_free(&b);
    surface_free(&c);
}

static void test_too_little(void **state)
{
    struct surface s;
    struct compare *c;
    struct compare_side *side;
    struct fault f;
    struct compare_settings bad = compare_standard;
    bad.points = 17;
    assert_int_equal(compare_new(&bad, &c, &f), ERR_RANGE);
    assert_int_equal(compare_new(&compare_standard, &c, &f), OK);
    assert_int_equal(surface_make(40, 40, 6.25e-6, 6.25e-6, &s, &f), OK);
    assert_int_equal(compare_side_new(c, &s, &side, &f), ERR_MISSING);
    for (size_t i = 0; i < surface_points(&s); i++)
        s.z[i] = (float)(i % 7) * 1e-6f;
    assert_int_equal(compare_side_new(c, &s, &side, &f), ERR_RANGE);
    surface_free(&s);
    compare_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_correlate),
        cmocka_unit_test(test_product),
        cmocka_unit_test(test_sums_leave_out_missing),
        cmocka_unit_test(test_box),
        cmocka_unit_test(test_known_pose),
        cmocka_unit_test(test_cells_lie_on_b),
        cmocka_unit_test(test_unlike_surfaces),
        cmocka_unit_test(test_too_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
