/* The custody line on one page of A4, by pango and cairo: what a prosecutor files and an officer carries.
 *
 * The page is composed before it is drawn: the conclusions have their place first, the steps take what is left, and where
 * the life is longer than the page it says how many steps are missing and which. */
#include "trace/line_pdf_in.h"
#include "base/banned.h"

enum err line_pdf(const struct line *l, const struct lang *lang, struct buf *out, struct fault *f)
{
    struct page p = {.l = l, .lang = lang, .rtl = strcmp(lang_dir(lang), "rtl") == 0};
    arena_init(&p.arena, 8u << 20);
    cairo_surface_t *s = paper_pdf(lang, "page.title", l->in.now, out);
    p.cr = cairo_create(s);
    page_draw(&p);
    cairo_show_page(p.cr);
    cairo_status_t status = cairo_status(p.cr);
    cairo_destroy(p.cr);
    arena_free(&p.arena);
    if (p.failed && !out->err)
        out->err = ERR_MEMORY;
    return paper_pdf_end(s, status, out, f);
}
