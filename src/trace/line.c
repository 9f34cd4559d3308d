/* A custody line is built in one pass over the item's walk (domain/item.h) that keeps the state before and after each step,
 * and then in parts that read those frames. */
#include "trace/line_in.h"
#include <stdlib.h>
#include "base/banned.h"

static const char *const role_codes[LINE_ROLES] = {[LINE_OWNER] = "owner", [LINE_POSSESSOR] = "possessor",
    [LINE_CUSTODIAN] = "custodian", [LINE_WHEREABOUTS] = "whereabouts", [LINE_FOUND_WITH] = "found_with",
    [LINE_FORMER_OWNER] = "former_owner", [LINE_FORMER_POSSESSOR] = "former_possessor",
    [LINE_FORMER_CUSTODIAN] = "former_custodian", [LINE_SELLER] = "seller", [LINE_PARTY] = "party"};
static const char *const tone_codes[LINE_TONES] = {[LINE_LAWFUL] = "lawful", [LINE_STATE] = "state", [LINE_PAST] = "past",
    [LINE_UNKNOWN] = "unknown", [LINE_GAP] = "gap", [LINE_ACT] = "act"};
static const char *const break_codes[] = {[BREAK_NONE] = "none", [BREAK_THEFT] = "theft", [BREAK_LOSS] = "loss",
    [BREAK_UNRECORDED] = "unrecorded", [BREAK_FROM_STATE] = "from_state", [BREAK_AFTER_EXPORT] = "after_export",
    [BREAK_NOT_HOLDER] = "not_holder", [BREAK_AFTER_DESTRUCTION] = "after_destruction", [BREAK_NO_LAWFUL_RECORD] = "no_lawful_record"};
static const char *const confidence_codes[] = {"none", "low", "moderate", "high"};

const char *line_role_code(enum line_role r)
{
    return role_codes[r];
}

const char *line_tone_code(enum line_tone t)
{
    return tone_codes[t];
}

const char *line_break_code(enum line_break b)
{
    return break_codes[b];
}

const char *line_confidence_code(enum line_confidence c)
{
    return confidence_codes[c];
}

static int by_order(const void *a, const void *b)
{
    return event_order(*(const struct event *const *)a, *(const struct event *const *)b);
}

/* Events known by then, corrected as of then; a correction counts whatever day it speaks of. */
static struct event *known_events(struct line_make *m, size_t *out_n)
{
    const struct line_input *in = &m->l->in;
    size_t n = 0;
    for (size_t i = 0; i < in->count; i++)
        n += in->event[i].received <= in->known;
    struct event *e = arena_array(m->a, n + 1, sizeof *e);
    if (!e)
        return NULL;
    n = 0;
    for (size_t i = 0; i < in->count; i++)
        if (in->event[i].received <= in->known)
            e[n++] = in->event[i];
    events_strike(e, n);
    *out_n = n;
    return e;
}

static const struct event **sort_events(struct line_make *m, const struct event *e, size_t n, size_t *out_n)
{
    const struct event **sorted = arena_array(m->a, n + 1, sizeof *sorted);
    if (!sorted)
        return NULL;
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        if (!when_known(&e[i].happened) || e[i].happened.start <= m->l->in.as_of)
            sorted[k++] = &e[i];
    qsort(sorted, k, sizeof *sorted, by_order);
    *out_n = k;
    return sorted;
}

static bool keep_clashes(struct line_make *m, struct line_frame *f, const struct item_walk *w)
{
    if (!w->clash_count)
        return true;
    struct item_clash *c = arena_array(m->a, w->clash_count, sizeof *c);
    if (!c)
        return false;
    memcpy(c, w->clash, w->clash_count * sizeof *c);
    f->clash = c;
    f->clash_count = w->clash_count;
    m->l->clash_count += w->clash_count;
    return true;
}

static bool walk(struct line_make *m, const struct event *const *sorted, size_t n)
{
    struct item_walk w;
    const struct event *e;
    m->l->step = arena_array(m->a, n + 1, sizeof *m->l->step);
    m->frame = arena_array(m->a, n + 1, sizeof *m->frame);
    if (!m->l->step || !m->frame)
        return false;
    item_begin(&w, sorted, n);
    for (;;) {
        struct line_frame *f = &m->frame[m->l->step_count];
        f->before = w.now;
        if (!(e = item_next(&w)))
            break;
        f->after = w.now;
        m->l->step[m->l->step_count++].e = e;
        if (!keep_clashes(m, f, &w))
            return false;
    }
    m->l->now = w.now;
    return true;
}

static bool collect_marks(struct line_make *m)
{
    size_t n = 0;
    for (size_t i = 0; i < m->l->step_count; i++)
        n += m->l->step[i].e->mark_count;
    m->l->mark = arena_array(m->a, n + 1, sizeof *m->l->mark);
    if (!m->l->mark)
        return false;
    for (size_t i = 0; i < m->l->step_count; i++)
        for (size_t k = 0; k < m->l->step[i].e->mark_count; k++)
            m->l->mark[m->l->mark_count++] = (struct line_mark){&m->l->step[i].e->mark[k], i};
    return true;
}

static bool is_serial(const struct event_mark *k)
{
    return k->kind.n == 0 || slice_is(k->kind, "SERIAL") || slice_is(k->kind, "MANUFACTURE");
}

static bool on_frame(const struct event_mark *k)
{
    return slice_is(k->place, "FRAME") || slice_is(k->place, "RECEIVER") || slice_is(k->place, "LOWER");
}

/* The leading mark: a serial of the frame or receiver before any other, a clear one before a damaged one, the register's own
 * before what was read when it turned up. */
static void choose_serial(struct line *l)
{
    int best = -1;
    for (size_t i = 0; i < l->mark_count; i++) {
        const struct event_mark *k = l->mark[i].mark;
        if (l->step[l->mark[i].step].e->struck || !is_serial(k) || (!k->serial_count && !k->text.n))
            continue;
        bool whole = k->status == MARK_CLEAR || k->status == MARK_RESTORED;
        int score = on_frame(k) * 8 + whole * 4 + (k->serial_count > 0) * 2 + event_has(l->step[l->mark[i].step].e, EFFECT_CREATE);
        if (score > best) {
            best = score;
            l->serial = k->serial_count ? k->serial[0] : k->text;
        }
    }
}

static bool read_frames(struct line_make *m)
{
    size_t n;
    struct event *e = known_events(m, &n);
    const struct event **sorted = e ? sort_events(m, e, n, &n) : NULL;
    if (!sorted || !walk(m, sorted, n) || !collect_marks(m))
        return false;
    choose_serial(m->l);
    return true;
}

enum err line_build(struct arena *a, const struct line_input *in, const struct line **out, struct fault *f)
{
    struct line_make m = {.a = a, .notes = {.a = a}, .l = arena_alloc(a, sizeof *m.l)};
    if (!m.l)
        return fault_set(f, ERR_MEMORY, "trace", SLICE(""), "");
    m.l->in = *in;
    m.l->end = in->as_of == INT64_MAX ? in->now : in->as_of;
    if (!read_frames(&m))
        return fault_set(f, ERR_MEMORY, "trace", SLICE(""), "");
    line_make_steps(&m);
    line_make_chain(&m);
    line_make_spans(&m);
    line_make_diversion(&m);
    line_make_time_to_crime(&m);
    line_make_ask(&m);
    line_make_remarks(&m);
    m.l->caution = note_new(&m.notes, "trace.caution");
    if (m.notes.failed)
        return fault_set(f, ERR_MEMORY, "trace", SLICE(""), "");
    *out = m.l;
    return OK;
}
