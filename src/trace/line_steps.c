/* What each step says, in words that do not depend on the profile; the contradictions; the head of the page. */
#include "trace/line_in.h"
#include "base/banned.h"

static const char *const status_keys[STATUS_COUNT] = {[STATUS_NONE] = "status.none", [STATUS_LICIT] = "status.licit",
    [STATUS_EXPORTED] = "status.exported", [STATUS_LOST] = "status.lost", [STATUS_STOLEN] = "status.stolen",
    [STATUS_RECOVERED] = "status.recovered", [STATUS_SEIZED] = "status.seized", [STATUS_FOUND] = "status.found",
    [STATUS_SURRENDERED] = "status.surrendered", [STATUS_DEACTIVATED] = "status.deactivated",
    [STATUS_DESTROYED] = "status.destroyed", [STATUS_HANDED_IN] = "status.handed_in"};
static const char *const step_status_keys[STATUS_COUNT] = {[STATUS_EXPORTED] = "step.exported", [STATUS_LOST] = "step.lost",
    [STATUS_STOLEN] = "step.stolen", [STATUS_RECOVERED] = "step.recovered", [STATUS_SEIZED] = "step.seized",
    [STATUS_FOUND] = "step.found", [STATUS_SURRENDERED] = "step.surrendered", [STATUS_DEACTIVATED] = "step.deactivated",
    [STATUS_DESTROYED] = "step.destroyed", [STATUS_HANDED_IN] = "step.handed_in"};
static const char *const head_keys[STATUS_COUNT] = {[STATUS_EXPORTED] = "head.exported", [STATUS_LOST] = "head.lost",
    [STATUS_STOLEN] = "head.stolen", [STATUS_RECOVERED] = "head.recovered", [STATUS_SEIZED] = "head.seized",
    [STATUS_FOUND] = "head.found", [STATUS_SURRENDERED] = "head.surrendered", [STATUS_DEACTIVATED] = "head.deactivated",
    [STATUS_DESTROYED] = "head.destroyed", [STATUS_HANDED_IN] = "head.handed_in"};
static const char *const clash_keys[CLASH_KINDS] = {[CLASH_TWO_OWNERS] = "contradiction.two_owners",
    [CLASH_NOT_HOLDER] = "contradiction.not_holder", [CLASH_PASSED_MISSING] = "contradiction.passed_missing",
    [CLASH_AFTER_DESTROYED] = "contradiction.after_destroyed", [CLASH_DESTROYED_TWICE] = "contradiction.destroyed_twice",
    [CLASH_MADE_TWICE] = "contradiction.made_twice", [CLASH_BEFORE_MADE] = "contradiction.before_made"};

static const struct effect *effect_in(const struct event *e, enum effect_do what)
{
    for (size_t i = 0; i < e->effect_count; i++)
        if (e->effect[i].what == what)
            return &e->effect[i];
    return NULL;
}

/* "who" and whether there is one, for sentences that read on without. */
static void put_someone(struct line_make *m, struct note *n, const char *flag, const char *name, struct item_holder h)
{
    if (!item_party(h))
        return;
    note_s(n, flag, SLICE("yes"));
    line_put_who(m, n, name, h);
}

static struct item_holder holder_before(const struct item_now *now)
{
    if (now->possessor.since)
        return now->possessor;
    return now->owner_count ? now->owner[now->owner_count - 1] : (struct item_holder){NULL, -1};
}

static struct note *creation_note(struct line_make *m, const struct event *e, const struct effect *x)
{
    const struct effect *owner = effect_in(e, EFFECT_OWNER);
    struct item_holder to = {e, owner ? owner->to : -1}, from = {e, owner ? owner->from : -1};
    bool made = strcmp(x->code, "MADE") == 0, imported = strcmp(x->code, "IMPORTED") == 0;
    struct note *n = note_new(&m->notes, made ? "step.made" : imported ? "step.imported" : "step.registered");
    put_someone(m, n, "has_to", "to", to);
    if (imported)
        put_someone(m, n, "has_from", "from", from);
    return n;
}

static struct note *status_note(struct line_make *m, const struct line_frame *f, const struct event *e)
{
    enum item_status s = event_status(e);
    struct note *n = note_new(&m->notes, step_status_keys[s]);
    const struct effect *owner = effect_in(e, EFFECT_OWNER);
    if (line_missing(s))
        put_someone(m, n, "has_who", "who", holder_before(&f->before));
    else if (s == STATUS_EXPORTED)
        put_someone(m, n, "has_who", "who", (struct item_holder){e, owner ? owner->to : -1});
    else if (f->after.found_with.since == e)
        put_someone(m, n, "has_who", "who", f->after.found_with);
    if (f->after.custodian.since == e)
        put_someone(m, n, "has_keeper", "keeper", f->after.custodian);
    return n;
}

static struct note *holding_note(struct line_make *m, const struct line_frame *f, const struct event *e, const struct effect *x)
{
    static const char *const set_keys[] = {[EFFECT_OWNER] = "step.passed", [EFFECT_POSSESSOR] = "step.lent",
        [EFFECT_CUSTODIAN] = "step.entrusted"};
    struct note *n;
    if (x->set) {
        n = note_new(&m->notes, set_keys[x->what]);
        put_someone(m, n, "has_from", "from", (struct item_holder){e, x->from});
        line_put_who(m, n, "to", (struct item_holder){e, x->to});
        return n;
    }
    n = note_new(&m->notes, x->what == EFFECT_OWNER ? "step.owner_ends" : "step.returned");
    put_someone(m, n, "has_who", "who", x->what == EFFECT_OWNER ? (struct item_holder){e, x->from} : holder_before(&f->after));
    return n;
}

static struct note *other_note(struct line_make *m, const struct event *e)
{
    static const struct { enum effect_do what; const char *key, *ended; } table[] = {
        {EFFECT_SUPERSEDE, "step.corrected", "step.corrected"}, {EFFECT_SAME_AS, "step.same_gun", "step.not_same_gun"},
        {EFFECT_GRANT, "step.permit", "step.permit"}, {EFFECT_END, "step.permit_ended", "step.permit_ended"},
        {EFFECT_FIT, "step.part_fitted", "step.part_fitted"}, {EFFECT_REMOVE, "step.part_removed", "step.part_removed"},
        {EFFECT_SUSPEND, "step.order", "step.order_lifted"}, {EFFECT_MARK, "step.mark", "step.mark"}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const struct effect *x = effect_in(e, table[i].what);
        if (!x)
            continue;
        bool cancels = x->what == EFFECT_SUPERSEDE && !event_has(e, EFFECT_DESCRIBE);
        struct note *n = note_new(&m->notes, cancels ? "step.cancelled" : x->set ? table[i].key : table[i].ended);
        if (x->what == EFFECT_GRANT || x->what == EFFECT_END)
            put_someone(m, n, "has_who", "who", (struct item_holder){e, x->to});
        return n;
    }
    return note_new(&m->notes, "step.other");
}

static const struct note *step_note(struct line_make *m, const struct line_frame *f, const struct event *e)
{
    const struct effect *create = effect_in(e, EFFECT_CREATE), *x;
    struct note *n;
    if (event_has(e, EFFECT_SUPERSEDE))
        n = other_note(m, e);
    else if (create)
        n = creation_note(m, e, create);
    else if (step_status_keys[event_status(e)])
        n = status_note(m, f, e);
    else if ((x = effect_in(e, EFFECT_OWNER)) || (x = effect_in(e, EFFECT_POSSESSOR)) || (x = effect_in(e, EFFECT_CUSTODIAN)))
        n = holding_note(m, f, e, x);
    else
        n = other_note(m, e);
    line_put_where(m, n, e);
    return n;
}

static enum line_tone step_tone(const struct line_frame *f, const struct event *e)
{
    enum item_status s = event_status(e);
    if (e->struck || s == STATUS_DESTROYED || s == STATUS_EXPORTED || s == STATUS_DEACTIVATED)
        return LINE_PAST;
    if (line_missing(s) || f->clash_count)
        return LINE_ACT;
    if (f->after.state_hands || f->after.state_owned)
        return LINE_STATE;
    return f->after.owner_count || f->after.possessor.since || f->after.status == STATUS_LICIT ? LINE_LAWFUL : LINE_UNKNOWN;
}

/* ---- contradictions ---- */

static const struct note *clash_note(struct line_make *m, const struct item_clash *c)
{
    struct note *n = note_new(&m->notes, clash_keys[c->kind]);
    note_s(n, "date", line_when_text(&c->now->happened));
    note_s(n, "before", line_when_text(&c->before->happened));
    if (c->kind == CLASH_TWO_OWNERS || c->kind == CLASH_NOT_HOLDER || c->kind == CLASH_PASSED_MISSING)
        line_put_who(m, n, "a", c->a);
    if (c->kind == CLASH_TWO_OWNERS || c->kind == CLASH_NOT_HOLDER)
        line_put_who(m, n, "b", c->b);
    if (c->kind == CLASH_PASSED_MISSING)
        note_s(n, "how", slice_str(item_status_code(event_status(c->before))));
    return n;
}

static void make_clash(struct line_make *m, const struct item_clash *c, size_t step)
{
    struct line *l = m->l;
    size_t before = line_step_of(l, c->before);
    l->clash[l->clash_count++] = (struct line_clash){.what = clash_note(m, c), .kind = c->kind, .step = {before, step},
        .a = c->a, .at = c->now->happened.start, .at_text = line_when_text(&c->now->happened)};
    l->step[step].clashes++;
    if (before != LINE_NONE)
        l->step[before].clashes++;
}

static void make_clashes(struct line_make *m)
{
    struct line *l = m->l;
    l->clash = arena_array(m->a, l->clash_count + 1, sizeof *l->clash);
    l->clash_count = 0;
    if (!l->clash) {
        m->notes.failed = true;
        return;
    }
    for (size_t i = 0; i < l->step_count; i++)
        for (size_t k = 0; k < m->frame[i].clash_count; k++)
            make_clash(m, &m->frame[i].clash[k], i);
}

/* ---- head ---- */

static bool disputed(const struct line *l)
{
    for (size_t i = 0; i < l->clash_count; i++) {
        struct subject_id a = item_holder_id(l->clash[i].a);
        if (l->clash[i].kind == CLASH_TWO_OWNERS && item_holds(&l->now, &a) && l->now.owner_count > 1)
            return true;
    }
    return false;
}

static struct note *holder_head(struct line_make *m, const struct item_now *now, const struct event **out_since)
{
    struct note *n;
    struct item_holder owner = now->owner_count ? now->owner[now->owner_count - 1] : (struct item_holder){NULL, -1};
    if (now->possessor.since) {
        n = note_new(&m->notes, "head.lent");
        *out_since = now->possessor.since;
        line_put_who(m, n, "who", now->possessor);
        put_someone(m, n, "has_owner", "owner", owner);
    } else if (now->custodian.since) {
        n = note_new(&m->notes, "head.entrusted");
        *out_since = now->custodian.since;
        line_put_who(m, n, "who", now->custodian);
        put_someone(m, n, "has_owner", "owner", owner);
    } else if (owner.since) {
        n = note_new(&m->notes, disputed(m->l) ? "head.disputed" : now->owner_count > 1 ? "head.held_together" : "head.held");
        *out_since = owner.since;
        line_put_who(m, n, "who", owner);
        if (now->owner_count > 1)
            line_put_who(m, n, "other", now->owner[now->owner_count - 2]);
        if (owner.since->permit.n) {
            note_s(n, "has_permit", SLICE("yes"));
            note_s(n, "permit", owner.since->permit);
        }
    } else {
        n = note_new(&m->notes, "head.unknown");
        *out_since = now->last;
    }
    return n;
}

static struct note *status_head(struct line_make *m, const struct item_now *now, const struct event *e)
{
    struct note *n = note_new(&m->notes, head_keys[now->status]);
    line_put_where(m, n, e);
    if (line_missing(now->status) && now->owner_count)
        put_someone(m, n, "has_who", "who", now->owner[now->owner_count - 1]);
    if (now->state_hands && item_party(now->custodian))
        put_someone(m, n, "has_keeper", "keeper", now->custodian);
    if (now->found_with.since == e)
        put_someone(m, n, "has_who", "who", now->found_with);
    return n;
}

static enum line_tone head_tone(const struct item_now *now)
{
    if (now->status == STATUS_DESTROYED || now->status == STATUS_EXPORTED || now->status == STATUS_DEACTIVATED)
        return LINE_PAST;
    if (line_missing(now->status))
        return LINE_ACT;
    if (now->state_hands || now->state_owned)
        return LINE_STATE;
    return now->owner_count || now->possessor.since ? LINE_LAWFUL : LINE_UNKNOWN;
}

static void make_head(struct line_make *m)
{
    struct line *l = m->l;
    const struct item_now *now = &l->now;
    const struct event *e = now->status_by;
    struct note *n;
    l->status = note_new(&m->notes, status_keys[now->status]);
    l->head_tone = disputed(l) ? LINE_ACT : head_tone(now);
    if (!now->last)
        n = note_new(&m->notes, l->in.count ? "head.nothing_yet" : "head.nothing");
    else if (head_keys[now->status])
        n = status_head(m, now, e);
    else
        n = holder_head(m, now, &e);
    if (now->last)
        line_put_date(n, e);
    l->head = n;
    l->head_step = now->last ? line_step_of(l, e) : LINE_NONE;
}

void line_make_steps(struct line_make *m)
{
    for (size_t i = 0; i < m->l->step_count; i++) {
        struct line_step *s = &m->l->step[i];
        s->what = step_note(m, &m->frame[i], s->e);
        s->tone = step_tone(&m->frame[i], s->e);
        s->uncertain = m->l->in.as_of != INT64_MAX && (!when_known(&s->e->happened) || s->e->happened.end - 1 > m->l->in.as_of);
    }
    make_clashes(m);
    make_head(m);
}
