#include "ballistics/picture.h"
#include "ballistics/tile.h"
#include "base/arena.h"
#include <math.h>
#include <stdio.h>
#include "base/banned.h"

#define RADIANS 0.017453292519943295
#define MISSING 0xffe3e6e9u
#define MIDDLE 0.56 /* brightness of a flat place */
#define RELIEF 0.30 /* brightness of a slope of the usual size, facing the light */

/* ---- relief ---- */

static float height_at(const struct surface *s, int64_t x, int64_t y)
{
    if (x < 0 || y < 0 || x >= s->nx || y >= s->ny)
        return NAN;
    return s->z[(size_t)y * s->nx + (size_t)x];
}

/* Slope along one axis from the neighbours that are there; NaN when the point itself is missing. */
static double slope(const struct surface *s, int64_t x, int64_t y, int dx, int dy, double pitch)
{
    double here = (double)height_at(s, x, y), after = (double)height_at(s, x + dx, y + dy), before = (double)height_at(s, x - dx, y - dy);
    if (!isnan(after) && !isnan(before))
        return (after - before) / (2 * pitch);
    if (!isnan(after))
        return (after - here) / pitch;
    return isnan(before) ? 0 * here : (here - before) / pitch;
}

struct slopes {
    float *x, *y; /* NaN where missing */
    double usual; /* root mean square */
};

static enum err slopes_make(const struct surface *s, struct slopes *out, struct fault *f)
{
    size_t n = surface_points(s), there = 0;
    double sum = 0;
    out->x = mem_alloc(n, sizeof(float));
    out->y = mem_alloc(n, sizeof(float));
    if (!out->x || !out->y)
        return fault_set(f, ERR_MEMORY, "picture", SLICE(""), "");
    for (size_t i = 0; i < n; i++) {
        int64_t x = (int64_t)(i % s->nx), y = (int64_t)(i / s->nx);
        double gx = slope(s, x, y, 1, 0, s->dx), gy = slope(s, x, y, 0, 1, s->dy);
        out->x[i] = (float)gx;
        out->y[i] = (float)gy;
        if (isnan(s->z[i]))
            continue;
        sum += gx * gx + gy * gy;
        there++;
    }
    out->usual = there && sum > 0 ? sqrt(sum / (double)there) : 1;
    return OK;
}

static uint32_t grey(double v)
{
    uint32_t g = (uint32_t)lround(255 * fmin(fmax(v, 0), 1));
    return 0xff000000u | g << 16 | g << 8 | g;
}

/* The light lies on the page, so it is turned back into the surface's own directions. */
static void shade(const struct surface *s, const struct slopes *g, const struct picture_ask *ask, unsigned char *pixels, int stride)
{
    double from = (ask->light - ask->turn) * RADIANS, lx = sin(from), ly = -cos(from);
    double gain = RELIEF * cos(ask->height * RADIANS) / cos(35 * RADIANS) / g->usual;
    for (uint32_t y = 0; y < s->ny; y++) {
        uint32_t *row = (uint32_t *)(void *)(pixels + (size_t)y * (size_t)stride);
        for (uint32_t x = 0; x < s->nx; x++) {
            size_t i = (size_t)y * s->nx + x;
            double facing = -((double)g->x[i] * lx + (double)g->y[i] * ly);
            row[x] = isnan(s->z[i]) ? MISSING : grey(MIDDLE + gain * facing);
        }
    }
}

static enum err relief(const struct surface *s, const struct picture_ask *ask, cairo_surface_t **out, struct fault *f)
{
    struct slopes g = {NULL, NULL, 1};
    cairo_surface_t *image = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)s->nx, (int)s->ny);
    enum err e = cairo_surface_status(image) == CAIRO_STATUS_SUCCESS ? slopes_make(s, &g, f) : fault_set(f, ERR_MEMORY, "picture", SLICE(""), "");
    if (!e) {
        cairo_surface_flush(image);
        shade(s, &g, ask, cairo_image_surface_get_data(image), cairo_image_surface_get_stride(image));
        cairo_surface_mark_dirty(image);
    }
    mem_free(g.x);
    mem_free(g.y);
    if (e)
        cairo_surface_destroy(image);
    else
        *out = image;
    return e;
}

/* ---- cells ---- */

static void draw_cell(cairo_t *cr, const struct picture_cell *c, double scale)
{
    char number[16];
    double half = c->side * scale / 2;
    snprintf(number, sizeof number, "%u", c->number);
    cairo_save(cr);
    cairo_translate(cr, c->x * scale, c->y * scale);
    cairo_rotate(cr, c->turn * RADIANS);
    cairo_rectangle(cr, -half, -half, 2 * half, 2 * half);
    cairo_set_source_rgba(cr, 1, 1, 1, 0.85); /* a light rim, so that the line shows on any grey */
    cairo_set_line_width(cr, c->close ? 4 : 3);
    cairo_stroke_preserve(cr);
    cairo_set_source_rgb(cr, c->close ? 0.08 : 0.45, c->close ? 0.31 : 0.45, c->close ? 0.48 : 0.45);
    cairo_set_line_width(cr, c->close ? 2 : 1);
    cairo_stroke(cr);
    cairo_set_font_size(cr, fmax(9, half * 0.6));
    cairo_move_to(cr, -half + 3, half - 4);
    cairo_text_path(cr, number);
    cairo_set_source_rgba(cr, 1, 1, 1, 0.85);
    cairo_set_line_width(cr, 3);
    cairo_stroke_preserve(cr);
    cairo_set_source_rgb(cr, c->close ? 0.08 : 0.45, c->close ? 0.31 : 0.45, c->close ? 0.48 : 0.45);
    cairo_fill(cr);
    cairo_restore(cr);
}

static void draw_cut(cairo_t *cr, const struct picture_ask *ask, double wide, double tall)
{
    static const double inks[2][4] = {{1, 1, 1, 3}, {0.08, 0.31, 0.48, 1.5}};
    double y = tall / 2 * (1 + ask->cut);
    for (int i = 0; ask->with_cut && i < 2; i++) {
        cairo_set_source_rgb(cr, inks[i][0], inks[i][1], inks[i][2]);
        cairo_set_line_width(cr, inks[i][3]);
        cairo_move_to(cr, 0, y);
        cairo_line_to(cr, wide, y);
        cairo_stroke(cr);
    }
}

/* ---- the picture ---- */

enum err picture_make(const struct surface *s, const struct picture_ask *ask, cairo_surface_t **out, struct fault *f)
{
    struct surface small;
    cairo_surface_t *image;
    uint32_t longer = s->nx > s->ny ? s->nx : s->ny;
    if (!ask->side || ask->side > PICTURE_SIDE_MAX)
        return fault_set(f, ERR_RANGE, "side", SLICE(""), "");
    enum err e = surface_reduce(s, longer > ask->side ? longer / ask->side : 1, &small, f);
    if (e)
        return e;
    e = relief(&small, ask, &image, f);
    double wide = (double)s->nx * s->dx, tall = (double)s->ny * s->dy, scale = ask->side / fmax(wide, tall);
    double sx = small.dx * scale, sy = small.dy * scale;
    surface_free(&small);
    if (e)
        return e;
    cairo_surface_t *page = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)fmax(1, wide * scale), (int)fmax(1, tall * scale));
    cairo_t *cr = cairo_create(page);
    cairo_set_source_rgb(cr, 0xe3 / 255.0, 0xe6 / 255.0, 0xe9 / 255.0);
    cairo_paint(cr);
    cairo_save(cr);
    cairo_translate(cr, wide * scale / 2, tall * scale / 2);
    cairo_rotate(cr, ask->turn * RADIANS);
    cairo_translate(cr, -wide * scale / 2, -tall * scale / 2);
    cairo_save(cr);
    cairo_scale(cr, sx, sy);
    cairo_set_source_surface(cr, image, 0, 0);
    cairo_paint(cr);
    cairo_restore(cr);
    for (size_t i = 0; i < ask->cells; i++)
        draw_cell(cr, &ask->cell[i], scale);
    cairo_restore(cr);
    draw_cut(cr, ask, wide * scale, tall * scale);
    bool well = cairo_status(cr) == CAIRO_STATUS_SUCCESS;
    cairo_destroy(cr);
    cairo_surface_destroy(image);
    if (!well) {
        cairo_surface_destroy(page);
        return fault_set(f, ERR_MEMORY, "picture", SLICE(""), "");
    }
    *out = page;
    return OK;
}

void picture_profile(const struct surface *s, double turn, double cut, float *z, size_t n)
{
    double wide = s->nx * s->dx, tall = s->ny * s->dy, c = cos(turn * RADIANS), d = sin(turn * RADIANS), y = tall / 2 * cut;
    for (size_t i = 0; i < n; i++) {
        double x = (((double)i + 0.5) / (double)n - 0.5) * wide, u = c * x + d * y + wide / 2, v = -d * x + c * y + tall / 2;
        z[i] = height_at(s, (int64_t)floor(u / s->dx), (int64_t)floor(v / s->dy));
    }
}

static cairo_status_t write_bytes(void *closure, const unsigned char *data, unsigned n)
{
    struct buf *out = closure;
    buf_add(out, data, n);
    return out->err ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

enum err picture_png(const struct surface *s, const struct picture_ask *ask, struct buf *out, struct fault *f)
{
    cairo_surface_t *image;
    enum err e = picture_make(s, ask, &image, f);
    if (e)
        return e;
    cairo_status_t status = cairo_surface_write_to_png_stream(image, write_bytes, out);
    cairo_surface_destroy(image);
    return status == CAIRO_STATUS_SUCCESS ? OK : fault_set(f, out->err ? out->err : ERR_MEMORY, "picture", SLICE(""), "");
}
