#include "ballistics/report.h"
#include "base/time.h"
#include "lang/paper.h"
#include <stdio.h>
#include "base/banned.h"

#define INNER (PAPER_WIDTH - 2 * PAPER_MARGIN)
#define GUTTER 14.0
#define HALF ((INNER - GUTTER) / 2)
#define GAP 7.0
#define PICTURE_PIXELS 700
#define LIGHT 315.0
#define LIGHT_HEIGHT 35.0

static const struct paper_face text = {.size = 8.5}, small = {.size = 7, .grey = 0.35}, label = {.size = 7.5, .grey = 0.4, .bold = true},
    strong = {.size = 9.5, .bold = true}, title = {.size = 13, .bold = true}, mono = {.size = 5.7, .mono = true, .grey = 0.35},
    caution = {.size = 9.5, .bold = true, .red = true};

static double say(const struct paper *p, double x, double y, double width, const struct paper_face *face, const char *key, const struct lang_arg *args, size_t n)
{
    struct buf b;
    buf_init(&b, 1u << 16);
    lang_put(p->lang, LANG_PLAIN, &b, key, args, n);
    double h = paper_text(p, true, x, y, width, 0, face, buf_view(&b));
    buf_free(&b);
    return h;
}

/* ---- a side ---- */

/* The picture is never mirrored; only its place on the page is. */
static enum err draw_picture(const struct paper *p, const struct report *r, int i, double x, double y, struct fault *f)
{
    cairo_surface_t *image;
    const struct report_result *told = r->result;
    const struct picture_ask ask = {.side = PICTURE_PIXELS, .light = LIGHT, .height = LIGHT_HEIGHT, .cell = told ? i ? told->cell_b : told->cell_a : NULL,
        .cells = told ? told->cells : 0};
    enum err e = picture_make(r->side[i].surface, &ask, &image, f);
    if (e)
        return e;
    double scale = HALF / PICTURE_PIXELS, wide = cairo_image_surface_get_width(image) * scale, tall = cairo_image_surface_get_height(image) * scale;
    cairo_save(p->cr);
    cairo_translate(p->cr, paper_place(p, x, HALF) + (HALF - wide) / 2, y + (HALF - tall) / 2);
    cairo_scale(p->cr, scale, scale);
    cairo_set_source_surface(p->cr, image, 0, 0);
    cairo_paint(p->cr);
    cairo_restore(p->cr);
    cairo_surface_destroy(image);
    return OK;
}

static double side_words(const struct paper *p, const struct report_side *s, const char *key, double x, double y)
{
    char hex[65], size[64];
    double top = y;
    snprintf(size, sizeof size, "%u x %u, %.4g µm", s->surface->nx, s->surface->ny, s->surface->dx * 1e6);
    hex_of(s->sha.b, 32, hex);
    y += say(p, x, y, HALF, &label, key, NULL, 0);
    y += paper_text(p, true, x, y, HALF, 2, &strong, s->file);
    if (s->classes.n)
        y += paper_text(p, true, x, y, HALF, 3, &text, s->classes);
    if (s->corrected.n)
        y += paper_text(p, true, x, y, HALF, 2, &small, s->corrected);
    const struct lang_arg args[] = {lang_s("instrument", s->instrument), lang_s("measured", s->measured), lang_z("size", size),
        lang_n("missing", (int64_t)s->missing), lang_n("points", (int64_t)s->points)};
    y += say(p, x, y, HALF, &small, "report.scan", args, 5);
    y += paper_text(p, true, x, y, HALF, 2, &mono, slice_of(hex, 64));
    return y - top;
}

/* ---- the page ---- */

static double boxed(const struct paper *p, double y, const char *key)
{
    struct buf b;
    buf_init(&b, 1u << 16);
    lang_plain(p->lang, &b, key);
    double h = paper_text(p, false, PAPER_MARGIN + 8, y, INNER - 16, 0, &caution, buf_view(&b));
    paper_rect(p, PAPER_MARGIN, y, INNER, h + 8);
    cairo_set_source_rgb(p->cr, 0.7, 0.05, 0.05);
    cairo_set_line_width(p->cr, 1.1);
    cairo_stroke(p->cr);
    paper_text(p, true, PAPER_MARGIN + 8, y + 4, INNER - 16, 0, &caution, buf_view(&b));
    buf_free(&b);
    return h + 8 + GAP;
}

static double block(const struct paper *p, double y, const char *heading, const char *key, const struct lang_arg *args, size_t n)
{
    double h = say(p, PAPER_MARGIN, y, INNER, &label, heading, NULL, 0);
    return h + say(p, PAPER_MARGIN, y + h, INNER, &text, key, args, n) + GAP;
}

static double conclusion_block(const struct paper *p, const struct report *r, double y)
{
    double top = y;
    y += say(p, PAPER_MARGIN, y, INNER, &label, "report.conclusion", NULL, 0);
    for (size_t i = 0; i < r->conclusions; i++) {
        const struct report_conclusion *c = &r->conclusion[i];
        y += paper_text(p, true, PAPER_MARGIN, y, INNER, 2, i ? &text : &strong, c->code);
        if (c->note.n)
            y += paper_text(p, true, PAPER_MARGIN, y, INNER, i ? 2 : 5, &text, c->note);
        y += paper_text(p, true, PAPER_MARGIN, y, INNER, 3, &small, c->by);
    }
    if (r->more)
        y += say(p, PAPER_MARGIN, y, INNER, &small, "report.more", (struct lang_arg[]){lang_n("n", (int64_t)r->more)}, 1);
    if (!r->conclusions)
        y += say(p, PAPER_MARGIN, y, INNER, &text, "report.not_concluded", NULL, 0);
    return y + GAP - top;
}

static double result_block(const struct paper *p, const struct report_result *told, double y)
{
    double top = y;
    if (!told)
        return 0;
    y += say(p, PAPER_MARGIN, y, INNER, &label, "report.result", NULL, 0);
    y += paper_text(p, true, PAPER_MARGIN, y, INNER, 0, &text, told->sentence);
    y += paper_text(p, true, PAPER_MARGIN, y, INNER, 0, &small, told->parameters) + GAP;
    y += say(p, PAPER_MARGIN, y, INNER, &label, "compare.worth", NULL, 0);
    y += paper_text(p, true, PAPER_MARGIN, y, INNER, 0, &text, told->worth);
    y += paper_text(p, true, PAPER_MARGIN, y, INNER, 0, &small, told->limits);
    return y + GAP - top;
}

static double head_block(const struct paper *p, const struct report *r, double y)
{
    char day[11];
    time_day(r->now, day);
    double h = say(p, PAPER_MARGIN, y, INNER * 0.6, &title, "report.title", NULL, 0);
    say(p, PAPER_MARGIN + INNER * 0.6, y + 4, INNER * 0.4, &small, "report.printed", (struct lang_arg[]){lang_z("date", day)}, 1);
    return h + GAP;
}

static void foot_block(const struct paper *p)
{
    paper_rule(p, PAPER_MARGIN, PAPER_HEIGHT - 62, INNER);
    say(p, PAPER_MARGIN, PAPER_HEIGHT - 58, INNER, &small, "report.signature", NULL, 0);
}

static enum err draw(const struct paper *p, const struct report *r, struct fault *f)
{
    double y = 34, right = PAPER_MARGIN + HALF + GUTTER;
    y += boxed(p, y, "compare.only_a_lead");
    y += head_block(p, r, y);
    enum err e = draw_picture(p, r, 0, PAPER_MARGIN, y, f);
    if (!e)
        e = draw_picture(p, r, 1, right, y, f);
    y += HALF + 4;
    double a = side_words(p, &r->side[0], "compare.left", PAPER_MARGIN, y), b = side_words(p, &r->side[1], "compare.right", right, y);
    y += (a > b ? a : b) + GAP;
    y += conclusion_block(p, r, y);
    y += result_block(p, r->result, y);
    y += block(p, y, "report.method_label", r->result ? "report.method" : "report.method_eye", NULL, 0);
    block(p, y, "report.errors_label", "report.errors", NULL, 0);
    foot_block(p);
    return e;
}

enum err report_pdf(const struct report *r, const struct lang *l, struct buf *out, struct fault *f)
{
    struct paper p = {.lang = l, .rtl = strcmp(lang_dir(l), "rtl") == 0};
    cairo_surface_t *s = paper_pdf(l, "report.title", r->now, out);
    p.cr = cairo_create(s);
    enum err e = draw(&p, r, f);
    cairo_show_page(p.cr);
    cairo_status_t status = cairo_status(p.cr);
    cairo_destroy(p.cr);
    enum err ended = paper_pdf_end(s, status, out, e ? NULL : f);
    return e ? e : ended;
}
