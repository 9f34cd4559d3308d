/* Setting text on the printed page. */
#include "trace/line_pdf_in.h"
#include "base/banned.h"

const struct paper_face face_text = {.size = 8.5}, face_small = {.size = 7, .grey = 0.35}, face_label = {.size = 7.5, .grey = 0.4, .bold = true},
    face_strong = {.size = 9.5, .bold = true}, face_title = {.size = 11, .grey = 0.25}, face_mark = {.size = 22, .bold = true, .mono = true},
    face_red = {.size = 8.5, .red = true};

struct slice page_view(struct page *p, const struct buf *b)
{
    p->failed |= b->err != OK;
    return buf_view(b);
}

static struct paper paper_of(const struct page *p)
{
    return (struct paper){p->cr, p->lang, p->rtl};
}

double page_text(struct page *p, bool draw, double x, double y, double width, int lines, const struct paper_face *f, struct slice text)
{
    const struct paper paper = paper_of(p);
    return paper_text(&paper, draw, x, y, width, lines, f, text);
}

double page_text_width(struct page *p, const struct paper_face *f, struct slice text)
{
    const struct paper paper = paper_of(p);
    return paper_text_width(&paper, f, text);
}

double page_note(struct page *p, bool draw, double x, double y, double width, int lines, const struct paper_face *f, const struct note *n)
{
    struct buf text;
    buf_init(&text, 65536);
    note_say(p->lang, n, &text);
    double h = page_text(p, draw, x, y, width, lines, f, page_view(p, &text));
    buf_free(&text);
    return h;
}

double page_key(struct page *p, bool draw, double x, double y, double width, const struct paper_face *f, const char *key,
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
    const struct paper paper = paper_of(p);
    paper_rect(&paper, x, y, width, height);
}

void page_rule(struct page *p, double x, double y, double width)
{
    const struct paper paper = paper_of(p);
    paper_rule(&paper, x, y, width);
}
