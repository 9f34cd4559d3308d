/* Setting text on a printed page of A4, by pango and cairo: shared by all documents. Units: points; x runs from the reading side (mirrored in
 * right-to-left languages). */
#ifndef LANG_PAPER_H
#define LANG_PAPER_H
#include <pango/pangocairo.h>
#include "lang/lang.h"

#define PAPER_WIDTH 595.28
#define PAPER_HEIGHT 841.89
#define PAPER_MARGIN 42.0

struct paper {
    cairo_t *cr;
    const struct lang *lang;
    bool rtl;
};
/* How a run of text looks. */
struct paper_face {
    double size;
    bool bold, mono;
    double grey; /* 0 black .. 1 white */
    bool red;
};

/* A paragraph at x (from the reading side) and y, wrapped at width; at most `lines` lines (0: any), then an ellipsis.
 * Returns its height. draw false: measures only. */
double paper_text(const struct paper *p, bool draw, double x, double y, double width, int lines, const struct paper_face *f, struct slice text);
double paper_text_width(const struct paper *p, const struct paper_face *f, struct slice text);
/* Where something of that width stands: its left edge. */
double paper_place(const struct paper *p, double x, double width);
/* A rectangle, from the reading side; a thin grey line. */
void paper_rect(const struct paper *p, double x, double y, double width, double height);
void paper_rule(const struct paper *p, double x, double y, double width);
/* A document of one page: the surface writes into out (which must outlive it); title by key; the same `now` gives the same bytes. */
cairo_surface_t *paper_pdf(const struct lang *l, const char *title_key, int64_t now, struct buf *out);
/* Ends the document. OK, or ERR_MEMORY / out's error with the fault set. */
enum err paper_pdf_end(cairo_surface_t *s, cairo_status_t status, struct buf *out, struct fault *f);
#endif
