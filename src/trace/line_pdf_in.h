/* Inside the printed page. Units: points; x runs from the reading side (mirrored in right-to-left languages). */
#ifndef TRACE_LINE_PDF_IN_H
#define TRACE_LINE_PDF_IN_H
#include <pango/pangocairo.h>
#include "lang/paper.h"
#include "trace/line_plot.h"

#define PAGE_WIDTH PAPER_WIDTH
#define PAGE_HEIGHT PAPER_HEIGHT
#define PAGE_MARGIN PAPER_MARGIN
#define PAGE_INNER (PAGE_WIDTH - 2 * PAGE_MARGIN)

struct page {
    const struct line *l;
    const struct lang *lang;
    bool rtl;
    cairo_t *cr;
    struct arena arena;
    size_t most_notes, most_asks; /* entries a list may show */
    bool failed; /* memory ran out somewhere: the page would lack words */
};
/* The words of a buffer; one that failed fails the page. */
struct slice page_view(struct page *p, const struct buf *b);
extern const struct paper_face face_text, face_small, face_label, face_strong, face_title, face_mark, face_red;

/* A paragraph at x (from the reading side) and y, wrapped at width; at most `lines` lines (0: any), then an ellipsis.
 * Returns its height. draw false: measures only. */
double page_text(struct page *p, bool draw, double x, double y, double width, int lines, const struct paper_face *f, struct slice text);
double page_note(struct page *p, bool draw, double x, double y, double width, int lines, const struct paper_face *f, const struct note *n);
/* By key, without or with arguments. */
double page_key(struct page *p, bool draw, double x, double y, double width, const struct paper_face *f, const char *key,
    const struct lang_arg *args, size_t n);
double page_text_width(struct page *p, const struct paper_face *f, struct slice text);
/* A rectangle, from the reading side. */
void page_rect(struct page *p, double x, double y, double width, double height);
void page_rule(struct page *p, double x, double y, double width);

void page_draw(struct page *p);
/* The drawn timeline, from y down. Returns its height. */
double page_timeline(struct page *p, bool draw, double y);
#endif
