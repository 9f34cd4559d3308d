/* The lawful chain: the last lawful record, where the chain broke, and what is proposed as the point of diversion.
 *
 * The chain is read from left to right. A break is the first thing after which the gun is no longer where its lawful holder
 * should have it; a lawful act after the State held it, or after it was missing, mends the chain. The victim of a theft is
 * the last lawful holder and never a source. */
#include "trace/line_in.h"
#include "base/banned.h"

#define DAY_MS INT64_C(86400000)


bool line_with_holder(const struct line_frame *f, const struct event *e)
{
    const struct party_ref *p = f->after.found_with.since == e ? item_party(f->after.found_with) : NULL;
    return p && !subject_none(&p->id) && item_holds(&f->before, &p->id);
}

static void set_break(struct line_chain *c, enum line_break kind, size_t at, const struct item_now *before)
{
    c->kind = kind;
    c->at = at;
    c->owner = before->owner_count ? before->owner[before->owner_count - 1] : (struct item_holder){NULL, -1};
    c->possessor = before->possessor;
    c->custodian = before->custodian;
}

static enum line_break taking_break(const struct line_chain *c, const struct line_frame *f)
{
    if (f->before.abroad)
        return BREAK_AFTER_EXPORT;
    return c->last == LINE_NONE ? BREAK_NO_LAWFUL_RECORD : BREAK_UNRECORDED;
}

static bool mends(const struct line_frame *f, const struct event *e)
{
    bool was_out = f->before.state_hands || line_missing(f->before.status);
    return was_out && !f->clash_count && !f->after.state_hands && f->after.status == STATUS_LICIT;
}

static bool clashes_as(const struct line_frame *f, enum item_clash_kind kind)
{
    for (size_t i = 0; i < f->clash_count; i++)
        if (f->clash[i].kind == kind)
            return true;
    return false;
}

static void read_step(struct line_make *m, size_t i)
{
    struct line_chain *c = &m->chain;
    const struct line_frame *f = &m->frame[i];
    const struct event *e = m->l->step[i].e;
    size_t destroyed = line_undone(m, i);

    if (destroyed != LINE_NONE && (c->kind == BREAK_NONE || m->frame[destroyed].before.state_hands)) {
        set_break(c, BREAK_AFTER_DESTRUCTION, i, &m->frame[destroyed].before);
        c->start = destroyed;
    } else if (mends(f, e)) {
        *c = (struct line_chain){.kind = BREAK_NONE, .last = i, .at = LINE_NONE};
    } else if (line_leaks(f, e)) {
        set_break(c, BREAK_FROM_STATE, i, &f->before);
    } else if (c->kind != BREAK_NONE) {
        return;
    } else if (line_missing(event_status(e)) && !e->struck) {
        set_break(c, event_status(e) == STATUS_STOLEN ? BREAK_THEFT : BREAK_LOSS, i, &f->before);
    } else if (clashes_as(f, CLASH_NOT_HOLDER)) {
        set_break(c, BREAK_NOT_HOLDER, i, &f->before);
    } else if (line_takes(e) && !e->struck && !f->before.state_hands) {
        c->with_holder = line_with_holder(f, e) || f->after.state_owned;
        if (!c->with_holder)
            set_break(c, taking_break(c, f), i, &f->before);
    } else if (line_shows_lawful(m, i)) {
        c->last = i;
    }
}

static void set_legal(struct line_make *m, struct item_holder h, enum line_role role, const char *key)
{
    struct line *l = m->l;
    const struct event *e = l->step[m->chain.last].e;
    struct note *n = note_new(&m->notes, key);
    line_put_who(m, n, "who", h);
    line_put_date(n, e);
    line_put_where(m, n, e);
    l->legal = (struct line_legal){.what = n, .role = role, .party = item_party(h), .step = m->chain.last};
}

/* The lawful end-user: whoever had it lawfully in hand; the seller when the buyer is not named. */
static void make_legal(struct line_make *m, struct item_holder owner, struct item_holder possessor, struct item_holder custodian)
{
    const struct event *e = m->l->step[m->chain.last].e;
    const struct effect *x = line_passage(e);
    const struct item_now *before = &m->frame[m->chain.last].before;
    if (item_party(possessor))
        set_legal(m, possessor, LINE_POSSESSOR, "last_legal.possessor");
    else if (item_party(owner))
        set_legal(m, owner, LINE_OWNER, "last_legal.owner");
    else if (x && x->from >= 0)
        set_legal(m, (struct item_holder){e, x->from}, LINE_SELLER, "last_legal.seller");
    else if (x && before->owner_count && item_party(before->owner[before->owner_count - 1]))
        set_legal(m, before->owner[before->owner_count - 1], LINE_SELLER,
            event_status(e) == STATUS_EXPORTED ? "last_legal.exporter" : "last_legal.seller");
    else if (item_party(custodian))
        set_legal(m, custodian, LINE_CUSTODIAN, "last_legal.custodian");
    else
        set_legal(m, owner, LINE_OWNER, "last_legal.not_named");
}

void line_make_chain(struct line_make *m)
{
    struct line *l = m->l;
    struct line_chain *c = &m->chain;
    *c = (struct line_chain){.kind = BREAK_NONE, .last = LINE_NONE, .at = LINE_NONE};
    for (size_t i = 0; i < l->step_count; i++)
        read_step(m, i);
    if (c->last == LINE_NONE)
        return;
    if (c->kind == BREAK_NONE || c->kind == BREAK_FROM_STATE) {
        const struct item_now *then = &m->frame[c->last].after;
        make_legal(m, then->owner_count ? then->owner[then->owner_count - 1] : (struct item_holder){NULL, -1}, then->possessor,
            then->custodian);
    } else {
        make_legal(m, c->owner, c->possessor, c->custodian);
    }
}

/* ---- the proposed point of diversion ---- */

static void because(struct line_make *m, const char *key)
{
    struct line_diversion *d = &m->l->diversion;
    if (d->why_count < LINE_WHY)
        d->why[d->why_count++] = note_new(&m->notes, key);
}

static void lower(struct line_make *m, const char *key)
{
    struct line_diversion *d = &m->l->diversion;
    if (d->confidence > LINE_SURE_LOW)
        d->confidence--;
    because(m, key);
}

static void from_until(struct line_diversion *d, const struct event *f, const struct event *e)
{
    d->from = f && when_known(&f->happened) ? f->happened.start : TIME_UNKNOWN;
    d->to = when_known(&e->happened) ? e->happened.end : INT64_MAX;
    d->from_text = f ? line_when_text(&f->happened) : SLICE("");
    d->to_text = line_when_text(&e->happened);
}

static const struct note *where_note(struct line_make *m, const struct event *e)
{
    if (!e->place.n && !e->country.n)
        return NULL;
    struct note *n = note_new(&m->notes, "place.named");
    if (e->place.n)
        note_s(n, "where", e->place);
    else
        note_note(n, "where", line_country(m, e->country));
    return n;
}

static void at_place(struct line_make *m, const struct event *e)
{
    struct line_diversion *d = &m->l->diversion;
    d->place = e->place;
    d->country = e->country;
    const struct note *where = where_note(m, e);
    if (!where)
        return;
    struct note *n = note_new(&m->notes, "diversion.place");
    note_note(n, "where", where);
    d->where = n;
}

/* Somewhere between where it was last lawfully held and where it turned up. */
static void between_places(struct line_make *m, const struct event *f, const struct event *e)
{
    struct line_diversion *d = &m->l->diversion;
    const struct note *from = where_note(m, f), *to = where_note(m, e);
    if (from && to && slice_eq(f->place, e->place) && slice_eq(f->country, e->country)) {
        at_place(m, e);
        return;
    }
    if (slice_eq(f->country, e->country))
        d->country = e->country;
    struct note *n = note_new(&m->notes, from && to ? "diversion.place_between" : from ? "diversion.place_from" : to ? "diversion.place_to"
        : "diversion.place_unknown");
    if (from)
        note_note(n, "a", from);
    if (to)
        note_note(n, "b", to);
    d->where = n;
}

/* Reported: what the holder said, at the stated time. */
static void reported(struct line_make *m, const struct event *e)
{
    struct line_diversion *d = &m->l->diversion;
    from_until(d, e, e);
    at_place(m, e);
    d->confidence = d->kind == BREAK_THEFT ? LINE_SURE_HIGH : LINE_SURE_MODERATE;
    because(m, d->kind == BREAK_THEFT ? "why.reported_stolen" : "why.reported_lost");
    because(m, "why.victim_no_source");
    if (!when_known(&e->happened) || e->happened.end - e->happened.start > 31 * DAY_MS)
        lower(m, "why.time_vague");
    if (!e->place.n)
        because(m, "why.place_unsaid");
}

/* Not recorded: somewhere between the last lawful record and the day it turned up. */
static void between(struct line_make *m, const struct event *f, const struct event *e)
{
    struct line_diversion *d = &m->l->diversion;
    int64_t least = 0, most = 0;
    from_until(d, f, e);
    between_places(m, f, e);
    bool dated = when_known(&f->happened) && when_known(&e->happened);
    if (dated)
        line_days(f, e, &least, &most);
    bool narrow = dated && most < (m->l->in.profile ? m->l->in.profile->short_days : 1095);
    d->confidence = narrow ? LINE_SURE_MODERATE : LINE_SURE_LOW;
    because(m, narrow ? "why.interval_short" : dated ? "why.interval_long" : "why.time_unknown");
    because(m, "why.nothing_between");
    if (!m->l->legal.party || m->l->legal.role == LINE_SELLER)
        lower(m, "why.holder_not_named");
}

static const char *const diversion_keys[] = {[BREAK_THEFT] = "diversion.theft", [BREAK_LOSS] = "diversion.loss",
    [BREAK_UNRECORDED] = "diversion.unrecorded", [BREAK_FROM_STATE] = "diversion.from_state",
    [BREAK_AFTER_EXPORT] = "diversion.after_export", [BREAK_NOT_HOLDER] = "diversion.not_holder",
    [BREAK_AFTER_DESTRUCTION] = "diversion.after_destruction", [BREAK_NO_LAWFUL_RECORD] = "diversion.no_lawful_record"};
static const char *const circumstance_keys[] = {[BREAK_THEFT] = "circumstances.theft", [BREAK_LOSS] = "circumstances.loss",
    [BREAK_UNRECORDED] = "circumstances.unrecorded", [BREAK_FROM_STATE] = "circumstances.from_state",
    [BREAK_AFTER_EXPORT] = "circumstances.after_export", [BREAK_NOT_HOLDER] = "circumstances.not_holder",
    [BREAK_AFTER_DESTRUCTION] = "circumstances.after_destruction",
    [BREAK_NO_LAWFUL_RECORD] = "circumstances.no_lawful_record"};

static void weigh(struct line_make *m, const struct event *f, const struct event *e)
{
    struct line_diversion *d = &m->l->diversion;
    switch (d->kind) {
    case BREAK_THEFT: case BREAK_LOSS:
        reported(m, e);
        return;
    case BREAK_NO_LAWFUL_RECORD:
        from_until(d, NULL, e);
        d->confidence = LINE_SURE_NONE;
        because(m, "why.no_lawful_record");
        return;
    default:
        between(m, f ? f : e, e);
        break;
    }
    if (d->kind == BREAK_AFTER_EXPORT)
        lower(m, "why.abroad");
    if (d->kind == BREAK_FROM_STATE)
        because(m, "why.taken_twice");
}

/* From where the interval runs: the earlier taking, the export, or the last lawful record. */
static size_t break_start(const struct line_make *m)
{
    const struct line_chain *c = &m->chain;
    const struct item_now *before = &m->frame[c->at].before;
    if (c->kind == BREAK_AFTER_DESTRUCTION)
        return c->start;
    if (c->kind == BREAK_FROM_STATE || (c->kind == BREAK_AFTER_EXPORT && before->status == STATUS_EXPORTED))
        return line_step_of(m->l, before->status_by);
    return c->last;
}

void line_make_diversion(struct line_make *m)
{
    struct line *l = m->l;
    const struct line_chain *c = &m->chain;
    struct line_diversion *d = &l->diversion;
    *d = (struct line_diversion){.kind = c->kind, .step = {LINE_NONE, c->at}, .from = TIME_UNKNOWN, .to = INT64_MAX};
    if (c->kind == BREAK_NONE)
        return;
    d->step[0] = break_start(m);
    const struct event *e = l->step[c->at].e, *f = d->step[0] != LINE_NONE ? l->step[d->step[0]].e : NULL;
    weigh(m, f, e);
    for (size_t i = 0; i < l->clash_count; i++)
        if (l->clash[i].step[1] < c->at) { /* the break's own contradiction is no reason against it */
            lower(m, "why.contradictions");
            break;
        }
    struct item_holder h = c->possessor.since ? c->possessor : c->owner;
    bool unnamed = d->kind == BREAK_UNRECORDED && !item_party(h);
    struct note *n = note_new(&m->notes, unnamed ? "diversion.unrecorded_unnamed" : diversion_keys[d->kind]);
    bool from_keeper = c->kind == BREAK_FROM_STATE || (c->kind == BREAK_AFTER_DESTRUCTION && c->custodian.since);
    line_put_who(m, n, "who", from_keeper ? c->custodian : h);
    note_s(n, "from", d->from_text);
    note_s(n, "to", d->to_text);
    note_s(n, "from_known", d->from_text.n ? SLICE("yes") : SLICE("no"));
    note_s(n, "to_known", d->to_text.n ? SLICE("yes") : SLICE("no"));
    line_put_where(m, n, e);
    d->what = n;
    struct note *how = note_new(&m->notes, circumstance_keys[d->kind]);
    if (e->circumstances.n) {
        note_s(how, "said", SLICE("yes"));
        note_s(how, "circumstances", e->circumstances);
    }
    d->circumstances = how;
}

/* ---- time-to-crime ---- */

/* First retail sale: a trader to someone who is none; an unnamed giver counts when nobody held it before. */
static bool retail(const struct line_frame *f, const struct event *e)
{
    const struct effect *x = e->struck ? NULL : line_passage(e);
    if (!x)
        return false;
    enum party_class from = x->from >= 0 ? e->party[x->from].cls : PARTY_UNSAID, to = x->to >= 0 ? e->party[x->to].cls : PARTY_UNSAID;
    if (party_trades(to))
        return false;
    return party_trades(from) || (from == PARTY_UNSAID && f->before.owner_count == 0);
}

static void ttc_problem(struct line_make *m, const char *key)
{
    m->l->ttc.answer = TTC_PROBLEM;
    m->l->ttc.what = note_new(&m->notes, key);
}

static void ttc_given(struct line_make *m, int64_t least, int64_t most)
{
    struct line_time_to_crime *t = &m->l->ttc;
    int64_t limit = m->l->in.profile ? m->l->in.profile->short_days : 1095;
    t->answer = TTC_GIVEN;
    t->days_min = least > 0 ? least : 0; /* the dates overlap: it cannot have been used before its sale */
    t->days_max = most;
    t->is_short = most < limit ? 1 : t->days_min >= limit ? 0 : -1;
    t->what = line_length(m, t->days_min, t->days_max);
}

void line_make_time_to_crime(struct line_make *m)
{
    struct line *l = m->l;
    struct line_time_to_crime *t = &l->ttc;
    int64_t least, most;
    *t = (struct line_time_to_crime){.sale = LINE_NONE, .recovery = LINE_NONE};
    for (size_t i = 0; i < l->step_count; i++) {
        const struct event *e = l->step[i].e;
        if (t->sale == LINE_NONE && retail(&m->frame[i], e))
            t->sale = i;
        if (!e->struck && line_takes(e) && event_status(e) != STATUS_SURRENDERED)
            t->recovery = i;
    }
    if (t->recovery == LINE_NONE)
        return;
    const struct event *r = l->step[t->recovery].e, *s = t->sale != LINE_NONE ? l->step[t->sale].e : NULL;
    if (!s || !when_known(&s->happened)) {
        ttc_problem(m, "ttc.sale_unknown");
    } else if (!when_known(&r->happened)) {
        ttc_problem(m, "ttc.recovery_unknown");
    } else {
        line_days(s, r, &least, &most);
        if (most < 0)
            ttc_problem(m, "ttc.negative");
        else
            ttc_given(m, least, most);
    }
}
