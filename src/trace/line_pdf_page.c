/* The blocks of the printed page and how they share it. */
#include "trace/line_pdf_in.h"
#include "trace/line_in.h"
#include <stdio.h>
#include "base/banned.h"

#define GAP 7.0
#define BOTTOM (PAGE_HEIGHT - 34)
#define COLUMN ((PAGE_INNER - 16) / 2)
#define MOST_ASKS 5
#define MOST_NOTES 4
#define LEAST_STEPS 90.0 /* room the steps keep while lists can still be shortened */

typedef double block(struct page *p, bool draw, double y);

static double label(struct page *p, bool draw, double x, double y, double width, const char *key)
{
    return page_key(p, draw, x, y, width, &face_label, key, NULL, 0);
}

/* ---- head ---- */

static double caution_block(struct page *p, bool draw, double y)
{
    static const struct paper_face face = {.size = 9.5, .bold = true, .red = true};
    double h = page_note(p, false, PAGE_MARGIN + 8, y, PAGE_INNER - 16, 0, &face, p->l->caution);
    if (draw) {
        page_rect(p, PAGE_MARGIN, y, PAGE_INNER, h + 8);
        cairo_set_source_rgb(p->cr, 0.7, 0.05, 0.05);
        cairo_set_line_width(p->cr, 1.1);
        cairo_stroke(p->cr);
        page_note(p, true, PAGE_MARGIN + 8, y + 4, PAGE_INNER - 16, 0, &face, p->l->caution);
    }
    return h + 8 + GAP;
}

static double title_block(struct page *p, bool draw, double y)
{
    char as_of[11], printed[11], known[25];
    struct buf text;
    buf_init(&text, 2048);
    time_day(p->l->end, as_of);
    time_day(p->l->in.now, printed);
    lang_text(p->lang, &text, "page.as_of", lang_z("date", as_of), lang_z("printed", printed));
    if (p->l->in.known != INT64_MAX) {
        time_text(p->l->in.known, known);
        lang_plain(p->lang, &text, "sign.comma");
        buf_byte(&text, ' ');
        lang_text(p->lang, &text, "page.known", lang_z("date", known));
    }
    double h = page_key(p, draw, PAGE_MARGIN, y, PAGE_INNER / 2, &face_title, "page.title", NULL, 0);
    double w = page_text_width(p, &face_small, page_view(p, &text));
    page_text(p, draw, PAGE_MARGIN + PAGE_INNER - w - 2, y + 4, w + 2, 1, &face_small, page_view(p, &text));
    buf_free(&text);
    return h + 3;
}

static void add_word(struct buf *b, struct slice s)
{
    if (!s.n)
        return;
    if (b->n)
        buf_str(b, " · ");
    buf_slice(b, s);
}

/* A term and what belongs to it, in its own direction between others. */
static void add_term(const struct page *p, struct buf *out, enum term_list list, const struct term_text *t, struct slice more)
{
    struct buf words;
    buf_init(&words, 1u << 16);
    line_term(p->lang, list, t, &words);
    if (more.n)
        buf_str(&words, words.n ? " " : "");
    buf_slice(&words, more);
    if (words.n && lang_dir(p->lang)[0] == 'r') {
        add_word(out, SLICE("\u2068"));
        buf_slice(out, buf_view(&words));
        buf_str(out, "\u2069");
    } else {
        add_word(out, buf_view(&words));
    }
    buf_free(&words);
}

static void describe(const struct page *p, struct buf *out)
{
    const struct item_description *d = &p->l->now.description;
    char year[12] = "";
    const struct slice nothing = {NULL, 0};
    add_term(p, out, TERM_MAKE, &d->make, d->model);
    add_term(p, out, TERM_CALIBRE, &d->calibre, nothing);
    add_term(p, out, TERM_TYPE, &d->type, nothing);
    add_term(p, out, TERM_COUNTRY, &d->country, nothing);
    if (d->year)
        snprintf(year, sizeof year, "%d", d->year);
    add_word(out, slice_str(year));
}

static void identify(const struct page *p, struct buf *out)
{
    char hex[33];
    size_t shown = 0;
    for (size_t i = 0; i < p->l->step_count && shown < 3; i++)
        for (size_t k = 0; k < p->l->step[i].e->id_count && shown < 3; k++) {
            const struct external_id *x = &p->l->step[i].e->id[k];
            if (i && p->l->step[i - 1].e->id_count && slice_eq(p->l->step[i - 1].e->id[0].id, x->id))
                continue;
            if (shown++)
                buf_str(out, ", ");
            lang_id(p->lang, out, x->id);
        }
    hex_of(p->l->in.item.b, sizeof p->l->in.item.b, hex);
    hex[32] = 0;
    if (!subject_none(&p->l->in.item))
        add_word(out, slice_str(hex));
}

/* Marks and numbers are set in the fixed-width face, left to right in every language. */
static double item_block(struct page *p, bool draw, double y)
{
    struct buf what, ids;
    buf_init(&what, 4096);
    buf_init(&ids, 4096);
    describe(p, &what);
    identify(p, &ids);
    struct slice mark = p->l->serial.n ? p->l->serial : SLICE("?");
    double size = 22, wide = page_text_width(p, &face_mark, mark), half = PAGE_INNER * 0.5;
    struct paper_face face = face_mark;
    if (wide > half)
        face.size = size * half / wide > 9 ? size * half / wide : 9;
    if (wide > half)
        wide = half;
    double h = page_text(p, draw, PAGE_MARGIN, y, wide + 4, 1, &face, mark);
    double x = PAGE_MARGIN + wide + 18, width = PAGE_INNER - wide - 18;
    double a = page_text(p, draw, x, y + 3, width, 2, &face_strong, page_view(p, &what));
    double b = page_text(p, draw, x, y + 4 + a, width, 1, &(struct paper_face){.size = 6.5, .mono = true, .grey = 0.35}, page_view(p, &ids));
    buf_free(&what);
    buf_free(&ids);
    return (h > a + b + 4 ? h : a + b + 4) + GAP - 2;
}

static double head_block(struct page *p, bool draw, double y)
{
    struct paper_face face = face_strong;
    face.red = p->l->head_tone == LINE_ACT;
    return page_note(p, draw, PAGE_MARGIN, y, PAGE_INNER, 3, &face, p->l->head) + GAP;
}

static double timeline_block(struct page *p, bool draw, double y)
{
    if (!p->l->span_count)
        return 0;
    double h = label(p, draw, PAGE_MARGIN, y, PAGE_INNER, "page.timeline");
    return h + page_timeline(p, draw, y + h + 2) + 2 + GAP;
}

/* ---- conclusions ---- */

static double record_line(struct page *p, bool draw, double x, double y, double width, size_t step)
{
    char hex[65], recorded[25];
    struct buf text;
    if (step == LINE_NONE)
        return 0;
    const struct event *e = p->l->step[step].e;
    buf_init(&text, 2048);
    hex_of(e->record.b, 32, hex);
    time_text(e->recorded, recorded);
    lang_text(p->lang, &text, "page.recorded", lang_z("date", recorded), lang_s("office", e->office));
    buf_str(&text, " · ");
    lang_text(p->lang, &text, "page.record", lang_s("id", slice_of(hex, 16)));
    if (e->source.n) {
        buf_str(&text, " · ");
        lang_text(p->lang, &text, "page.source", lang_s("source", e->source));
    }
    double h = page_text(p, draw, x, y, width, 1, &face_small, page_view(p, &text));
    buf_free(&text);
    return h;
}

static double legal_column(struct page *p, bool draw, double x, double y)
{
    const struct line *l = p->l;
    double h = label(p, draw, x, y, COLUMN, "page.last_legal");
    if (!l->legal.what)
        return h + page_key(p, draw, x, y + h, COLUMN, &face_text, "page.no_legal", NULL, 0);
    h += page_note(p, draw, x, y + h, COLUMN, 4, &face_text, l->legal.what);
    if (l->legal.party && l->legal.party->address.n)
        h += page_text(p, draw, x, y + h, COLUMN, 2, &face_text, l->legal.party->address);
    return h + record_line(p, draw, x, y + h, COLUMN, l->legal.step);
}

static double time_column(struct page *p, bool draw, double x, double y)
{
    const struct line_time_to_crime *t = &p->l->ttc;
    if (t->answer == TTC_NOT_RECOVERED)
        return 0;
    struct buf text;
    buf_init(&text, 2048);
    note_say(p->lang, t->what, &text);
    if (t->answer == TTC_GIVEN) {
        buf_str(&text, " – ");
        lang_plain(p->lang, &text, t->is_short < 0 ? "ttc.short.maybe" : t->is_short ? "ttc.short.yes" : "ttc.short.no");
    }
    double h = label(p, draw, x, y + 5, COLUMN, "page.time_to_crime");
    h += page_text(p, draw, x, y + 5 + h, COLUMN, 3, &face_text, page_view(p, &text));
    buf_free(&text);
    return h + 5;
}

static double confidence_line(struct page *p, bool draw, double x, double y)
{
    const struct line_diversion *d = &p->l->diversion;
    struct buf why, word;
    char key[40];
    buf_init(&why, 4096);
    buf_init(&word, 256);
    for (size_t i = 0; i < d->why_count; i++) {
        if (i)
            buf_str(&why, "; ");
        note_say(p->lang, d->why[i], &why);
    }
    snprintf(key, sizeof key, "confidence.%s", line_confidence_code(d->confidence));
    lang_plain(p->lang, &word, key);
    const struct lang_arg args[] = {lang_s("confidence", page_view(p, &word)), lang_s("why", page_view(p, &why))};
    double h = page_key(p, draw, x, y, COLUMN, &face_text, "page.confidence_why", args, 2);
    buf_free(&why);
    buf_free(&word);
    return h;
}

static double diversion_column(struct page *p, bool draw, double x, double y)
{
    const struct line_diversion *d = &p->l->diversion;
    double h = label(p, draw, x, y, COLUMN, "page.diversion");
    if (d->kind == BREAK_NONE)
        return h + page_key(p, draw, x, y + h, COLUMN, &face_text, "page.not_diverted", NULL, 0);
    h += page_note(p, draw, x, y + h, COLUMN, 4, &face_text, d->what);
    if (d->where)
        h += page_note(p, draw, x, y + h, COLUMN, 2, &face_text, d->where);
    h += page_note(p, draw, x, y + h, COLUMN, 3, &face_text, d->circumstances);
    return h + confidence_line(p, draw, x, y + h);
}

static double conclusions_block(struct page *p, bool draw, double y)
{
    if (!p->l->step_count)
        return 0;
    double left = legal_column(p, draw, PAGE_MARGIN, y);
    left += time_column(p, draw, PAGE_MARGIN, y + left);
    double right = diversion_column(p, draw, PAGE_MARGIN + COLUMN + 16, y);
    return (left > right ? left : right) + GAP;
}

/* ---- lists of sentences ---- */

static double more_line(struct page *p, bool draw, double y, size_t more)
{
    const struct lang_arg arg = lang_n("n", (int64_t)more);
    return page_key(p, draw, PAGE_MARGIN + 12, y, PAGE_INNER, &face_small, "page.and_more", &arg, 1);
}

static double sentence(struct page *p, bool draw, double y, const char *bullet, const struct paper_face *f, const struct note *n)
{
    page_text(p, draw, PAGE_MARGIN, y, 12, 1, f, slice_str(bullet));
    return page_note(p, draw, PAGE_MARGIN + 12, y, PAGE_INNER - 12, 2, f, n);
}

static double clash_block(struct page *p, bool draw, double y)
{
    const struct line *l = p->l;
    if (!l->clash_count)
        return 0;
    double h = label(p, draw, PAGE_MARGIN, y, PAGE_INNER, "page.contradictions");
    for (size_t i = 0; i < l->clash_count && i < p->most_notes; i++) {
        char n[16];
        snprintf(n, sizeof n, "%zu", i + 1);
        h += sentence(p, draw, y + h, n, &face_red, l->clash[i].what);
    }
    if (l->clash_count > p->most_notes)
        h += more_line(p, draw, y + h, l->clash_count - p->most_notes);
    return h + GAP;
}

static double gap_block(struct page *p, bool draw, double y)
{
    const struct line *l = p->l;
    if (!l->gap_count)
        return 0;
    double h = label(p, draw, PAGE_MARGIN, y, PAGE_INNER, "page.gaps");
    size_t first = l->gap_count > p->most_notes ? l->gap_count - p->most_notes : 0;
    for (size_t i = first; i < l->gap_count; i++)
        h += sentence(p, draw, y + h, "–", &face_text, l->gap[i].what);
    if (first)
        h += more_line(p, draw, y + h, first);
    return h + GAP;
}

static void add_lacks(struct page *p, const struct line_ask *a, bool same, struct buf *text)
{
    struct buf list;
    if (!a->lack_count)
        return;
    buf_str(text, " – ");
    if (same) {
        lang_plain(p->lang, text, "page.lacks_same");
        return;
    }
    buf_init(&list, 4096);
    for (size_t i = 0; i < a->lack_count; i++) {
        if (i)
            buf_str(&list, "; ");
        note_say(p->lang, a->lack[i], &list);
    }
    lang_text(p->lang, text, "page.lacks", lang_s("list", page_view(p, &list)));
    buf_free(&list);
}

static double ask_row(struct page *p, bool draw, double y, size_t i)
{
    const struct line_ask *a = &p->l->ask[i];
    char number[16];
    struct buf whom, why, text;
    buf_init(&whom, 1024);
    buf_init(&why, 1024);
    buf_init(&text, 8192);
    note_say(p->lang, a->whom, &whom);
    note_say(p->lang, a->why, &why);
    lang_text(p->lang, &text, a->done ? "page.ask_done" : "page.ask_row", lang_s("whom", page_view(p, &whom)), lang_s("why", page_view(p, &why)));
    add_lacks(p, a, i && line_same_lacks(a, a - 1), &text);
    snprintf(number, sizeof number, "%zu", i + 1);
    page_text(p, draw, PAGE_MARGIN, y, 12, 1, &face_text, slice_str(number));
    double h = page_text(p, draw, PAGE_MARGIN + 12, y, PAGE_INNER - 12, 3, &face_text, page_view(p, &text));
    buf_free(&whom);
    buf_free(&why);
    buf_free(&text);
    return h;
}

static double ask_block(struct page *p, bool draw, double y)
{
    const struct line *l = p->l;
    if (!l->ask_count)
        return 0;
    double h = label(p, draw, PAGE_MARGIN, y, PAGE_INNER, "page.ask");
    for (size_t i = 0; i < l->ask_count && i < p->most_asks; i++)
        h += ask_row(p, draw, y + h, i);
    if (l->ask_count > p->most_asks)
        h += more_line(p, draw, y + h, l->ask_count - p->most_asks);
    return h + GAP;
}

static double remark_block(struct page *p, bool draw, double y)
{
    const struct line *l = p->l;
    size_t shown = 0;
    double h = 0;
    if (!l->remark_count && !l->warning_count && !l->in.same_count)
        return 0;
    h += label(p, draw, PAGE_MARGIN, y, PAGE_INNER, "page.remarks");
    for (size_t i = 0; i < l->in.same_count && i < 2; i++) {
        struct note n = {.key = "same.proposed"};
        note_s(&n, "id", l->in.same[i].external_id);
        h += sentence(p, draw, y + h, "!", &face_text, &n);
    }
    for (size_t i = 0; i < l->warning_count && shown < p->most_notes; i++, shown++)
        h += sentence(p, draw, y + h, "!", &face_text, l->warning[i]);
    for (size_t i = 0; i < l->remark_count && shown < p->most_notes; i++, shown++)
        h += sentence(p, draw, y + h, "–", &face_text, l->remark[i]);
    return h + GAP;
}

/* ---- steps: they take what room is left ---- */

static double step_row(struct page *p, bool draw, double y, size_t i)
{
    const struct line_step *s = &p->l->step[i];
    char number[16];
    struct buf date, text;
    buf_init(&date, 512);
    buf_init(&text, 8192);
    lang_date(p->lang, &date, slice_str(s->e->happened.text));
    note_say(p->lang, s->what, &text);
    if (s->e->struck) {
        buf_byte(&text, ' ');
        lang_plain(p->lang, &text, "page.struck");
    }
    struct paper_face face = face_text;
    face.red = s->clashes > 0;
    face.grey = s->e->struck ? 0.55 : 0;
    snprintf(number, sizeof number, "%zu", i + 1);
    double x = PAGE_MARGIN + 112, width = PAGE_INNER - 112;
    page_text(p, draw, PAGE_MARGIN, y, 20, 1, &face_small, slice_str(number));
    page_text(p, draw, PAGE_MARGIN + 22, y, 88, 1, &face, date.n ? page_view(p, &date) : SLICE("–"));
    double h = page_text(p, draw, x, y, width, 2, &face, page_view(p, &text));
    h += record_line(p, draw, x, y + h, width, i);
    buf_free(&date);
    buf_free(&text);
    return h + 1.5;
}

/* How many of the first and of the last steps fit into `room`; the end of a life matters more than its beginning. Heights
 * are measured as they are needed (0: not yet), so that a long life costs no more than a page. */
static void choose_steps(struct page *p, double *height, double room, size_t *out_first, size_t *out_last)
{
    size_t n = p->l->step_count, first = 0, last = 0;
    double used = 0;
    while (first + last < n) {
        bool front = first * 2 < last;
        size_t i = front ? first : n - 1 - last;
        if (height[i] == 0)
            height[i] = step_row(p, false, 0, i);
        if (used + height[i] > room)
            break;
        used += height[i];
        if (front)
            first++;
        else
            last++;
    }
    *out_first = first;
    *out_last = last;
}

static double left_out_line(struct page *p, bool draw, double y, size_t from, size_t to)
{
    char a[16], b[16];
    snprintf(a, sizeof a, "%zu", from);
    snprintf(b, sizeof b, "%zu", to);
    const struct lang_arg args[] = {lang_n("n", (int64_t)(to - from + 1)), lang_z("from", a), lang_z("to", b)};
    return page_key(p, draw, PAGE_MARGIN + 22, y + 1, PAGE_INNER - 22, &face_label, "page.left_out", args, 3) + 3;
}

/* Returns where it ended. */
static double draw_steps(struct page *p, double y, double room)
{
    size_t n = p->l->step_count, first, last;
    double *height = arena_array(&p->arena, n + 1, sizeof *height);
    double h = label(p, true, PAGE_MARGIN, y, PAGE_INNER, "page.steps");
    y += h;
    room -= h;
    if (!n)
        y += page_key(p, true, PAGE_MARGIN, y, PAGE_INNER, &face_text, "page.no_steps", NULL, 0);
    p->failed |= !height;
    if (!n || !height)
        return y;
    choose_steps(p, height, room, &first, &last);
    if (first + last < n) /* the line that says so needs its room */
        choose_steps(p, height, room - 16, &first, &last);
    for (size_t i = 0; i < first; i++)
        y += step_row(p, true, y, i);
    if (first + last < n)
        y += left_out_line(p, true, y, first + 1, n - last);
    for (size_t i = n - last; i < n; i++)
        y += step_row(p, true, y, i);
    return y;
}

/* ---- the page ---- */

static double run_blocks(struct page *p, bool draw, double y, block *const *blocks, size_t n)
{
    double start = y;
    for (size_t i = 0; i < n; i++)
        y += blocks[i](p, draw, y);
    return y - start;
}

static void footer(struct page *p)
{
    struct buf text;
    buf_init(&text, 1024);
    buf_str(&text, "Athar · ");
    lang_text(p->lang, &text, "page.firearm", lang_s("id", p->l->serial.n ? p->l->serial : SLICE("?")));
    buf_str(&text, " · ");
    note_say(p->lang, p->l->caution, &text);
    page_rule(p, PAGE_MARGIN, PAGE_HEIGHT - 30, PAGE_INNER);
    page_text(p, true, PAGE_MARGIN, PAGE_HEIGHT - 27, PAGE_INNER, 1, &face_small, page_view(p, &text));
    buf_free(&text);
}

void page_draw(struct page *p)
{
    static block *const above[] = {title_block, caution_block, item_block, head_block, timeline_block, conclusions_block, clash_block, gap_block};
    static block *const below[] = {ask_block, remark_block};
    const size_t n_above = sizeof above / sizeof *above, n_below = sizeof below / sizeof *below;
    double top = 30, tail, head;
    p->most_notes = MOST_NOTES;
    p->most_asks = MOST_ASKS;
    for (;;) { /* shorter lists before no steps at all; what is left out is counted */
        tail = run_blocks(p, false, 0, below, n_below);
        head = run_blocks(p, false, top, above, n_above);
        if (BOTTOM - top - head - tail >= LEAST_STEPS || p->most_notes == 1)
            break;
        p->most_notes--;
        p->most_asks -= p->most_asks > 2;
    }
    double y = top + run_blocks(p, true, top, above, n_above);
    y = draw_steps(p, y, BOTTOM - y - tail - GAP);
    run_blocks(p, true, y + GAP, below, n_below);
    footer(p);
}
