/* Words that the parts of a line share: who, when, where, how long. And the questions they share. */
#include "trace/line_in.h"
#include "trace/term_words.h"
#include "base/banned.h"

#define DAY_MS 86400000

struct slice line_when_text(const struct when *w)
{
    return slice_str(w->text);
}

const struct note *line_who(struct line_make *m, struct item_holder h)
{
    const struct party_ref *p = item_party(h);
    if (!p)
        return note_new(&m->notes, "who.not_named");
    if (!p->name.n) {
        struct note *closed = note_new(&m->notes, "who.closed");
        note_s(closed, "kind", slice_str(party_class_code(p->cls)));
        return closed;
    }
    struct note *n = note_new(&m->notes, "who.named");
    note_s(n, "name", p->name);
    return n;
}

void line_put_who(struct line_make *m, struct note *n, const char *name, struct item_holder h)
{
    const struct party_ref *p = item_party(h);
    if (p && p->name.n)
        note_s(n, name, p->name);
    else
        note_note(n, name, line_who(m, h));
}

/* The message says "in {date}" for a year or month, "on {date}" for a day. */
void line_put_date(struct note *n, const struct event *e)
{
    struct slice text = e ? line_when_text(&e->happened) : SLICE("");
    bool interval = text.n && memchr(text.p, '/', text.n);
    note_s(n, "known", interval ? SLICE("interval") : text.n == 0 ? SLICE("no") : text.n < 10 ? SLICE("month") : SLICE("day"));
    if (text.n)
        note_s(n, "date", text);
}

void line_put_where(struct line_make *m, struct note *n, const struct event *e)
{
    if (!e->place.n && !e->country.n)
        return;
    note_s(n, "placed", SLICE("yes"));
    if (e->place.n)
        note_s(n, "where", e->place);
    else
        note_note(n, "where", line_country(m, e->country));
}

const struct note *line_country(struct line_make *m, struct slice code)
{
    struct term t = term_by_code(TERM_COUNTRY, code);
    struct note *n = note_new(&m->notes, t.answer == TERM_LISTED ? "country.listed" : "country.code");
    if (t.answer == TERM_LISTED)
        note_country(n, "name", t.number);
    else
        note_s(n, "name", code);
    return n;
}

static const struct note *plain_length(struct line_make *m, int64_t days)
{
    struct note *n = note_new(&m->notes, days < 1096 ? "length.days" : "length.years");
    note_n(n, "days", days);
    if (days >= 1096)
        note_n(n, "years", days * 100 / 36525);
    return n;
}

const struct note *line_length(struct line_make *m, int64_t days_min, int64_t days_max)
{
    if (days_min == days_max)
        return plain_length(m, days_min);
    struct note *n = note_new(&m->notes, "length.range");
    note_note(n, "least", plain_length(m, days_min));
    note_note(n, "most", plain_length(m, days_max));
    return n;
}

static int64_t day_of(int64_t ms)
{
    return ms >= 0 ? ms / DAY_MS : -((DAY_MS - 1 - ms) / DAY_MS);
}

void line_days(const struct event *f, const struct event *e, int64_t *out_min, int64_t *out_max)
{
    *out_min = day_of(e->happened.start) - day_of(f->happened.end - 1);
    *out_max = day_of(e->happened.end - 1) - day_of(f->happened.start);
}

/* ---- questions ---- */

bool line_takes(const struct event *e)
{
    enum item_status s = event_status(e);
    return s == STATUS_RECOVERED || s == STATUS_SEIZED || s == STATUS_FOUND || s == STATUS_SURRENDERED;
}

bool line_missing(enum item_status s)
{
    return s == STATUS_LOST || s == STATUS_STOLEN;
}

static bool names_holder(const struct event *e)
{
    for (size_t i = 0; i < e->effect_count; i++) {
        const struct effect *x = &e->effect[i];
        bool holding = x->what == EFFECT_OWNER || x->what == EFFECT_POSSESSOR || x->what == EFFECT_CUSTODIAN;
        if (holding && x->lawful && (x->to >= 0 || x->from >= 0))
            return true;
    }
    return false;
}

/* A registration on the day it was seized, with nobody named, is police work and no lawful holding. */
static bool made_at_incident(const struct line_make *m, size_t step)
{
    const struct event *e = m->l->step[step].e;
    for (size_t i = step + 1; i < m->l->step_count; i++) {
        const struct event *next = m->l->step[i].e;
        if (event_after(next, e))
            return false;
        if (!next->struck && line_takes(next))
            return true;
    }
    return false;
}

bool line_shows_lawful(const struct line_make *m, size_t step)
{
    const struct line_frame *f = &m->frame[step];
    const struct event *e = m->l->step[step].e;
    enum item_status s = event_status(e);
    if (e->struck || f->clash_count || line_takes(e) || line_missing(s) || s == STATUS_DESTROYED || line_missing(f->after.status))
        return false;
    if (s == STATUS_HANDED_IN) /* laid down after an incident: lawful when it names whose it is */
        return f->after.owner_count > 0 && !f->before.state_hands;
    if (f->after.state_hands)
        return false;
    if (event_has(e, EFFECT_CREATE) && !event_creates(e, "MADE") && !event_creates(e, "IMPORTED"))
        return names_holder(e) || !made_at_incident(m, step);
    return event_has(e, EFFECT_CREATE) || event_has(e, EFFECT_OWNER) || event_has(e, EFFECT_POSSESSOR) ||
        event_has(e, EFFECT_CUSTODIAN) || s != STATUS_NONE;
}

/* Police write one incident down more than once: only a new finder, or a month between, makes it a second taking. */
bool line_leaks(const struct line_frame *f, const struct event *e)
{
    if (e->struck || !line_takes(e) || !f->before.state_hands || !f->before.status_by || !event_after(e, f->before.status_by))
        return false;
    bool person = f->after.found_with.since == e && item_party(f->after.found_with);
    return person || e->happened.start - f->before.status_by->happened.end >= (int64_t)30 * DAY_MS;
}

size_t line_undone(const struct line_make *m, size_t step)
{
    const struct line_frame *f = &m->frame[step];
    for (size_t i = 0; i < f->clash_count; i++)
        if (f->clash[i].kind == CLASH_AFTER_DESTROYED)
            return line_step_of(m->l, f->clash[i].before);
    return LINE_NONE;
}

const struct effect *line_passage(const struct event *e)
{
    for (size_t i = 0; i < e->effect_count; i++) {
        const struct effect *x = &e->effect[i];
        if (x->what == EFFECT_OWNER && x->set && x->lawful && !event_has(e, EFFECT_CREATE) &&
            (event_status(e) == STATUS_LICIT || event_status(e) == STATUS_NONE || event_status(e) == STATUS_EXPORTED))
            return x;
    }
    return NULL;
}

size_t line_step_of(const struct line *l, const struct event *e)
{
    for (size_t i = 0; e && i < l->step_count; i++)
        if (l->step[i].e == e)
            return i;
    return LINE_NONE;
}

void line_term(const struct lang *l, enum term_list list, const struct term_text *t, struct buf *out)
{
    struct term known = term_by_code(list, t->code);
    if (t->answer == TERM_LISTED && known.answer == TERM_LISTED)
        term_words(l, list, known.number, out);
    else if (t->answer == TERM_LISTED || t->answer == TERM_UNLISTED)
        buf_slice(out, t->answer == TERM_LISTED ? t->code : t->text);
}
