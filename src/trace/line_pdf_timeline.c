/* The timeline on the printed page: black and white printers must tell the tones apart, so each has its own hatch. */
#include "trace/line_pdf_in.h"
#include <stdio.h>
#include "base/banned.h"

#define ROW 17.0
#define BAND 12.0
#define LANE_NAME 62.0

static const struct {
    double r, g, b;
} tone_fill[LINE_TONES] = {[LINE_LAWFUL] = {0.13, 0.35, 0.55}, [LINE_STATE] = {0.55, 0.45, 0.70}, [LINE_UNKNOWN] = {0.86, 0.86, 0.86},
    [LINE_GAP] = {1, 1, 1}, [LINE_PAST] = {0.6, 0.6, 0.6}, [LINE_ACT] = {0.7, 0.05, 0.05}};

static double at(double x)
{
    return PAGE_MARGIN + LANE_NAME + x * (PAGE_INNER - LANE_NAME);
}

static void hatch(struct page *p, double x, double y, double width)
{
    cairo_save(p->cr);
    page_rect(p, x, y, width, BAND);
    cairo_clip(p->cr);
    cairo_set_source_rgb(p->cr, 1, 1, 1);
    cairo_set_line_width(p->cr, 0.6);
    double left = p->rtl ? PAGE_WIDTH - x - width : x;
    for (double d = -BAND; d < width; d += 5) {
        cairo_move_to(p->cr, left + d, y + BAND);
        cairo_rel_line_to(p->cr, BAND, -BAND);
        cairo_stroke(p->cr);
    }
    cairo_restore(p->cr);
}

static void draw_box(struct page *p, const struct plot_band *b, double y)
{
    double x = at(b->x0), width = at(b->x1) - x - 0.8; /* neighbours stay apart */
    enum line_tone t = b->span->tone;
    page_rect(p, x, y, width, BAND);
    cairo_set_source_rgb(p->cr, tone_fill[t].r, tone_fill[t].g, tone_fill[t].b);
    if (t != LINE_GAP) {
        cairo_fill(p->cr);
        if (t == LINE_STATE)
            hatch(p, x, y, width);
        return;
    }
    static const double dashes[] = {2, 2};
    cairo_set_dash(p->cr, dashes, 2, 0);
    cairo_set_line_width(p->cr, 0.8);
    cairo_set_source_rgb(p->cr, 0.3, 0.3, 0.3);
    cairo_stroke(p->cr);
    cairo_set_dash(p->cr, NULL, 0, 0);
}

/* The lane names the role, so a holder's name is enough; what is not a holding says what it is. */
static void label_text(const struct page *p, const struct line_span *s, struct buf *out)
{
    bool holder = s->who.n && (s->tone == LINE_LAWFUL || s->tone == LINE_STATE);
    if (holder)
        buf_slice(out, s->who);
    else
        note_say(p->lang, s->label, out);
}

/* Inside the band when it fits, else beside it as far as the next band leaves room. */
static void draw_label(struct page *p, const struct plot_band *b, double y)
{
    struct buf text;
    buf_init(&text, 4096);
    label_text(p, b->span, &text);
    double inside = at(b->x1) - at(b->x0) - 5, need = page_text_width(p, &face_small, page_view(p, &text));
    double beside = at(b->room) - at(b->x1) - 5;
    bool dark = b->span->tone == LINE_LAWFUL || b->span->tone == LINE_STATE;
    struct paper_face in = {.size = 7, .grey = dark ? 1 : 0.15, .bold = b->span->tone == LINE_STATE}, out = {.size = 7, .grey = 0.15};
    bool fits = need <= inside || inside >= beside;
    double width = fits ? inside : beside, x = fits ? at(b->x0) + 2.5 : at(b->x1) + 2.5;
    if (b->span->tone == LINE_STATE && fits) { /* the hatch would cut the letters */
        cairo_set_source_rgb(p->cr, tone_fill[LINE_STATE].r, tone_fill[LINE_STATE].g, tone_fill[LINE_STATE].b);
        page_rect(p, x - 1, y + 1, (need < width ? need : width) + 2, BAND - 2);
        cairo_fill(p->cr);
    }
    if (width >= 14)
        page_text(p, true, x, y + 0.6, width, 1, fits ? &in : &out, page_view(p, &text));
    buf_free(&text);
}

static void draw_axis(struct page *p, const struct plot *plot, double y, double height)
{
    for (size_t i = 0; i < plot->tick_count; i++) {
        char year[12];
        double x = at(plot->tick[i].x), here = p->rtl ? PAGE_WIDTH - x : x;
        snprintf(year, sizeof year, "%d", plot->tick[i].year);
        cairo_set_source_rgb(p->cr, 0.85, 0.85, 0.85);
        cairo_set_line_width(p->cr, 0.4);
        cairo_move_to(p->cr, here, y);
        cairo_rel_line_to(p->cr, 0, height);
        cairo_stroke(p->cr);
        if (plot->tick[i].x < 0.96)
            page_text(p, true, x + 1, y + height, 40, 1, &face_small, slice_str(year));
    }
}

static void draw_clashes(struct page *p, const struct plot *plot, double y, double height)
{
    double last = -100;
    for (size_t i = 0; i < p->l->clash_count; i++) {
        char n[16];
        double x = at(plot_x(plot, p->l->clash[i].at)), here = p->rtl ? PAGE_WIDTH - x : x;
        snprintf(n, sizeof n, "%zu", i + 1);
        cairo_set_source_rgb(p->cr, 0.7, 0.05, 0.05);
        cairo_set_line_width(p->cr, 1.2);
        cairo_move_to(p->cr, here, y - 4);
        cairo_rel_line_to(p->cr, 0, height + 4);
        cairo_stroke(p->cr);
        cairo_move_to(p->cr, here - 3.5, y - 9);
        cairo_rel_line_to(p->cr, 7, 0);
        cairo_rel_line_to(p->cr, -3.5, 6);
        cairo_close_path(p->cr);
        cairo_fill(p->cr);
        if (x - last > 12 || last - x > 12) { /* numbers that would lie over each other are left to the list */
            page_text(p, true, x + 4, y - 12, 20, 1, &(struct paper_face){.size = 7, .bold = true, .red = true}, slice_str(n));
            last = x;
        }
    }
}

static void draw_lane_names(struct page *p, const struct plot *plot, double y)
{
    for (size_t i = 0; i < plot->lane_count; i++) {
        char key[40];
        double top = y + plot->lane[i].first_row * ROW;
        struct buf text;
        buf_init(&text, 512);
        snprintf(key, sizeof key, "role.%s", line_role_code(plot->lane[i].role));
        lang_plain(p->lang, &text, key);
        page_text(p, true, PAGE_MARGIN, top + 0.6, LANE_NAME - 4, 1, &face_small, page_view(p, &text));
        buf_free(&text);
        if (i)
            page_rule(p, PAGE_MARGIN, top - 2.5, PAGE_INNER);
    }
}

double page_timeline(struct page *p, bool draw, double y)
{
    struct plot plot;
    if (!plot_make(&p->arena, p->l, 0.006, &plot)) {
        p->failed = true;
        return 0;
    }
    if (!plot.rows)
        return 0;
    double marks = p->l->clash_count ? 12 : 2, height = plot.rows * ROW;
    if (!draw)
        return marks + height + 14;
    y += marks;
    draw_axis(p, &plot, y, height);
    draw_lane_names(p, &plot, y);
    for (size_t i = 0; i < plot.band_count; i++)
        draw_box(p, &plot.band[i], y + plot.band[i].row * ROW);
    for (size_t i = 0; i < plot.band_count; i++)
        draw_label(p, &plot.band[i], y + plot.band[i].row * ROW);
    draw_clashes(p, &plot, y, height);
    return marks + height + 14;
}
