/* Setting text on the printed page. */
#include "trace/line_pdf_in.h"
#include "base/banned.h"

#define SANS "Noto Sans, Noto Sans Arabic, sans-serif"
#define ASCENT 1.069      /* of Noto Sans, as shares of the size */
#define LINE_HEIGHT 1.362
#define MONO "Noto Sans Mono, DejaVu Sans Mono, monospace"

const struct face face_text = {.size = 8.5}, face_small = {.size = 7, .grey = 0.35}, face_label = {.size = 7.5, .grey = 0.4, .bold = true},
    face_strong = {.size = 9.5, .bold = true}, face_title = {.size = 11, .grey = 0.25}, face_mark = {.size = 22, .bold = true, .mono = true},
    face_red = {.size = 8.5, .red = true};

struct slice page_view(struct page *p, const struct buf *b)
{
    p->failed |= b->err != OK;
    return buf_view(b);
}

static PangoLayout *lay(struct page *p, double width, int lines, const struct face *f, struct slice text)
{
    PangoLayout *l = pango_cairo_create_layout(p->cr);
    PangoFontDescription *font = pango_font_description_from_string(f->mono ? MONO : SANS);
    pango_font_description_set_absolute_size(font, f->size * PANGO_SCALE);
    pango_font_description_set_weight(font, f->bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_layout_set_font_description(l, font);
    pango_font_description_free(font);
    pango_context_set_base_dir(pango_layout_get_context(l), p->rtl ? PANGO_DIRECTION_RTL : PANGO_DIRECTION_LTR);
    pango_layout_set_auto_dir(l, FALSE);
    pango_layout_context_changed(l);
    pango_layout_set_text(l, text.p ? text.p : "", (int)text.n);
    pango_layout_set_wrap(l, PANGO_WRAP_WORD_CHAR);
    if (width > 0)
        pango_layout_set_width(l, (int)(width * PANGO_SCALE));
    if (lines) {
        pango_layout_set_height(l, -lines);
        pango_layout_set_ellipsize(l, PANGO_ELLIPSIZE_END);
    }
    return l;
}

static double place(const struct page *p, double x, double width)
{
    return p->rtl ? PAGE_WIDTH - x - width : x;
}

/* Scripts bring fonts of other heights; the first baseline stays where the page's own face has it, so that a row lines up. */
double page_text(struct page *p, bool draw, double x, double y, double width, int lines, const struct face *f, struct slice text)
{
    PangoLayout *l = lay(p, width, lines, f, text);
    int w, h;
    pango_layout_get_size(l, &w, &h);
    double line = f->size * LINE_HEIGHT, drop = f->size * ASCENT - (double)pango_layout_get_baseline(l) / PANGO_SCALE;
    if (draw) {
        cairo_set_source_rgb(p->cr, f->red ? 0.7 : f->grey, f->red ? 0.05 : f->grey, f->red ? 0.05 : f->grey);
        cairo_move_to(p->cr, place(p, x, width), y + drop);
        pango_cairo_show_layout(p->cr, l);
    }
    bool one = pango_layout_get_line_count(l) <= 1;
    g_object_unref(l);
    return one ? line : (double)h / PANGO_SCALE + drop;
}

double page_text_width(struct page *p, const struct face *f, struct slice text)
{
    PangoLayout *l = lay(p, 0, 0, f, text);
    int w, h;
    pango_layout_get_size(l, &w, &h);
    g_object_unref(l);
    return (double)w / PANGO_SCALE;
}

double page_note(struct page *p, bool draw, double x, double y, double width, int lines, const struct face *f, const struct note *n)
{
    struct buf text;
    buf_init(&text, 65536);
    note_say(p->lang, n, &text);
    double h = page_text(p, draw, x, y, width, lines, f, page_view(p, &text));
    buf_free(&text);
    return h;
}

double page_key(struct page *p, bool draw, double x, double y, double width, const struct face *f, const char *key,
    const struct lang_arg *args, size_t n)
{
    struct buf text;
    buf_init(&text, 65536);
    lang_put(p->lang, LANG_PLAIN, &text, key, args, n);
    double h = page_text(p, draw, x, y, width, 0, f, page_view(p, &text));
    buf_free(&text);
    return h;
}

void page_rect(struct page *p, double x, double y, double width, double height)
{
    cairo_rectangle(p->cr, place(p, x, width), y, width, height);
}

void page_rule(struct page *p, double x, double y, double width)
{
    cairo_set_source_rgb(p->cr, 0.75, 0.75, 0.75);
    cairo_set_line_width(p->cr, 0.5);
    cairo_move_to(p->cr, place(p, x, width), y);
    cairo_rel_line_to(p->cr, width, 0);
    cairo_stroke(p->cr);
}
