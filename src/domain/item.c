/* The derived row of an item, and corrections. */
#include "domain/item.h"
#include "base/banned.h"

static void note_event(struct item_state *s, const struct event *e)
{
    s->records++;
    if (!when_known(&e->happened))
        return;
    if (s->first_happened == TIME_UNKNOWN || e->happened.start < s->first_happened)
        s->first_happened = e->happened.start;
    if (e->happened.start > s->last_happened)
        s->last_happened = e->happened.start;
}

void item_fold(const struct event *const *sorted, size_t n, struct item_state *out)
{
    struct item_walk w;
    struct item_state s = {.first_happened = TIME_UNKNOWN, .last_happened = TIME_UNKNOWN};
    const struct event *e;
    item_begin(&w, sorted, n);
    while ((e = item_next(&w))) {
        s.contradictions += (unsigned)w.clash_count;
        if (!e->struck)
            note_event(&s, e);
    }
    s.status = w.now.status;
    if (w.now.status_by)
        s.status_record = w.now.status_by->record;
    if (w.now.owner_count)
        s.owner = item_holder_id(w.now.owner[w.now.owner_count - 1]);
    s.possessor = item_holder_id(w.now.possessor);
    s.custodian = item_holder_id(w.now.custodian);
    s.state_owned = w.now.state_owned;
    s.state_hands = w.now.state_hands;
    s.abroad = w.now.abroad;
    s.description = w.now.description;
    *out = s;
}

/* ---- corrections ---- */

static struct event *find_record(struct event *e, size_t n, const struct hash *record)
{
    for (size_t i = 0; i < n; i++)
        if (hash_eq(&e[i].record, record))
            return &e[i];
    return NULL;
}

static bool changes_holdings(const struct event *e)
{
    for (size_t i = 0; i < e->effect_count; i++)
        switch (e->effect[i].what) {
        case EFFECT_SUPERSEDE: case EFFECT_DESCRIBE: case EFFECT_MARK: case EFFECT_LINK:
            break;
        default:
            return true;
        }
    return false;
}

/* The correction of a make or a mark says nothing of who held it: that part of the old record stays in force. */
static void take_over(struct event *to, const struct event *from)
{
    if (!event_has(to, EFFECT_DESCRIBE) || changes_holdings(to) || to->party_count)
        return; /* a cancellation, or a full replacement */
    for (size_t i = 0; i < from->effect_count && to->effect_count < EVENT_EFFECTS; i++)
        if (!event_has(to, from->effect[i].what) || from->effect[i].what == EFFECT_OWNER)
            to->effect[to->effect_count++] = from->effect[i];
    memcpy(to->party, from->party, sizeof to->party);
    to->party_count = from->party_count;
    if (!when_known(&to->happened))
        to->happened = from->happened;
}

/* Oldest first, so that a correction of a correction finds what the first took over. */
static bool older(const struct event *a, const struct event *b)
{
    return a->recorded != b->recorded ? a->recorded < b->recorded : memcmp(a->record.b, b->record.b, sizeof a->record.b) < 0;
}

static void strike_by(struct event *e, size_t n, struct event *later)
{
    for (size_t i = 0; i < later->supersedes_count; i++) {
        struct event *old = find_record(e, n, &later->supersedes[i]);
        if (!old || old == later)
            continue;
        take_over(later, old);
        old->struck = true;
    }
}

void events_strike(struct event *e, size_t n)
{
    const struct event *done = NULL;
    for (;;) {
        struct event *next = NULL;
        for (size_t i = 0; i < n; i++)
            if (e[i].supersedes_count && (!done || older(done, &e[i])) && (!next || older(&e[i], next)))
                next = &e[i];
        if (!next)
            return;
        strike_by(e, n, next);
        done = next;
    }
}
