/* Whom to ask next, with what each request still lacks; remarks and warnings.
 *
 * Order: national register, country of manufacture, country of last import, other connected countries (facts: iARMS;
 * MOSAIC 05.31: domestic first). A request needs make, model, calibre, the serial of the frame or receiver, country of
 * manufacture or last import, photographs (MOSAIC 05.31, INTERPOL minimum), and the illicit nature with its legal
 * justification, the circumstances of finding and the intended use of the answer (ITI 17). */
#include "trace/line_in.h"
#include "base/banned.h"

static struct slice own_country(const struct line *l)
{
    return slice_str(l->in.profile ? l->in.profile->country : "");
}

static bool asked(const struct line *l, struct slice country)
{
    if (!country.n || slice_eq(country, own_country(l)))
        return true;
    for (size_t i = 0; i < l->ask_count; i++)
        if (slice_eq(l->ask[i].country, country))
            return true;
    return false;
}

/* ---- what a request lacks ---- */

static void lack(struct line_make *m, struct line_ask *a, bool lacking, const char *key)
{
    if (lacking && a->lack_count < LINE_LACKS)
        a->lack[a->lack_count++] = note_new(&m->notes, key);
}

static bool said(const struct term_text *t)
{
    return t->answer == TERM_LISTED || t->answer == TERM_UNLISTED;
}

/* The leading serial's record: whole, and from the frame or receiver? */
static void serial_facts(const struct line *l, bool *whole, bool *on_frame)
{
    *whole = *on_frame = false;
    for (size_t i = 0; i < l->mark_count; i++) {
        const struct event_mark *k = l->mark[i].mark;
        struct slice text = k->serial_count ? k->serial[0] : k->text;
        if (l->step[l->mark[i].step].e->struck || !slice_eq(text, l->serial))
            continue;
        *whole |= !memchr(text.p, '?', text.n) && !memchr(text.p, '*', text.n) && k->status != MARK_PARTIAL;
        *on_frame |= slice_is(k->place, "FRAME") || slice_is(k->place, "RECEIVER") || slice_is(k->place, "LOWER");
    }
}

static const struct event *last_taking(const struct line *l)
{
    for (size_t i = l->step_count; i-- > 0;)
        if (!l->step[i].e->struck && line_takes(l->step[i].e))
            return l->step[i].e;
    return NULL;
}

static void lacks(struct line_make *m, struct line_ask *a)
{
    const struct item_description *d = &m->l->now.description;
    const struct event *taking = last_taking(m->l);
    bool whole = false, frame = false, serial = m->l->serial.n > 0;
    if (serial)
        serial_facts(m->l, &whole, &frame);
    lack(m, a, !said(&d->make), "lacks.make");
    lack(m, a, !d->model.n, "lacks.model");
    lack(m, a, !said(&d->calibre), "lacks.calibre");
    lack(m, a, !serial, "lacks.serial");
    lack(m, a, serial && !whole, "lacks.serial_whole");
    lack(m, a, serial && !frame, "lacks.serial_frame");
    lack(m, a, !said(&d->country) && !a->country.n, "lacks.country");
    lack(m, a, true, "lacks.photo");
    lack(m, a, true, "lacks.legal_basis");
    lack(m, a, !taking || (!taking->circumstances.n && !taking->told), "lacks.circumstances");
    lack(m, a, taking && (!when_known(&taking->happened) || !(taking->place.n || taking->country.n)), "lacks.found_when");
    lack(m, a, true, "lacks.use");
}

bool line_same_lacks(const struct line_ask *a, const struct line_ask *b)
{
    if (!a->lack_count || a->lack_count != b->lack_count)
        return false;
    for (size_t i = 0; i < a->lack_count; i++)
        if (strcmp(a->lack[i]->key, b->lack[i]->key) != 0)
            return false;
    return true;
}

/* ---- whom ---- */

static struct line_ask *add(struct line_make *m, const char *to, struct slice country, const char *whom, const char *why)
{
    struct line *l = m->l;
    if (l->ask_count == LINE_ASKS)
        return NULL;
    struct line_ask *a = &l->ask[l->ask_count++];
    *a = (struct line_ask){.to = to, .country = country};
    struct note *n = note_new(&m->notes, whom);
    if (country.n)
        note_note(n, "country", line_country(m, country));
    a->whom = n;
    a->why = note_new(&m->notes, why);
    return a;
}

static void ask_abroad(struct line_make *m, const char *to, struct slice country, const char *why)
{
    if (asked(m->l, country))
        return;
    struct line_ask *a = add(m, to, country, "ask.country", why);
    if (a)
        lacks(m, a);
}

static void ask_national(struct line_make *m)
{
    struct slice own = own_country(m->l);
    struct line_ask *a = add(m, "national", own, own.n ? "ask.national" : "ask.national_here", "ask.why.national");
    a->done = m->l->step_count > 0;
}

/* As described, as the record of making says, or where the make is made. */
static struct slice manufacture_country(const struct line *l)
{
    const struct item_description *d = &l->now.description;
    if (said(&d->country) && d->country.code.n)
        return d->country.code;
    if (l->now.made && l->now.made->country.n)
        return l->now.made->country;
    return d->make.answer == TERM_LISTED ? slice_str(term_make_country(d->make.number)) : SLICE("");
}

static void ask_moved(struct line_make *m, const char *to, const char *why, bool import)
{
    const struct line *l = m->l;
    for (size_t i = l->step_count; i-- > 0;) { /* the latest first */
        const struct event *e = l->step[i].e;
        if (!e->struck && e->country.n && (import ? event_creates(e, "IMPORTED") : event_status(e) == STATUS_EXPORTED))
            ask_abroad(m, to, e->country, why);
    }
}

static void ask_connected(struct line_make *m)
{
    const struct line *l = m->l;
    for (size_t i = 0; i < l->step_count; i++) {
        const struct event *e = l->step[i].e;
        if (e->struck)
            continue;
        ask_abroad(m, "connected", e->country, "ask.why.place");
        for (size_t k = 0; k < e->party_count; k++)
            ask_abroad(m, "connected", e->party[k].country, "ask.why.party");
    }
}

void line_make_ask(struct line_make *m)
{
    struct line *l = m->l;
    if (l->diversion.kind == BREAK_NONE && (l->legal.what || l->now.state_owned))
        return; /* nothing left to find out */
    ask_national(m);
    struct slice made = manufacture_country(l);
    if (made.n) {
        ask_abroad(m, "manufacture", made, "ask.why.manufacture");
    } else if (l->step_count) {
        struct line_ask *a = add(m, "manufacture", SLICE(""), "ask.manufacture_unknown", "ask.why.manufacture");
        lacks(m, a);
    }
    ask_moved(m, "last_import", "ask.why.import", true);
    ask_moved(m, "export", "ask.why.export", false);
    ask_connected(m);
}

/* ---- remarks and warnings ---- */

static struct note *remark(struct line_make *m, const char *key)
{
    struct line *l = m->l;
    struct note *n = note_new(&m->notes, key);
    if (l->remark_count < LINE_REMARKS)
        l->remark[l->remark_count++] = n;
    return n;
}

static struct note *warn(struct line_make *m, const char *key)
{
    struct line *l = m->l;
    struct note *n = note_new(&m->notes, key);
    if (l->warning_count < LINE_REMARKS)
        l->warning[l->warning_count++] = n;
    return n;
}

static void remarks(struct line_make *m)
{
    const struct line *l = m->l;
    const struct event *taking = last_taking(l);
    int year = l->now.description.year, month, day;
    if (!year && l->now.made && when_known(&l->now.made->happened))
        time_to_civil(l->now.made->happened.end - 1, &year, &month, &day);
    if (year && year < 1946)
        note_n(remark(m, "remark.pre_1946"), "year", year);
    if (taking && event_status(taking) == STATUS_SURRENDERED)
        remark(m, "remark.amnesty");
    if (l->now.state_owned && (taking || l->now.status == STATUS_HANDED_IN))
        remark(m, "remark.state_owned");
    else if (m->chain.with_holder && m->chain.kind == BREAK_NONE)
        remark(m, "remark.with_holder");
    if (l->now.order && !l->now.state_hands && !l->now.destroyed)
        note_s(warn(m, "warn.surrender_due"), "date", line_when_text(&l->now.order->happened));
    if (l->diversion.kind != BREAK_NONE)
        remark(m, "remark.proposed");
    size_t struck = 0, uncertain = 0;
    for (size_t i = 0; i < l->step_count; i++) {
        struck += l->step[i].e->struck;
        uncertain += l->step[i].uncertain;
    }
    if (struck)
        note_n(remark(m, "remark.struck"), "n", (int64_t)struck);
    if (uncertain)
        note_n(remark(m, "remark.uncertain"), "n", (int64_t)uncertain);
}

static bool passed_on_loan(const struct line_frame *f, const struct event *e)
{
    const struct effect *x = line_passage(e);
    struct subject_id p = item_holder_id(f->before.possessor);
    return x && x->from >= 0 && !subject_none(&p) && subject_eq(&p, &e->party[x->from].id);
}

/* A whole serial that differs from the leading one, when both are of the frame or neither says where it stands. */
static void warn_of_marks(struct line_make *m)
{
    const struct line *l = m->l;
    for (size_t i = 0; i < l->mark_count; i++) {
        const struct event_mark *k = l->mark[i].mark;
        bool serial = k->kind.n == 0 || slice_is(k->kind, "SERIAL"), whole = k->status == MARK_CLEAR || k->status == MARK_RESTORED;
        struct mark_key a, b, shape;
        if (l->step[l->mark[i].step].e->struck || !serial || !whole || k->serial_count != 1 || k->place.n)
            continue;
        if ((mark_fold(k->serial[0], &a, &shape) | mark_fold(l->serial, &b, &shape)) & MARK_UNREADABLE || memcmp(&a, &b, sizeof a) == 0)
            continue;
        struct note *n = warn(m, "warn.marks_differ");
        note_s(n, "a", l->serial);
        note_s(n, "b", k->serial[0]);
        return;
    }
}

static void warn_of_records(struct line_make *m)
{
    const struct line *l = m->l;
    int64_t early = 0;
    for (size_t i = 0; i < l->step_count; i++) {
        const struct event *e = l->step[i].e;
        if (e->struck)
            continue;
        early += when_known(&e->happened) && e->recorded < e->happened.start;
        if (passed_on_loan(&m->frame[i], e))
            line_put_who(m, warn(m, "warn.passed_on_loan"), "who", m->frame[i].before.possessor);
    }
    if (early)
        note_n(warn(m, "warn.recorded_before"), "n", early);
}

void line_make_remarks(struct line_make *m)
{
    const struct item_description *d = &m->l->now.description;
    remarks(m);
    const char *key = d->make.answer == TERM_LISTED && m->l->serial.n
        ? term_serial_warning(d->make.number, m->l->serial, d->year) : NULL;
    if (key)
        warn(m, key);
    if (d->type.answer == TERM_LISTED && d->calibre.answer == TERM_LISTED && term_incompatible(d->type.number, d->calibre.number))
        warn(m, "warn.type_calibre");
    warn_of_marks(m);
    warn_of_records(m);
}
