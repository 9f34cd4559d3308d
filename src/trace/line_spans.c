/* The lanes of the timeline and the gaps: what the register can account for, and what it cannot. */
#include "trace/line_in.h"
#include "base/banned.h"

/* Spans that run while the steps are read. span LINE_NONE: no longer drawn, though the state still names the holder. */
struct open_span {
    struct item_holder holder;
    size_t span;
};
struct lanes {
    struct line_make *m;
    size_t span_max, gap_max;
    struct open_span owner[ITEM_OWNERS];
    size_t owner_count;
    struct open_span possessor, custodian;
    size_t unknown;    /* grey: nobody is known to own it */
    size_t last;       /* last step that shows lawful hands */
    int64_t clock;     /* start of the latest dated step */
    bool abroad;       /* so far */
};

static bool same_holder(struct item_holder a, struct item_holder b)
{
    return a.since == b.since && a.party == b.party;
}

static int64_t moment(const struct lanes *w, const struct event *e)
{
    return when_known(&e->happened) ? e->happened.start : w->clock;
}

static size_t add_span(struct lanes *w, struct line_span s)
{
    struct line *l = w->m->l;
    if (l->span_count == w->span_max)
        return LINE_NONE;
    l->span[l->span_count] = s;
    return l->span_count++;
}

static size_t begin(struct lanes *w, enum line_role role, enum line_tone tone, const struct event *e, const char *label,
    struct item_holder h)
{
    const struct party_ref *p = item_party(h);
    bool office = !p && strcmp(label, "span.state") == 0, gone = !p && strcmp(label, "span.abroad") == 0;
    struct note *n = note_new(&w->m->notes, office ? "span.state_unsaid" : gone ? "span.abroad_unsaid" : label);
    if (h.since && !office && !gone)
        line_put_who(w->m, n, "who", h);
    return add_span(w, (struct line_span){.role = role, .tone = tone, .from = moment(w, e), .to = INT64_MAX,
        .from_text = line_when_text(&e->happened), .who = p ? p->name : SLICE(""), .id = item_holder_id(h), .label = n,
        .step = line_step_of(w->m->l, e)});
}

static void end(struct lanes *w, size_t span, const struct event *e)
{
    if (span == LINE_NONE)
        return;
    struct line_span *s = &w->m->l->span[span];
    s->to = moment(w, e);
    s->to_text = line_when_text(&e->happened);
    if (s->from != TIME_UNKNOWN && s->to < s->from)
        s->to = s->from; /* the dates overlap */
}

/* ---- lanes ---- */

static enum line_tone owner_tone(struct item_holder h)
{
    const struct party_ref *p = item_party(h);
    return p && party_is_state(p->cls) ? LINE_STATE : LINE_LAWFUL;
}

/* Who owns it abroad is not this register's to account for. */
static size_t begin_owner(struct lanes *w, const struct item_now *now, const struct event *e, struct item_holder h)
{
    return now->abroad ? begin(w, LINE_OWNER, LINE_UNKNOWN, e, "span.abroad", h) : begin(w, LINE_OWNER, owner_tone(h), e, "span.owner", h);
}

/* It is here again, and nobody said that it was sold: what stands on record of its owner stays. */
static void come_back(struct lanes *w, const struct event *e)
{
    for (size_t k = 0; k < w->owner_count; k++) {
        if (w->owner[k].holder.since == e)
            continue;
        end(w, w->owner[k].span, e);
        w->owner[k].span = item_party(w->owner[k].holder) ? begin(w, LINE_OWNER, LINE_UNKNOWN, e, "span.on_record", w->owner[k].holder) : LINE_NONE;
    }
}

static void step_owners(struct lanes *w, const struct item_now *now, const struct event *e)
{
    struct open_span kept[ITEM_OWNERS];
    size_t n = 0;
    for (size_t i = 0; i < now->owner_count; i++) {
        size_t k = 0;
        while (k < w->owner_count && !same_holder(w->owner[k].holder, now->owner[i]))
            k++;
        kept[n++] = k < w->owner_count ? w->owner[k] : (struct open_span){now->owner[i], begin_owner(w, now, e, now->owner[i])};
    }
    for (size_t k = 0; k < w->owner_count; k++) {
        bool stays = false;
        for (size_t i = 0; i < n; i++)
            stays |= same_holder(kept[i].holder, w->owner[k].holder);
        if (!stays)
            end(w, w->owner[k].span, e);
    }
    memcpy(w->owner, kept, n * sizeof *kept);
    w->owner_count = n;
    if (w->abroad && !now->abroad)
        come_back(w, e);
    w->abroad = now->abroad;
}

static void step_holder(struct lanes *w, struct open_span *open, struct item_holder now, enum line_role role, enum line_tone tone,
    const char *label, const struct event *e)
{
    if (same_holder(open->holder, now))
        return;
    if (open->holder.since)
        end(w, open->span, e);
    *open = (struct open_span){now, now.since ? begin(w, role, tone, e, label, now) : LINE_NONE};
}

static void step_unknown(struct lanes *w, const struct item_now *now, const struct event *e)
{
    bool grey = !now->owner_count && !now->state_hands && !line_missing(now->status) && !now->abroad &&
        now->status != STATUS_DESTROYED && !now->custodian.since;
    if (!grey) {
        end(w, w->unknown, e);
        w->unknown = LINE_NONE;
    } else if (w->unknown == LINE_NONE) {
        w->unknown = begin(w, LINE_OWNER, LINE_UNKNOWN, e, "span.unknown", (struct item_holder){NULL, -1});
    }
}

/* Before the first record: lawful unless shown otherwise. */
static void opening(struct lanes *w, const struct event *first)
{
    const struct line *l = w->m->l;
    if (event_creates(first, "MADE"))
        return;
    w->unknown = begin(w, LINE_OWNER, LINE_UNKNOWN, first, "span.opening", (struct item_holder){NULL, -1});
    if (w->unknown == LINE_NONE)
        return;
    struct line_span *s = &w->m->l->span[w->unknown];
    int year = l->now.description.year;
    int64_t made = year ? time_from_civil(year, 1, 1) : TIME_UNKNOWN;
    bool sound = year && when_known(&first->happened) && made <= first->happened.start;
    s->from = sound ? made : TIME_UNKNOWN;
    char *text = sound ? arena_printf(w->m->a, "%d", year) : NULL;
    s->from_text = slice_str(text);
}

/* ---- gaps ---- */

static void set_length(struct lanes *w, struct line_gap *g, const struct event *f, const struct event *e)
{
    struct event until = {.happened = {.start = w->m->l->end, .end = w->m->l->end + 1}};
    const struct event *to = e ? e : &until;
    bool dated = when_known(&f->happened) && when_known(&to->happened);
    if (!dated) {
        g->days_min = g->days_max = -1;
        g->length = note_new(&w->m->notes, "length.unknown");
        return;
    }
    line_days(f, to, &g->days_min, &g->days_max);
    if (g->days_min < 0)
        g->days_min = 0;
    if (g->days_max < g->days_min)
        g->days_max = g->days_min;
    g->length = line_length(w->m, g->days_min, g->days_max);
}

static void add_gap(struct lanes *w, const char *key, const struct event *f, const struct event *e)
{
    struct line *l = w->m->l;
    if (l->gap_count == w->gap_max)
        return;
    struct line_gap *g = &l->gap[l->gap_count++];
    *g = (struct line_gap){.step = {line_step_of(l, f), e ? line_step_of(l, e) : LINE_NONE}, .from_text = line_when_text(&f->happened),
        .to_text = e ? line_when_text(&e->happened) : SLICE("")};
    bool apart = e && when_known(&f->happened) && when_known(&e->happened) && f->happened.end <= e->happened.start;
    g->from = when_known(&f->happened) ? apart ? f->happened.end : f->happened.start : TIME_UNKNOWN;
    g->to = e ? moment(w, e) : INT64_MAX;
    if (g->to < g->from)
        g->to = g->from;
    set_length(w, g, f, e);
    struct note *n = note_new(&w->m->notes, key);
    note_note(n, "length", g->length);
    note_s(n, "from", g->from_text);
    note_s(n, "to", g->to_text);
    note_s(n, "from_known", g->from_text.n ? SLICE("yes") : SLICE("no"));
    note_s(n, "to_known", g->to_text.n ? SLICE("yes") : SLICE("no"));
    g->what = n;
    add_span(w, (struct line_span){.role = LINE_WHEREABOUTS, .tone = LINE_GAP, .from = g->from, .to = g->to, .from_text = g->from_text,
        .to_text = g->to_text, .label = g->length, .step = g->step[0]});
}

/* The owner on record is drawn solid up to the last record that confirms it, grey from there to where the gun turned up. */
static void fade_owners(struct lanes *w, const struct event *confirmed, const struct event *e)
{
    for (size_t i = 0; i < w->owner_count; i++) {
        size_t solid = w->owner[i].span;
        if (solid == LINE_NONE)
            continue;
        end(w, solid, confirmed);
        w->m->l->span[solid].to = confirmed->happened.end < INT64_MAX ? confirmed->happened.end : moment(w, confirmed);
        size_t grey = begin(w, LINE_OWNER, LINE_UNKNOWN, confirmed, "span.on_record", w->owner[i].holder);
        if (grey != LINE_NONE)
            w->m->l->span[grey].from = w->m->l->span[solid].to;
        end(w, grey, e);
        w->owner[i].span = LINE_NONE;
    }
}

static bool owner_claimed(const struct line_frame *f, const struct event *e)
{
    if (!event_has(e, EFFECT_CREATE) || f->clash_count || !f->before.owner_count || !f->after.owner_count)
        return false;
    for (size_t i = 0; i < e->effect_count; i++)
        if (e->effect[i].what == EFFECT_OWNER && e->effect[i].from >= 0 && item_holds(&f->before, &e->party[e->effect[i].from].id))
            return false; /* an import from who held it */
    return f->after.owner[f->after.owner_count - 1].since == e && item_party(f->before.owner[f->before.owner_count - 1]);
}

static bool leg_missing(const struct line_frame *f, const struct event *e)
{
    const struct effect *x = line_passage(e);
    if (!x || x->from < 0 || f->clash_count || !f->before.owner_count || f->before.state_hands || f->before.state_owned)
        return false;
    return !item_holds(&f->before, &e->party[x->from].id) && item_party(f->before.owner[0]);
}

static void step_gaps(struct lanes *w, const struct line_frame *f, const struct event *e, size_t i)
{
    size_t destroyed = line_undone(w->m, i);
    const struct event *last = w->last != LINE_NONE ? w->m->l->step[w->last].e : NULL;
    bool taken = line_takes(e) && !f->before.state_hands;
    if (destroyed != LINE_NONE) {
        add_gap(w, "gap.destroyed", w->m->l->step[destroyed].e, e);
    } else if (line_missing(f->before.status) && !line_missing(f->after.status)) {
        add_gap(w, f->before.status == STATUS_STOLEN ? "gap.stolen" : "gap.lost", f->before.status_by, e);
    } else if (line_leaks(f, e)) {
        add_gap(w, "gap.from_state", f->before.status_by, e);
    } else if (f->before.abroad && (taken || line_passage(e)) && f->before.status_by) {
        add_gap(w, "gap.abroad", f->before.status_by, e);
    } else if (taken && last && !line_with_holder(f, e) && !f->after.state_owned) {
        add_gap(w, "gap.unrecorded", last, e);
        fade_owners(w, last, e);
    } else if (last && (owner_claimed(f, e) || leg_missing(f, e))) {
        add_gap(w, "gap.transfer", last, e);
    }
}

/* ---- all ---- */

static void step(struct lanes *w, size_t i)
{
    const struct line_frame *f = &w->m->frame[i];
    const struct event *e = w->m->l->step[i].e;
    if (e->struck)
        return;
    step_gaps(w, f, e, i);
    step_owners(w, &f->after, e);
    step_unknown(w, &f->after, e);
    step_holder(w, &w->possessor, f->after.possessor, LINE_POSSESSOR, owner_tone(f->after.possessor), "span.possessor", e);
    step_holder(w, &w->custodian, f->after.custodian, LINE_CUSTODIAN,
        f->after.state_hands ? LINE_STATE : owner_tone(f->after.custodian), f->after.state_hands ? "span.state" : "span.custodian", e);
    if (when_known(&e->happened))
        w->clock = e->happened.start;
    if (line_shows_lawful(w->m, i))
        w->last = i;
}

static bool make_room(struct lanes *w)
{
    struct line *l = w->m->l;
    size_t effects = 0;
    for (size_t i = 0; i < l->step_count; i++)
        effects += l->step[i].e->effect_count + ITEM_OWNERS + 4;
    w->span_max = effects + 8;
    w->gap_max = l->step_count + 1;
    l->span = arena_array(w->m->a, w->span_max, sizeof *l->span);
    l->gap = arena_array(w->m->a, w->gap_max, sizeof *l->gap);
    return l->span && l->gap;
}

void line_make_spans(struct line_make *m)
{
    struct line *l = m->l;
    struct lanes w = {.m = m, .unknown = LINE_NONE, .last = LINE_NONE, .clock = TIME_UNKNOWN, .possessor = {{NULL, -1}, LINE_NONE},
        .custodian = {{NULL, -1}, LINE_NONE}};
    if (!make_room(&w)) {
        m->notes.failed = true;
        return;
    }
    size_t first = 0;
    while (first < l->step_count && l->step[first].e->struck)
        first++;
    if (first < l->step_count)
        opening(&w, l->step[first].e);
    for (size_t i = 0; i < l->step_count; i++)
        step(&w, i);
    if (line_missing(l->now.status))
        add_gap(&w, l->now.status == STATUS_STOLEN ? "gap.still_stolen" : "gap.still_lost", l->now.status_by, NULL);
}
