#include "lang/paper.h"
#include "base/time.h"
#include <cairo-pdf.h>
#include "base/banned.h"

#define SANS "Noto Sans, Noto Sans Arabic, sans-serif"
#define ASCENT 1.069      /* of Noto Sans, as shares of the size */
#define LINE_HEIGHT 1.362
#define MONO "Noto Sans Mono, DejaVu Sans Mono, monospace"

static PangoLayout *lay(const struct paper *p, double width, int lines, const struct paper_face *f, struct slice text)
{
    PangoLayout *l = pango_cairo_create_layout(p->cr);
    PangoFontDescription *font = pango_font_description_from_string(f->mono ? MONO : SANS);
    pango_font_description_set_absolute_size(font, f->size * PANGO_SCALE);
    pango_font_description_set_weight(font, f->bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_layout_set_font_description(l, font);
    pango_font_description_free(font);
    pango_context_set_base_dir(pango_layout_get_context(l), p->rtl ? PANGO_DIRECTION_RTL : PANGO_DIRECTION_LTR);
    pango_layout_set_auto_dir(l, FALSE);
    pango_layout_set_alignment(l, p->rtl ? PANGO_ALIGN_RIGHT : PANGO_ALIGN_LEFT); /* left is left to pango, whatever the direction */
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

double paper_place(const struct paper *p, double x, double width)
{
    return p->rtl ? PAPER_WIDTH - x - width : x;
}

/* Scripts bring fonts of other heights; the first baseline stays where the page's own face has it, so that a row lines up. */
double paper_text(const struct paper *p, bool draw, double x, double y, double width, int lines, const struct paper_face *f, struct slice text)
{
    PangoLayout *l = lay(p, width, lines, f, text);
    int w, h;
    pango_layout_get_size(l, &w, &h);
    double line = f->size * LINE_HEIGHT, drop = f->size * ASCENT - (double)pango_layout_get_baseline(l) / PANGO_SCALE;
    if (draw) {
        cairo_set_source_rgb(p->cr, f->red ? 0.7 : f->grey, f->red ? 0.05 : f->grey, f->red ? 0.05 : f->grey);
        cairo_move_to(p->cr, paper_place(p, x, width), y + drop);
        pango_cairo_show_layout(p->cr, l);
    }
    bool one = pango_layout_get_line_count(l) <= 1;
    g_object_unref(l);
    return one ? line : (double)h / PANGO_SCALE + drop;
}

double paper_text_width(const struct paper *p, const struct paper_face *f, struct slice text)
{
    PangoLayout *l = lay(p, 0, 0, f, text);
    int w, h;
    pango_layout_get_size(l, &w, &h);
    g_object_unref(l);
    return (double)w / PANGO_SCALE;
}

void paper_rect(const struct paper *p, double x, double y, double width, double height)
{
    cairo_rectangle(p->cr, paper_place(p, x, width), y, width, height);
}

void paper_rule(const struct paper *p, double x, double y, double width)
{
    cairo_set_source_rgb(p->cr, 0.75, 0.75, 0.75);
    cairo_set_line_width(p->cr, 0.5);
    cairo_move_to(p->cr, paper_place(p, x, width), y);
    cairo_rel_line_to(p->cr, width, 0);
    cairo_stroke(p->cr);
}

/* ---- the document ---- */

static cairo_status_t write_bytes(void *closure, const unsigned char *data, unsigned int n)
{
    struct buf *out = closure;
    buf_add(out, data, n);
    return out->err ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

cairo_surface_t *paper_pdf(const struct lang *l, const char *title_key, int64_t now, struct buf *out)
{
    cairo_surface_t *s = cairo_pdf_surface_create_for_stream(write_bytes, out, PAPER_WIDTH, PAPER_HEIGHT);
    char day[25];
    struct buf title;
    time_text(now, day);
    day[19] = 'Z'; /* whole seconds */
    day[20] = 0;
    buf_init(&title, 1024);
    lang_plain(l, &title, title_key);
    cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_TITLE, title.p ? title.p : "");
    cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_CREATOR, "Athar");
    cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_CREATE_DATE, day);
    cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_MOD_DATE, day);
    buf_free(&title);
    return s;
}

enum err paper_pdf_end(cairo_surface_t *s, cairo_status_t status, struct buf *out, struct fault *f)
{
    cairo_surface_finish(s);
    if (status == CAIRO_STATUS_SUCCESS)
        status = cairo_surface_status(s);
    cairo_surface_destroy(s);
    if (out->err)
        return fault_set(f, out->err, "pdf", SLICE(""), "");
    return status == CAIRO_STATUS_SUCCESS ? OK : fault_set(f, ERR_MEMORY, "pdf", slice_str(cairo_status_to_string(status)), "");
}
