#include "ballistics/compare_in.h"
#include "base/arena.h"
#include "base/time.h"

#include <math.h>
#include "base/banned.h"

const struct compare_settings compare_standard = {.points = 16, .grid = 8, .cell = 400e-6, .step = 3, .turn = 180, .orientations = 3,
    .window = 12, .least = 0.15, .shift = 125e-6, .angle = 6, .r = 0.5, .high_shift = 125e-6, .high_r = 0.5, .high_angle = 6, .high_tau = 1};

static bool settings_fit(const struct compare_settings *s)
{
    bool cells = (s->points == 16 || s->points == 32 || s->points == 64) && s->grid >= 2 && s->grid <= COMPARE_GRID_MAX;
    bool sizes = s->cell >= 100e-6 && s->cell <= 2e-3 && s->least > 0 && s->least <= 1;
    bool turns = s->step >= 3 && s->step <= 30 && s->turn >= 0 && s->turn <= 180 && s->window >= 0 && s->window <= 30;
    return cells && sizes && turns && s->orientations >= 1 && s->orientations <= 4;
}

/* The planner's estimate, not its timing: the same plan, so the same bits, on every run. */
static bool plans_make(struct compare *c)
{
    struct canvas v = {0}, coarse = {0};
    float *spectrum = floats_new(2 * c->half), *second = floats_new(2 * c->half), *map = floats_new(c->region * c->region);
    float *coarse_spectrum = floats_new(2 * c->coarse_half + 16), *coarse_map = floats_new(c->coarse_side * c->coarse_side);
    bool ok = spectrum && second && map && coarse_spectrum && coarse_map && !canvas_new(c->side, 1, &v) && !canvas_new(c->coarse_side, 1, &coarse);
    if (ok) {
        int n = (int)c->region, width = n / 2 + 1, shifts = 2 * (int)c->n;
        int m[2] = {(int)c->coarse_side, (int)c->coarse_side}, coarse_in[2] = {0, (int)coarse.stride};
        int coarse_out[2] = {0, (int)c->coarse_side / 2 + 1};
        fftwf_complex *sp = (fftwf_complex *)(void *)spectrum, *other = (fftwf_complex *)(void *)second, *csp = (fftwf_complex *)(void *)coarse_spectrum;
        c->rows = fftwf_plan_many_dft_r2c(1, &n, n, v.z, NULL, 1, (int)v.stride, sp, NULL, 1, width, FFTW_ESTIMATE);
        c->columns = fftwf_plan_many_dft(1, &n, width, sp, NULL, width, 1, other, NULL, width, 1, FFTW_FORWARD, FFTW_ESTIMATE);
        c->columns_back = fftwf_plan_many_dft(1, &n, width, sp, NULL, width, 1, other, NULL, width, 1, FFTW_BACKWARD, FFTW_ESTIMATE);
        c->rows_back = fftwf_plan_many_dft_c2r(1, &n, shifts, sp, NULL, 1, width, map, NULL, 1, n, FFTW_ESTIMATE);
        c->coarse_forward = fftwf_plan_many_dft_r2c(2, m, 1, coarse.z, coarse_in, 1, 0, csp, coarse_out, 1, 0, FFTW_ESTIMATE);
        c->coarse_back = fftwf_plan_dft_c2r_2d(m[0], m[1], csp, coarse_map, FFTW_ESTIMATE);
        ok = c->rows && c->columns && c->columns_back && c->rows_back && c->coarse_forward && c->coarse_back;
    }
    canvas_free(&v);
    canvas_free(&coarse);
    floats_free(spectrum);
    floats_free(second);
    floats_free(map);
    floats_free(coarse_spectrum);
    floats_free(coarse_map);
    return ok;
}

void region_forward(const struct compare *c, float *z, float *room, float *spectrum)
{
    fftwf_execute_dft_r2c(c->rows, z, (fftwf_complex *)(void *)room);
    fftwf_execute_dft(c->columns, (fftwf_complex *)(void *)room, (fftwf_complex *)(void *)spectrum);
}

void region_back(const struct compare *c, float *spectrum, float *room, float *map)
{
    fftwf_execute_dft(c->columns_back, (fftwf_complex *)(void *)spectrum, (fftwf_complex *)(void *)room);
    fftwf_execute_dft_c2r(c->rows_back, (fftwf_complex *)(void *)room, map);
}

enum err compare_new(const struct compare_settings *s, struct compare **out, struct fault *f)
{
    if (!settings_fit(s))
        return fault_set(f, ERR_RANGE, "compare", SLICE(""), "want.compare_settings");
    struct compare *c = mem_alloc(1, sizeof *c);
    if (!c)
        return fault_set(f, ERR_MEMORY, "compare", SLICE(""), "");
    c->set = *s;
    c->k = ballistics_kernels();
    c->n = s->points;
    c->direct = c->n == 16;
    c->patch = c->n + 1;
    c->patch_stride = (c->patch + KERNEL_LANES - 1) / KERNEL_LANES * KERNEL_LANES;
    c->region = 3 * c->n;
    c->half = c->region * (c->region / 2 + 1);
    c->side = (s->grid + 2) * c->n + 1;
    c->coarse_side = (size_t)lround((s->grid + 2) * s->cell / COMPARE_COARSE / 2) * 2;
    c->coarse_half = c->coarse_side * (c->coarse_side / 2 + 1);
    if (!plans_make(c)) {
        compare_free(c);
        return fault_set(f, ERR_MEMORY, "compare", SLICE(""), "");
    }
    *out = c;
    return OK;
}

void compare_free(struct compare *c)
{
    if (!c)
        return;
    fftwf_plan plans[] = {c->rows, c->columns, c->columns_back, c->rows_back, c->coarse_forward, c->coarse_back};
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++)
        if (plans[i])
            fftwf_destroy_plan(plans[i]);
    mem_free(c);
}

const struct compare_settings *compare_settings_of(const struct compare *c)
{
    return &c->set;
}

struct compare_work *compare_work_new(const struct compare *c)
{
    struct compare_work *w = mem_alloc(1, sizeof *w);
    if (!w)
        return NULL;
    size_t maps = c->coarse_side > c->region ? c->coarse_side : c->region;
    w->spectrum = floats_new(2 * maps * (maps / 2 + 1) + 16);
    w->product = floats_new(2 * maps * (maps / 2 + 1) + 16);
    w->map = floats_new(maps * maps);
    w->weighed = floats_new(4 * c->n * c->n);
    w->row_max = floats_new(2 * c->n);
    w->column = floats_new(c->side + c->n + 4 * KERNEL_LANES);
    w->scratch = floats_new(c->side + c->n + 4 * KERNEL_LANES);
    bool ok = !canvas_new(c->side, c->set.cell / (double)c->n, &w->turned) && !canvas_new(c->coarse_side, COMPARE_COARSE, &w->coarse_turned);
    if (ok)
        ok = (w->weight = floats_new((c->side + 2) * w->turned.stride)) != NULL;
    if (!ok || !w->column || !w->scratch || !w->spectrum || !w->product || !w->map || !w->weighed || !w->row_max) {
        compare_work_free(w);
        return NULL;
    }
    return w;
}

void compare_work_free(struct compare_work *w)
{
    if (!w)
        return;
    canvas_free(&w->turned);
    canvas_free(&w->coarse_turned);
    float *parts[] = {w->weight, w->spectrum, w->product, w->map, w->weighed, w->row_max, w->column, w->scratch};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        floats_free(parts[i]);
    mem_free(w);
}
