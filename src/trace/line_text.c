/* The custody line on a terminal: the same answers in the same order as the page, aligned, in words. */
#include "trace/line_in.h"
#include <stdio.h>
#include "lang/lang.h"
#include "base/banned.h"

#define INDENT 4
#define DATE_WIDTH 26

struct terminal {
    const struct line *l;
    const struct lang *lang;
    unsigned width;
    bool colour;
    struct buf *out;
};

/* The words of a buffer; one that failed fails the output. */
static struct slice view(struct terminal *t, const struct buf *b)
{
    if (b->err && !t->out->err)
        t->out->err = b->err;
    return buf_view(b);
}

static void colour(struct terminal *t, const char *code)
{
    if (t->colour)
        buf_str(t->out, code);
}

/* Columns of a UTF-8 run, near enough: a code point each, none for marks of direction and combining marks. */
static size_t columns(struct slice s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = (uint8_t)s.p[i], d = i + 1 < s.n ? (uint8_t)s.p[i + 1] : 0, e = i + 2 < s.n ? (uint8_t)s.p[i + 2] : 0;
        bool direction = c == 0xE2 && ((d == 0x80 && e >= 0x8B && e <= 0x8F) || (d == 0x81 && e >= 0xA6 && e <= 0xA9));
        bool combining = (c == 0xCC) || (c == 0xCD && d < 0xB0);
        n += (c & 0xC0) != 0x80 && !direction && !combining;
    }
    return n;
}

static void spaces(struct buf *out, size_t n)
{
    while (n--)
        buf_byte(out, ' ');
}

/* Words wrapped at the width, later lines indented. The first line begins at column `at`. */
static void wrap(struct terminal *t, struct slice text, size_t at, size_t indent)
{
    size_t column = at, i = 0;
    while (i < text.n) {
        size_t end = i;
        while (end < text.n && text.p[end] != ' ')
            end++;
        size_t wide = columns(slice_of(text.p + i, end - i));
        if (column > indent && column + 1 + wide > t->width) {
            buf_byte(t->out, '\n');
            spaces(t->out, indent);
            column = indent;
        } else if (i) {
            buf_byte(t->out, ' ');
            column++;
        }
        buf_add(t->out, text.p + i, end - i);
        column += wide;
        i = end + 1;
    }
    buf_byte(t->out, '\n');
}

static void put_note(struct terminal *t, const struct note *n, size_t at, size_t indent)
{
    struct buf text;
    buf_init(&text, 65536);
    note_say(t->lang, n, &text);
    wrap(t, view(t, &text), at, indent);
    buf_free(&text);
}

static void heading(struct terminal *t, const char *key)
{
    buf_byte(t->out, '\n');
    colour(t, "\033[1m");
    lang_plain(t->lang, t->out, key);
    colour(t, "\033[0m");
    buf_byte(t->out, '\n');
}

static void bullet(struct terminal *t, const char *mark, const struct note *n)
{
    buf_printf(t->out, "  %s ", mark);
    put_note(t, n, INDENT, INDENT);
}

/* ---- parts ---- */

static void put_words(struct terminal *t, struct slice s, const char *between)
{
    if (!s.n)
        return;
    buf_str(t->out, between);
    buf_slice(t->out, s);
}

static void put_term(struct terminal *t, enum term_list list, const struct term_text *term, const char *between)
{
    struct buf words;
    buf_init(&words, 1u << 16);
    line_term(t->lang, list, term, &words);
    put_words(t, buf_view(&words), between);
    buf_free(&words);
}

static void put_title(struct terminal *t)
{
    const struct item_description *d = &t->l->now.description;
    colour(t, "\033[1m");
    lang_id(t->lang, t->out, t->l->serial.n ? t->l->serial : SLICE("?"));
    colour(t, "\033[0m");
    put_term(t, TERM_MAKE, &d->make, "   ");
    put_words(t, d->model, " ");
    put_term(t, TERM_CALIBRE, &d->calibre, ", ");
    put_term(t, TERM_TYPE, &d->type, ", ");
    put_term(t, TERM_COUNTRY, &d->country, ", ");
    if (d->year)
        buf_printf(t->out, ", %d", d->year);
    buf_byte(t->out, '\n');
    put_note(t, t->l->head, 0, 0);
}

static void put_step(struct terminal *t, size_t i)
{
    const struct line_step *s = &t->l->step[i];
    struct buf date, text;
    char recorded[11];
    buf_init(&date, 512);
    buf_init(&text, 65536);
    lang_date(t->lang, &date, slice_str(s->e->happened.text));
    if (!date.n)
        buf_str(&date, "-");
    note_say(t->lang, s->what, &text);
    if (s->e->struck) {
        buf_byte(&text, ' ');
        lang_plain(t->lang, &text, "page.struck");
    }
    time_day(s->e->recorded, recorded);
    buf_str(&text, " [");
    lang_text(t->lang, &text, "page.recorded", lang_z("date", recorded), lang_s("office", s->e->office));
    put_words(&(struct terminal){.out = &text}, s->e->source, "; ");
    buf_str(&text, "]");
    buf_printf(t->out, "%3zu%c ", i + 1, s->clashes ? '!' : s->tone == LINE_ACT ? '*' : ' ');
    buf_slice(t->out, view(t, &date));
    size_t wide = columns(view(t, &date));
    spaces(t->out, wide < DATE_WIDTH ? DATE_WIDTH - wide : 1);
    wrap(t, view(t, &text), 5 + DATE_WIDTH, 5 + DATE_WIDTH);
    buf_free(&date);
    buf_free(&text);
}

static void put_clashes(struct terminal *t)
{
    if (!t->l->clash_count)
        return;
    heading(t, "page.contradictions");
    for (size_t i = 0; i < t->l->clash_count; i++) {
        char n[16];
        snprintf(n, sizeof n, "%zu", i + 1);
        colour(t, "\033[31m");
        bullet(t, n, t->l->clash[i].what);
        colour(t, "\033[0m");
    }
}

static void put_diversion(struct terminal *t)
{
    const struct line_diversion *d = &t->l->diversion;
    struct buf text;
    char key[40];
    heading(t, "page.diversion");
    if (d->kind == BREAK_NONE) {
        buf_str(t->out, "  ");
        lang_plain(t->lang, t->out, "page.not_diverted");
        buf_byte(t->out, '\n');
        return;
    }
    spaces(t->out, 2);
    put_note(t, d->what, 2, 2);
    if (d->where) {
        spaces(t->out, 2);
        put_note(t, d->where, 2, 2);
    }
    spaces(t->out, 2);
    put_note(t, d->circumstances, 2, 2);
    buf_init(&text, 256);
    snprintf(key, sizeof key, "confidence.%s", line_confidence_code(d->confidence));
    lang_plain(t->lang, &text, key);
    spaces(t->out, 2);
    lang_text(t->lang, t->out, "page.confidence", lang_s("confidence", view(t, &text)));
    buf_byte(t->out, '\n');
    buf_free(&text);
    for (size_t i = 0; i < d->why_count; i++)
        bullet(t, "-", d->why[i]);
}

static void put_time(struct terminal *t)
{
    const struct line_time_to_crime *c = &t->l->ttc;
    struct buf text;
    if (c->answer == TTC_NOT_RECOVERED)
        return;
    heading(t, "page.time_to_crime");
    buf_init(&text, 4096);
    note_say(t->lang, c->what, &text);
    if (c->answer == TTC_GIVEN) {
        buf_str(&text, " - ");
        lang_plain(t->lang, &text, c->is_short < 0 ? "ttc.short.maybe" : c->is_short ? "ttc.short.yes" : "ttc.short.no");
    }
    spaces(t->out, 2);
    wrap(t, view(t, &text), 2, 2);
    buf_free(&text);
}

static void put_whom(struct terminal *t, const struct line_ask *a)
{
    struct buf whom, why, row;
    buf_init(&whom, 1024);
    buf_init(&why, 1024);
    buf_init(&row, 4096);
    note_say(t->lang, a->whom, &whom);
    note_say(t->lang, a->why, &why);
    lang_text(t->lang, &row, a->done ? "page.ask_done" : "page.ask_row", lang_s("whom", view(t, &whom)), lang_s("why", view(t, &why)));
    wrap(t, view(t, &row), INDENT, INDENT);
    buf_free(&whom);
    buf_free(&why);
    buf_free(&row);
}

static void put_ask(struct terminal *t)
{
    if (!t->l->ask_count)
        return;
    heading(t, "page.ask");
    for (size_t i = 0; i < t->l->ask_count; i++) {
        const struct line_ask *a = &t->l->ask[i];
        buf_printf(t->out, "%3zu ", i + 1);
        put_whom(t, a);
        if (i && line_same_lacks(a, a - 1)) {
            buf_str(t->out, "      - ");
            put_note(t, &(struct note){.key = "page.lacks_same"}, 8, 8);
            continue;
        }
        for (size_t k = 0; k < a->lack_count; k++) {
            buf_str(t->out, "      - ");
            put_note(t, a->lack[k], 8, 8);
        }
    }
}

static void put_remarks(struct terminal *t)
{
    const struct line *l = t->l;
    if (!l->remark_count && !l->warning_count && !l->in.same_count)
        return;
    heading(t, "page.remarks");
    for (size_t i = 0; i < l->in.same_count; i++) {
        struct note n = {.key = "same.proposed"};
        note_s(&n, "id", l->in.same[i].external_id);
        bullet(t, "!", &n);
    }
    for (size_t i = 0; i < l->warning_count; i++)
        bullet(t, "!", l->warning[i]);
    for (size_t i = 0; i < l->remark_count; i++)
        bullet(t, "-", l->remark[i]);
}

void line_text(const struct line *l, const struct lang *lang, unsigned width, bool colours, struct buf *out)
{
    struct terminal term = {l, lang, width ? width < 60 ? 60 : width : 100, colours, out}, *t = &term;
    put_title(t);
    heading(t, "page.steps");
    for (size_t i = 0; i < l->step_count; i++)
        put_step(t, i);
    if (!l->step_count) {
        buf_str(out, "  ");
        lang_plain(lang, out, "page.no_steps");
        buf_byte(out, '\n');
    }
    put_clashes(t);
    if (l->gap_count)
        heading(t, "page.gaps");
    for (size_t i = 0; i < l->gap_count; i++)
        bullet(t, "-", l->gap[i].what);
    if (l->step_count) {
        heading(t, "page.last_legal");
        spaces(out, 2);
        struct note none = {.key = "page.no_legal"};
        put_note(t, l->legal.what ? l->legal.what : &none, 2, 2);
        put_diversion(t);
        put_time(t);
    }
    put_ask(t);
    put_remarks(t);
    buf_byte(out, '\n');
    put_note(t, l->caution, 0, 0);
}
