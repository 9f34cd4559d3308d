/* The custody line on one page of A4, by pango and cairo: what a prosecutor files and an officer carries.
 *
 * The page is composed before it is drawn: the conclusions have their place first, the steps take what is left, and where
 * the life is longer than the page it says how many steps are missing and which. */
#include "trace/line_pdf_in.h"
#include <cairo-pdf.h>
#include "base/banned.h"

static cairo_status_t write_bytes(void *closure, const unsigned char *data, unsigned int n)
{
    struct buf *out = closure;
    buf_add(out, data, n);
    return out->err ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

static void set_metadata(cairo_surface_t *s, const struct page *p)
{
    char day[25];
    struct buf title;
    time_text(p->l->in.now, day);
    day[19] = 'Z'; /* whole seconds */
    day[20] = 0;
    buf_init(&title, 1024);
    lang_plain(p->lang, &title, "page.title");
    cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_TITLE, title.p ? title.p : "");
    cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_CREATOR, "Athar");
    cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_CREATE_DATE, day);
    cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_MOD_DATE, day);
    buf_free(&title);
}

enum err line_pdf(const struct line *l, const struct lang *lang, struct buf *out, struct fault *f)
{
    struct page p = {.l = l, .lang = lang, .rtl = strcmp(lang_dir(lang), "rtl") == 0};
    arena_init(&p.arena, 8u << 20);
    cairo_surface_t *s = cairo_pdf_surface_create_for_stream(write_bytes, out, PAGE_WIDTH, PAGE_HEIGHT);
    set_metadata(s, &p);
    p.cr = cairo_create(s);
    page_draw(&p);
    cairo_show_page(p.cr);
    cairo_status_t status = cairo_status(p.cr);
    cairo_destroy(p.cr);
    cairo_surface_finish(s);
    if (status == CAIRO_STATUS_SUCCESS)
        status = cairo_surface_status(s);
    cairo_surface_destroy(s);
    arena_free(&p.arena);
    if (p.failed && !out->err)
        out->err = ERR_MEMORY;
    if (out->err)
        return fault_set(f, out->err, "pdf", SLICE(""), "");
    return status == CAIRO_STATUS_SUCCESS ? OK : fault_set(f, ERR_MEMORY, "pdf", slice_str(cairo_status_to_string(status)), "");
}
