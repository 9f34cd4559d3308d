/* A surface made ready: canvases, cells, their spectra. */
#include "ballistics/compare_in.h"
#include "ballistics/surface_resample.h"
#include "base/arena.h"

#include <math.h>
#include "base/banned.h"

#define CELLS_LEAST 3u

static size_t patch_room(const struct compare *c)
{
    return c->patch * c->patch_stride;
}

static size_t cell_room(const struct compare *c)
{
    return patch_room(c) + (c->direct ? 0 : 2 * c->half);
}

/* Copies the patch at (column, row); true when enough of it is there. */
static bool patch_take(const struct compare *c, const struct canvas *v, struct side_cell *cell)
{
    size_t x0 = c->n * (1 + cell->column), y0 = c->n * (1 + cell->row);
    cell->points = 0;
    for (size_t y = 0; y < c->patch; y++)
        for (size_t x = 0; x < c->patch; x++) {
            size_t from = (y0 + y) * v->stride + x0 + x, to = y * c->patch_stride + x;
            cell->z[to] = v->z[from];
            cell->points += v->z[from] != 0;
        }
    return (double)cell->points >= c->set.least * (double)(c->patch * c->patch);
}

/* Mean removed and scaled to unit energy, so that a map divided by the root of the other's energy is nearly r. */
static bool patch_scale(const struct compare *c, struct side_cell *cell)
{
    double sum = 0, energy = 0;
    for (size_t i = 0; i < patch_room(c); i++)
        sum += (double)cell->z[i];
    float mean = (float)(sum / (double)cell->points);
    for (size_t i = 0; i < patch_room(c); i++) {
        if (cell->z[i] != 0)
            cell->z[i] = cell->z[i] != mean ? cell->z[i] - mean : KERNEL_TINY;
        energy += (double)(cell->z[i] * cell->z[i]);
    }
    if (!(energy > 0))
        return false;
    float scale = (float)(1 / sqrt(energy));
    for (size_t i = 0; i < patch_room(c); i++)
        cell->z[i] *= scale;
    return true;
}

static void patch_spectrum(const struct compare *c, const struct side_cell *cell, struct canvas *blank, float *room)
{
    for (size_t y = 0; y < c->patch; y++)
        memcpy(blank->z + y * blank->stride, cell->z + y * c->patch_stride, c->patch * sizeof(float));
    region_forward(c, blank->z, room, cell->spectrum);
}

static enum err cells_take(const struct compare *c, struct compare_side *s)
{
    struct canvas blank;
    uint32_t grid = c->set.grid;
    float *room = floats_new(2 * c->half);
    s->room = floats_new(cell_room(c) * grid * grid);
    if (!room || !s->room || canvas_new(c->side, c->set.cell / (double)c->n, &blank)) {
        floats_free(room);
        return ERR_MEMORY;
    }
    for (uint32_t i = 0; i < grid * grid; i++) {
        struct side_cell *cell = &s->cell[s->cells];
        float *at = s->room + s->cells * cell_room(c);
        *cell = (struct side_cell){.column = (uint8_t)(i % grid), .row = (uint8_t)(i / grid), .z = at, .spectrum = at + patch_room(c)};
        if (!patch_take(c, &s->fine, cell) || !patch_scale(c, cell))
            continue;
        if (!c->direct)
            patch_spectrum(c, cell, &blank, room);
        s->cells++;
    }
    canvas_free(&blank);
    floats_free(room);
    return OK;
}

/* Rounded up: the kernels take eight complex numbers at a time. */
static enum err whole_spectrum(const struct compare *c, struct compare_side *s)
{
    size_t n = 2 * c->coarse_half;
    s->coarse_spectrum = floats_new(n + 16);
    s->coarse_mirror = floats_new(n + 16);
    if (!s->coarse_spectrum || !s->coarse_mirror)
        return ERR_MEMORY;
    fftwf_execute_dft_r2c(c->coarse_forward, s->coarse.z, (fftwf_complex *)(void *)s->coarse_spectrum);
    for (size_t i = 0; i < n; i++)
        s->coarse_mirror[i] = i & 1 ? -s->coarse_spectrum[i] : s->coarse_spectrum[i];
    return OK;
}

static enum err side_fill(const struct compare *c, const struct surface *in, struct compare_side *s, struct fault *f)
{
    s->pitch = fmax(in->dx, in->dy);
    enum err e = surface_centre(in, &s->cx, &s->cy, f);
    if (!e)
        e = canvas_new(c->side, c->set.cell / (double)c->n, &s->fine);
    if (!e)
        e = canvas_new(c->coarse_side, COMPARE_COARSE, &s->coarse);
    if (!e)
        e = canvas_take(&s->fine, in, s->cx, s->cy, f);
    if (!e)
        e = canvas_take(&s->coarse, in, s->cx, s->cy, f);
    if (!e)
        e = cells_take(c, s);
    if (!e)
        e = whole_spectrum(c, s);
    return e;
}

enum err compare_side_new(const struct compare *c, const struct surface *in, struct compare_side **out, struct fault *f)
{
    struct compare_side *s = mem_alloc(1, sizeof *s);
    if (!s)
        return fault_set(f, ERR_MEMORY, "compare", SLICE(""), "");
    enum err e = side_fill(c, in, s, f);
    if (!e && s->cells < CELLS_LEAST)
        e = fault_set(f, ERR_RANGE, "surface", SLICE(""), "want.compare_cells");
    else if (e == ERR_MEMORY)
        fault_set(f, e, "compare", SLICE(""), "");
    if (e)
        compare_side_free(s);
    else
        *out = s;
    return e;
}

void compare_side_free(struct compare_side *s)
{
    if (!s)
        return;
    canvas_free(&s->fine);
    canvas_free(&s->coarse);
    floats_free(s->room);
    floats_free(s->coarse_spectrum);
    floats_free(s->coarse_mirror);
    mem_free(s);
}

uint32_t compare_side_cells(const struct compare_side *s)
{
    return s->cells;
}

double compare_side_pitch(const struct compare_side *s)
{
    return s->pitch;
}
